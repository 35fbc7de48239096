"""The one way to an RSMP site: it alone has the security code, and sends only what is listed.

Never: functional position (flash, dark), restart, inputs and outputs, single signal groups,
schedules, clock, codes. Before each command it looks who has control and what is in force.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from .driver import DriverError, RefusedError, UnreachableError
from .rsmp.errors import NotAckedError, RsmpError
from .rsmp.messages import Alarm, StatusUpdate, StatusValue
from .rsmp.supervisor import Name, Supervisor
from .rsmp.sxl import FALSE, TRUE
from .rsmp_settings import RsmpSettings
from .rsmp_standing import FORCED, JUDGED, PLAN, SOURCE, Said, number_of, standing, text_of

LOG = logging.getLogger("greenband.cabinet.rsmp")
CALL, BANDS, OFFSET, CYCLE_TIME, TIMEOUT = "M0002", "M0014", "M0015", "M0018", "M0023"
LISTED = frozenset({CALL, BANDS, OFFSET, CYCLE_TIME, TIMEOUT})
"""Commands that may be given at all, each under rules of its own."""
_CODE = "securityCode"
WITHHELD = "[withheld]"
_HOUR_S = 3600.0

Values = Mapping[str, str]


class RsmpGateway:
    """Asks anything, commands what `settings` allow.

    `sent` has the last arguments of commands that were done, as a ledger names them; not the code.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        settings: RsmpSettings,
        security_code: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.__supervisor, self.__code = supervisor, security_code
        self.settings, self._clock = settings, clock
        self.sent: deque[tuple[str, str]] = deque(maxlen=512)
        self._changes: deque[float] = deque()
        self._updates: deque[StatusUpdate] = deque(maxlen=64)
        self._subscribed = 0

    def __repr__(self) -> str:
        return f"RsmpGateway({self.settings!r})"

    @property
    def spoken(self) -> Mapping[str, object]:
        """What was agreed on with the site; empty texts without a connection."""
        supervisor = self.__supervisor
        return {
            "site_id": supervisor.identity.site_id,
            "rsmp": supervisor.core,
            "sxl": supervisor.sxl,
        }

    @property
    def alarms(self) -> Mapping[tuple[str, str], Alarm]:
        """The last word on each alarm, by component and code."""
        return self.__supervisor.alarms

    def ask(self, names: Sequence[Name]) -> dict[Name, StatusValue]:
        """Statuses of the controller. Raises RefusedError where it doesn't know them."""
        try:
            return self.__supervisor.ask(self.settings.component, names)
        except RsmpError as error:
            raise self._in_words(error) from None

    def keep(self, names: Sequence[Name], every_s: float) -> bool:
        """Be told these. Whether that has begun anew: there was another connection.

        A site that doesn't know them is driven without.
        """
        supervisor = self.__supervisor
        try:
            supervisor.connect()
            if self._subscribed == supervisor.meetings:
                return False
            self._subscribed = supervisor.meetings
            supervisor.subscribe(self.settings.component, names, every_s)
        except NotAckedError as error:
            LOG.warning("no detector data: %s", self.withheld(str(error)))
        except RsmpError as error:
            raise self._in_words(error) from None
        return True

    def updates(self) -> Iterator[StatusUpdate]:
        """What was told since."""
        while self.__supervisor.updates:
            yield self.__supervisor.updates.popleft()

    def watchdog(self, not_within_s: float = 0.0) -> None:
        """Say that we are there, unless that was said so short a time ago."""
        if self._clock() - self.__supervisor.said_s < not_within_s:
            return
        try:
            self.__supervisor.watchdog()
        except RsmpError as error:
            raise self._in_words(error) from None

    def command(self, code: str, values: Values) -> None:
        """Give a command. Raises RefusedError, by us or by the site."""
        gives_back = code == CALL and values.get("status") == FALSE
        now: Said = {} if gives_back else self.ask(JUDGED)
        reasons = self.refusals(code, values, now)
        if reasons:
            raise RefusedError("; ".join(reasons))
        try:
            rows = self.__supervisor.command(
                self.settings.component, code, {**values, _CODE: self.__code}
            )
        except NotAckedError as error:
            said = self.withheld(str(error))
            raise RefusedError(f"the controller refused {code}: {said}") from None
        except RsmpError as error:
            self._remember(code, values, now)  # it may have been done
            raise self._in_words(error) from None
        self._remember(code, values, now)
        unknown = {row.age for row in rows if row.n in values} - {"recent"}
        if unknown:
            raise RefusedError(f"the controller doesn't do {code}: {', '.join(sorted(unknown))}")

    def refusals(self, code: str, values: Values, now: Said) -> list[str]:
        """Why a command must not be given; `now` is what the site says of who has control."""
        if code not in LISTED:
            return [f"{code} is never given"]
        if code == CALL and values.get("status") == FALSE:
            return []
        judged = standing(now)
        reasons = [] if judged.granted else [f"hands off: {judged.reason}"]
        return reasons + list(self._rules(code, values, now))

    def withheld(self, text: str) -> str:
        """A text of the site's without the security code, should it say that back."""
        return re.sub(rf"(?<!\w){re.escape(self.__code)}(?!\w)", WITHHELD, text)

    def close(self) -> None:
        """Free the connection, without a word."""
        self.__supervisor.close()

    def _in_words(self, error: RsmpError) -> DriverError:
        said = self.withheld(str(error))
        if isinstance(error, NotAckedError):
            return RefusedError(f"the controller refused: {said}")
        return UnreachableError(said)

    def _rules(self, code: str, values: Values, now: Said) -> Iterator[str]:
        ours = {str(number) for number in self.settings.plans}
        if code == TIMEOUT:
            if values.get("status") != str(self.settings.timeout_min):
                yield f"{code}: only the timeout of the settings"
            return
        plan = values.get("timeplan" if code == CALL else "plan", "")
        if plan not in ours:
            yield f"{code}: time plan {plan!r} isn't ours"
        if code == CALL:
            while self._changes and self._clock() - self._changes[0] > _HOUR_S:
                self._changes.popleft()
            most = self.settings.changes_per_hour
            if number_of(now, PLAN) != _number(plan) and len(self._changes) >= most:
                yield f"{most} changes of plan an hour at most"
        elif text_of(now, PLAN) == plan:
            yield f"{code}: time plan {plan} is in force"

    def _remember(self, code: str, values: Values, now: Said) -> None:
        self.sent.extend((f"{code}.{name}", value) for name, value in values.items())
        called = code == CALL and values.get("status") == TRUE
        if called and number_of(now, PLAN) != _number(values["timeplan"]):
            self._changes.append(self._clock())


def forced(said: Said, plans: Sequence[int]) -> bool:
    """Whether a plan of ours is in force, by command."""
    return number_of(said, PLAN) in plans and text_of(said, SOURCE) == FORCED


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1
