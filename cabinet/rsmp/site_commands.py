"""What the virtual site does when it is told to; checked whole before any of it is done."""

from __future__ import annotations

import copy
import hmac
from collections.abc import Callable, Mapping
from typing import cast

from .controller import Controller, NotPossibleError, Position
from .messages import Argument, CommandRequest, CommandValue
from .site_status import Installation
from .sxl import COMMANDS, KNOWN_COMMANDS, TRUE, bands_of

WRONG_CODE = "Incorrect security code"
"""By the list's section on security codes."""
Values = Mapping[str, str]


def why_not(site: Installation, request: CommandRequest) -> str:
    """Why a request is not acknowledged; empty where it will be done.

    A component that isn't there and a command that isn't done here are answered, not refused.
    """
    strange = [row.cCI for row in request.arg if row.cCI not in KNOWN_COMMANDS]
    if strange:
        return f"unknown command {strange[0]}"
    if request.cId != site.config.component:
        return ""
    commands = _by_code(request)
    for code, rows in commands.items():
        reason = _shape(code, rows) or _security(site, rows)
        if reason:
            return reason
    trial = copy.copy(site.controller)
    trial.plans = dict(trial.plans)
    try:
        _do_all(trial, commands)
    except NotPossibleError as error:
        return str(error)
    return ""


def perform(site: Installation, request: CommandRequest) -> list[CommandValue]:
    """Do what `why_not` had nothing against; the values for the response."""
    if request.cId != site.config.component:
        return [CommandValue(cCI=r.cCI, n=r.n, v=None, age="undefined") for r in request.arg]
    _do_all(site.controller, _by_code(request))
    return [
        CommandValue(cCI=r.cCI, n=r.n, v=r.v, age="recent")
        if r.cCI in _DO
        else CommandValue(cCI=r.cCI, n=r.n, v=None, age="unknown")
        for r in request.arg
    ]


def _by_code(request: CommandRequest) -> dict[str, list[Argument]]:
    found: dict[str, list[Argument]] = {}
    for row in request.arg:
        found.setdefault(row.cCI, []).append(row)
    return found


def _shape(code: str, rows: list[Argument]) -> str:
    command = COMMANDS.get(code)
    if command is None:
        return ""
    names = [row.n for row in rows]
    missing = sorted(set(command.arguments) - set(names))
    if missing:
        return f"{code}: argument {missing[0]} is missing"
    for row in rows:
        reason = _row(row, names)
        if reason:
            return f"{code}: {reason}"
    return ""


def _row(row: Argument, names: list[str]) -> str:
    command = COMMANDS[row.cCI]
    check = command.arguments.get(row.n)
    if check is None or names.count(row.n) > 1:
        return "an argument is unknown or there twice"  # what it says may be a code: not repeated
    if row.cO != command.order:
        return f"cO is not {command.order}"
    if not isinstance(row.v, str):
        return f"{row.n} is no string"
    wrong = check(row.v)
    return f"{row.n} is {wrong}" if wrong else ""


def _security(site: Installation, rows: list[Argument]) -> str:
    if rows[0].cCI not in COMMANDS:
        return ""
    said = _values(rows).get("securityCode", "")
    right = hmac.compare_digest(said.encode(), site.config.security_code.encode())
    return "" if right else WRONG_CODE


def _values(rows: list[Argument]) -> dict[str, str]:
    return {row.n: row.v for row in rows if isinstance(row.v, str)}


def _do_all(controller: Controller, commands: Mapping[str, list[Argument]]) -> None:
    for code, rows in commands.items():
        if code in _DO:
            _DO[code](controller, _values(rows))


def _place(controller: Controller, values: Values) -> None:
    controller.place(cast(Position, values["status"]), int(values["timeout"]))


def _plan(controller: Controller, values: Values) -> None:
    if values["status"] == TRUE:
        controller.call(int(values["timeplan"]))
    else:
        controller.give_back()


def _bands(controller: Controller, values: Values) -> None:
    number = int(values["plan"])
    plan = controller.plans.get(number)
    known = dict(plan.bands) if plan is not None else {}
    wanted = bands_of(values["status"])
    strange = sorted(set(wanted) - set(known))
    if plan is not None and strange:
        raise NotPossibleError(f"plan {number} has no dynamic band {strange[0]}")
    controller.change(number, bands=known | wanted)


def _offset(controller: Controller, values: Values) -> None:
    controller.change(int(values["plan"]), offset_s=int(values["status"]))


def _cycle(controller: Controller, values: Values) -> None:
    controller.change(int(values["plan"]), cycle_s=int(values["status"]))


def _timeout(controller: Controller, values: Values) -> None:
    controller.timeout_min = int(values["status"])


_DO: Mapping[str, Callable[[Controller, Values], None]] = {
    "M0001": _place,
    "M0002": _plan,
    "M0014": _bands,
    "M0015": _offset,
    "M0018": _cycle,
    "M0023": _timeout,
}
