"""A street driven from outside, second by second: what environments and collectors step.

The same order as in `controllers.loop`: a Frame is read, States are estimated, Requests are asked
for, the Gate makes Commands of them, and these act from the next second on.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenband.controllers.loop import PackedStreet, gates_of
from greenband.engine.estimate import Estimator, Info, Joined
from greenband.engine.frame import Command, Request, State
from greenband.engine.rules import Rules


class Session:
    """A street with its estimator and Gates, from its first second.

    Attributes
    ----------
    states : by site, of the second that has just ended; the same objects each time.
    gates : by site.
    over : True where the street has ended; then nothing can be asked for.
    refusals : requests that the Gate did not follow.
    """

    def __init__(
        self, street: PackedStreet, rules: Rules, *, info: Info, needs: frozenset[str]
    ) -> None:
        self.street = street
        self.refusals = 0
        self.states: dict[str, State] = {}
        self._frames = street.read()
        self.over = not self._frames
        if self.over:
            return
        self.gates = gates_of(street, rules)
        self._estimator = Estimator(street.packing, info, needs)
        self._commands: dict[str, Command] = {}
        self._look()

    def _look(self) -> None:
        time_s = next(iter(self._frames.values())).time_s
        self.states = self._estimator.update(self.street.arrays, self._frames, self.gates, time_s)

    @property
    def joined(self) -> Joined:
        """What the states are views of, for controllers that decide for all sites at once."""
        return self._estimator.joined(self.street.arrays)

    def second(self, requests: Mapping[str, Request]) -> bool:
        """Let one second pass under a Request for each site; False where the street is over."""
        changed = {}
        for name, gate in self.gates.items():
            state = self.states[name]
            command = gate.step(
                requests[name], state.calls, state.ped_calls, state.flags, state.time_s
            )
            if command is not self._commands.get(name):
                self._commands[name] = changed[name] = command
                self.refusals += bool(command.refused)
        if changed:
            self.street.apply(changed)
        self._frames = self.street.read()
        self.over = not self._frames
        if not self.over:
            self._look()
        return not self.over
