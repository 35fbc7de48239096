"""Where the traffic is: scenarios, networks read into sites, the simulated street."""
