"""``greenband``: the command line. Each command is a function in a file of its own.

A command returns an `Answer`; here it is printed, as text or as JSON, and errors become messages
and exit codes.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from greenband.engine.errors import GreenbandError, InputError

from .output import BAD_INPUT, DONE, Answer, nothing_on_stdout, print_answer, print_error

COMMANDS = (
    "plan", "simulate", "bench", "scenarios", "controllers", "doctor", "demo", "estimate", "audit",
    "explain", "train", "policy", "cabinet", "live",
)  # fmt: skip
"""Each is the function of this name in ``cli/<name>.py``, or the Typer that holds its commands, in
the order of the help."""
CRASHED = BAD_INPUT
"""An error of our own: nothing was done with this input, as with one that is wrong. 1 would be an
answer, and 3 sends people looking for a part."""
STOPPED = 130
"""Ctrl-C, as the shell has it."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Adaptive traffic signals: from detector counts to timing plans, proven in SUMO.",
)


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code. Nothing is raised."""
    as_json = "--json" in arguments
    try:
        return _answered(arguments, as_json)
    except GreenbandError as error:
        print_error(error, as_json)
        return error.exit_code
    except KeyboardInterrupt:
        print_error(_stopped(), as_json)
        return STOPPED
    except BrokenPipeError:  # who read our output has gone, as `head` does
        _close_stdout()
        return DONE
    except Exception as error:  # a bug of ours: say so in the same form
        traceback.print_exc()
        print_error(_crash(arguments, error), as_json)
        return CRASHED


def _close_stdout() -> None:
    """What is still to be written goes nowhere, or Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answered(arguments: Sequence[str], as_json: bool) -> int:
    with nothing_on_stdout(as_json):
        answer = _call(arguments)
    if isinstance(answer, Answer):
        print_answer(answer, as_json)
        return answer.code
    if answer == STOPPED:  # so some versions of typer say that Ctrl-C was pressed
        raise KeyboardInterrupt
    return answer if isinstance(answer, int) else DONE


def _call(arguments: Sequence[str]) -> Any:
    """Parse and run; what typer raises becomes one of ours.

    Typer's exceptions are told by their parts: it has click inside or beside it by version.
    """
    try:
        return app(list(arguments), standalone_mode=False, prog_name="greenband")
    except GreenbandError:
        raise
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help is printed by now
            return InputError.exit_code
        if type(error).__name__ == "Abort":
            raise KeyboardInterrupt from None
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        raise _usage_error(error, message()) from None


_CHOICE = re.compile(
    r"Invalid value for '?(--[\w-]+).*?: (?:Value error, )?('[^']*') is not one of (.+?)\.?"
)
"""What typer says of a value that is no choice of its option."""


def _usage_error(error: Exception, message: str) -> InputError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "greenband"
    usage = context.get_usage() if context else "greenband --help"
    if choice := _CHOICE.fullmatch(message.strip()):
        option, found, allowed = choice.groups()
        return InputError(option, found, allowed, f"See {command} --help.")
    return InputError(
        f"command line of {command}",
        message.rstrip("."),
        " ".join(usage.split()).removeprefix("Usage: "),
        f"See {command} --help.",
    )


def _crash(arguments: Sequence[str], error: Exception) -> GreenbandError:
    return GreenbandError(
        f"greenband {' '.join(arguments)}",
        f"{type(error).__name__}: {error}",
        "nothing: this is an error in Greenband",
        "Report it with the lines on standard error and, if you can, the input.",
    )


def _stopped() -> GreenbandError:
    return GreenbandError("greenband", "stopped by the user", "-", "Run it again.")


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"greenband {metadata.version('greenband')}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Adaptive traffic signals: from detector counts to timing plans, proven in SUMO."""


def _register() -> None:
    for name in COMMANDS:
        module = f"{__package__}.{name}"
        if find_spec(module) is None:
            continue
        command = getattr(import_module(module), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)


_register()

if __name__ == "__main__":
    main()
