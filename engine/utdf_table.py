"""The sections of a combined UTDF file (Synchro 7 and later), as text in and text out.

UTDF, the Universal Traffic Data Format, is documented in Trafficware's Synchro Studio User
Guide. A combined file has the sections Network, Nodes, Links, Lanes, Timeplans and Phases, each
with a title, a header and records; most records are one field (RECORDNAME) of one node (INTID)
with a column per direction, movement or phase.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from .errors import InputError

TITLES = {
    "Network": "Network Settings",
    "Nodes": "Node Data",
    "Links": "Link Data",
    "Lanes": "Lane Group Data",
    "Timeplans": "Timing Plan Settings",
    "Phases": "Phasing Data",
}
_SECTION = re.compile(r"^\[(\w+)\]")
RECORD, NODE = "RECORDNAME", "INTID"


@dataclass(frozen=True)
class Record:
    """One line: a field of a node (``node`` is '' in Network; ``name`` is '' in Nodes)."""

    name: str
    node: str
    cells: Mapping[str, str]
    line: int = 0


@dataclass(frozen=True)
class Section:
    """A section with its columns after RECORDNAME and INTID."""

    name: str
    columns: tuple[str, ...]
    records: tuple[Record, ...]

    @cached_property
    def by_key(self) -> dict[tuple[str, str], Record]:
        """Records by node and name; of two with one key the later counts."""
        return {(r.node, r.name): r for r in self.records}

    def nodes(self) -> tuple[str, ...]:
        """The nodes that have records here, in the order of the file."""
        return tuple(dict.fromkeys(r.node for r in self.records))


@dataclass(frozen=True)
class UtdfFile:
    """All sections of a file, in its order."""

    source: str
    sections: tuple[Section, ...] = field(default=())

    def section(self, name: str) -> Section:
        """A section by name; an empty one where the file has none. Two of a name are one."""
        found = [s for s in self.sections if s.name == name]
        if len(found) < 2:
            return found[0] if found else Section(name, (), ())
        columns = tuple(dict.fromkeys(c for s in found for c in s.columns))
        return Section(name, columns, tuple(r for s in found for r in s.records))


def is_utdf(text: str) -> bool:
    """Whether the first line that isn't blank opens a UTDF section."""
    first = next((line.strip() for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")
    match = _SECTION.match(first)
    return bool(match) and match is not None and match[1] in TITLES


def read_utdf(text: str, source: str) -> UtdfFile:
    """The sections of a combined UTDF file; unknown sections are kept.

    Raises InputError for a text without a section, a section without a header, and a line
    with more cells than its header.
    """
    sections: list[Section] = []
    for name, lines in _blocks(text):
        sections.append(_section(name, lines, source))
    if not any(s.name in TITLES for s in sections):
        raise InputError(
            source,
            "no UTDF section",
            f"sections {', '.join(f'[{name}]' for name in TITLES)}",
            "Save from Synchro as a combined UTDF file (version 7 or later, CSV).",
        )
    return UtdfFile(source, tuple(sections))


def write_utdf_file(file: UtdfFile) -> str:
    """The file as text; `read_utdf` reads the same sections back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for section in file.sections:
        out.write(f"[{section.name}]\n{TITLES.get(section.name, section.name)}\n")
        writer.writerow([*_lead(section), *section.columns])
        for record in section.records:
            lead = {RECORD: record.name, NODE: record.node}
            cells = [record.cells.get(column, "") for column in section.columns]
            writer.writerow([*(lead[name] for name in _lead(section)), *cells])
        out.write("\n")
    return out.getvalue()


def with_records(file: UtdfFile, section_name: str, records: Iterable[Record]) -> UtdfFile:
    """The file with records put in place of those of the same name and node, or added.

    Columns that a record doesn't name keep what they have; new columns go to the end.
    """
    section = file.section(section_name)
    merged = dict(section.by_key)
    columns = dict.fromkeys(section.columns)
    for record in records:
        key = (record.node, record.name)
        old = merged[key].cells if key in merged else {}
        merged[key] = replace(record, cells={**old, **record.cells})
        columns |= dict.fromkeys(record.cells)
    new = Section(section_name, tuple(columns), tuple(merged.values()))
    names = [s.name for s in file.sections]
    if section_name not in names:
        return replace(file, sections=(*file.sections, new))
    first = names.index(section_name)
    kept = [s for k, s in enumerate(file.sections) if s.name != section_name or k == first]
    return replace(file, sections=tuple(new if s.name == section_name else s for s in kept))


def _blocks(text: str) -> list[tuple[str, list[tuple[int, str]]]]:
    blocks: list[tuple[str, list[tuple[int, str]]]] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if match := _SECTION.match(line.strip()):
            blocks.append((match[1], []))
        elif blocks and line.strip(" \t,"):
            blocks[-1][1].append((number, line))
    return blocks


def _section(name: str, lines: list[tuple[int, str]], source: str) -> Section:
    rows = [(number, next(csv.reader([line]))) for number, line in lines]
    start = next((k for k, (_, row) in enumerate(rows) if row[0].strip() in (RECORD, NODE)), None)
    if start is None:
        if name not in TITLES:
            return Section(name, (), ())
        raise InputError(
            f"{source}, section [{name}]",
            "no header",
            f"a line that starts with {RECORD} or {NODE}",
            "Save the file from Synchro again.",
        )
    header = [cell.strip() for cell in rows[start][1]]
    columns = tuple(c for c in header if c not in (RECORD, NODE, ""))
    records = [_record(name, header, number, row, source) for number, row in rows[start + 1 :]]
    return Section(name, columns, tuple(records))


def _record(name: str, header: list[str], number: int, row: list[str], source: str) -> Record:
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        raise InputError(
            f"{source} line {number}, section [{name}]",
            f"{len(row)} cells",
            f"at most {len(header)}, one per column of the section's header",
            "Save the file from Synchro again.",
        )
    cells = {column: cell.strip() for column, cell in zip(header, row, strict=False) if column}
    return Record(cells.pop(RECORD, ""), cells.pop(NODE, ""), cells, number)


def _lead(section: Section) -> tuple[str, ...]:
    if section.name == "Network":
        return (RECORD,)
    return (NODE,) if section.name == "Nodes" else (RECORD, NODE)
