"""Errors that a user can act on.

GreenbandError
├── InputError         the input is wrong: a missing column, a negative count, rings that
│                      don't sum, two conflicting phases in one stage      (exit code 2)
└── MissingPartError   a real part is not there: a package, a program, a file that
                       somebody else supplies                              (exit code 3)
"""

from __future__ import annotations


class GreenbandError(Exception):
    """An error with four parts: where, what was found, what is allowed, what to do.

    Parameters
    ----------
    where : file with line or path in it, or site and phase: enough to find the place.
    found : what is there now, with its unit.
    allowed : what would have been accepted, and by which rule.
    do : what the user should do next.
    """

    exit_code = 1

    def __init__(self, where: str, found: str, allowed: str, do: str) -> None:
        self.where = where
        self.found = found
        self.allowed = allowed
        self.do = do
        super().__init__(where, found, allowed, do)

    def __str__(self) -> str:
        return f"{self.where}: {self.found}. Allowed: {self.allowed}. {self.do}"

    def as_dict(self) -> dict[str, str]:
        """The four parts, as the command line prints them with ``--json``."""
        return {
            "where": self.where,
            "found": self.found,
            "allowed": self.allowed,
            "do": self.do,
        }


class InputError(GreenbandError):
    """The input is wrong; nothing was changed or written."""

    exit_code = 2


class MissingPartError(GreenbandError):
    """A real part is missing; ``do`` says how to get it."""

    exit_code = 3
