# A supervisor of the Ruby gem "rsmp", on loopback: asks and commands our site, and says in JSON
# what it got. The gem checks every message that it sends and gets against the published schemas.
require 'rsmp'

# The gem listens on all addresses; here nobody but this machine is to reach it.
module OnLoopback
  def tcp(address, *rest, **options)
    super(address == '0.0.0.0' ? '127.0.0.1' : address, *rest, **options)
  end
end
Async::IO::Endpoint.singleton_class.prepend(OnLoopback)

port, component, code = ARGV
guest = { 'sxl' => 'tlc', 'intervals' => { 'timer' => 0.2, 'watchdog' => 1 },
          'timeouts' => { 'watchdog' => 10, 'acknowledgement' => 5 } }
found = {}

Async do |task|
  supervisor = RSMP::Supervisor.new(
    supervisor_settings: { 'port' => port.to_i, 'guest' => guest },
    log_settings: { 'active' => false }
  )
  errors = []
  supervisor.start
  task.async { loop { errors << supervisor.error_queue.dequeue.to_s } }
  site = supervisor.wait_for_site(:any, timeout: 20)
  site.wait_for_state(:ready, timeout: 20)
  ask = lambda do |names|
    list = names.map { |c, n| { 'sCI' => c, 'n' => n } }
    got = site.request_status(component, list, collect!: { timeout: 10 })
    got[:collector].messages.last.attributes['sS'].to_h { |r| ["#{r['sCI']}.#{r['n']}", r['s']] }
  end
  tell = lambda do |command, order, values|
    list = values.merge('securityCode' => code).map do |n, v|
      { 'cCI' => command, 'cO' => order, 'n' => n, 'v' => v }
    end
    site.send_command(component, list, collect!: { timeout: 10 })
  end
  found['statuses'] = ask.call(JSON.parse($stdin.read))
  tell.call('M0014', 'setCommands', 'plan' => '10', 'status' => '1-4,2-7')
  tell.call('M0018', 'setCycleTime', 'plan' => '10', 'status' => '90')
  tell.call('M0015', 'setOffset', 'plan' => '10', 'status' => '33')
  tell.call('M0023', 'setTimeout', 'status' => '3')
  tell.call('M0002', 'setPlan', 'status' => 'True', 'timeplan' => '10')
  after = [%w[S0014 status], %w[S0014 source], %w[S0023 status], %w[S0024 status],
           %w[S0028 status], %w[S0034 status]]
  found['after'] = ask.call(after)
  begin
    code = 'wrong'
    tell.call('M0002', 'setPlan', 'status' => 'False', 'timeplan' => '10')
    found['wrong'] = 'was taken'
  rescue RSMP::MessageRejected => e
    found['wrong'] = e.message
  end
  list = [{ 'sCI' => 'S0001', 'n' => 'signalgroupstatus', 'uRt' => '1', 'sOc' => false }]
  got = site.subscribe_to_status(component, list, collect!: { timeout: 10 })
  found['update'] = got[:collector].messages.last.attributes['sS'].first['s']
  found['aggregated'] = site.request_aggregated_status(component, collect!: { timeout: 10 }) && true
  found['core'] = site.core_version
  found['errors'] = errors
rescue StandardError => e
  found['failed'] = "#{e.class}: #{e.message}"
  found['errors'] = errors
ensure
  puts JSON.generate(found)
  $stdout.flush
  exit!
end
