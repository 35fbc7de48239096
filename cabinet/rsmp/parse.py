"""JSON as RSMP has it, read strictly: UTF-8, one object, no key twice, no NaN, not too deep."""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import MessageError

DEEPEST = 8
"""Objects and arrays within each other; no message of RSMP's has more than four."""
_MESSAGE_ID = re.compile(
    r"[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-4[a-fA-F0-9]{3}-[89abAB][a-fA-F0-9]{3}-[a-fA-F0-9]{12}"
)
# The end of the text ends a string too: so each octet is looked at once, whatever comes.
_STRING = re.compile(rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def parse(data: bytes) -> dict[str, Any]:
    """The object that is written there. Raises MessageError."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MessageError("not UTF-8") from error
    if depth_of(data) > DEEPEST:
        raise MessageError(f"more than {DEEPEST} objects and arrays within each other")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"no JSON: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise MessageError("not a JSON object")
    return found


def depth_of(data: bytes) -> int:
    """How deep brackets outside strings stand within each other, in one pass."""
    deepest = depth = 0
    for match in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if match[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def message_id_of(found: dict[str, Any]) -> str:
    """The message's id, where it is one that can be referred to; else empty."""
    said = found.get("mId")
    return said if isinstance(said, str) and _MESSAGE_ID.fullmatch(said) else ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
