"""What an operator sees of the live service: one table, as JSON, as a page, as metrics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from importlib.resources import files
from math import isfinite
from typing import TYPE_CHECKING, Any

from .ladder import ORDER, Rung
from .live_send import plan_words

if TYPE_CHECKING:
    from .live import Service
    from .live_cabinet import LiveCabinet

_TONES = {Rung.ADAPTIVE: "good", Rung.SHADOW: "good", Rung.BACKUP: "bad", Rung.HANDS_OFF: "mid"}


def status_of(service: Service) -> dict[str, Any]:
    """The service and its cabinets now, as JSON can hold them."""
    pulse, now = service.pulse, dt.datetime.now(dt.UTC)
    return {
        "controller": service.record.brain.controller,
        "at": now.isoformat(timespec="seconds"),
        "up_s": round((now - pulse.began).total_seconds()),
        "seconds": pulse.seconds,
        "late": pulse.late,
        "restarts": pulse.restarts,
        "last_s": pulse.last_s,
        "slowest_s": pulse.slowest_s,
        "ledger_entries": service.record.entries,
        "cabinets": {name: _cabinet(c) for name, c in service.cabinets.items()},
    }


def _cabinet(cabinet: LiveCabinet) -> dict[str, Any]:
    link, sender, last = cabinet.link, cabinet.sender, cabinet.link.last
    now_s, approval = cabinet.now_s, cabinet.sender.approval
    plan, age_s = cabinet.planner.current, now_s - link.answered_s
    return {
        "name": cabinet.site.name or cabinet.site.id,
        "rung": cabinet.ladder.rung.value,
        "reason": cabinet.ladder.reason,
        "since_s": now_s - cabinet.ladder.since_s,
        "tier": cabinet.wiring.config.tier,
        "approved_by": None if approval is None else approval.by,
        "not_approved": cabinet.not_safe or cabinet.not_approved,
        "mode": None if last is None else last.mode.value,
        "said": "" if last is None else last.reason,
        "greens": [] if last is None else sorted(last.greens),
        "pattern": None if last is None else last.pattern,
        "plan": None if plan is None else plan_words(plan),
        "reachable": link.reachable,
        "answer_age_s": age_s if isfinite(age_s) else None,
        "answer_s": link.took_s,
        "trouble": link.trouble,
        "left_s": sender.words.left_s(now_s),
        "backup_s": cabinet.wiring.deadman.backup_s,
        "believed_ratio": cabinet.believed,
        "fallback_s": dict(cabinet.fallback_s),
        "polls": link.polls,
        "failed_polls": link.failed_polls,
        "plans": sender.counts.plans,
        "orders": sender.counts.orders,
        "keep_alives": sender.counts.keep_alives,
        "releases": sender.counts.releases,
        "refusals": sender.counts.refusals,
        "moves": dict(sender.counts.moves),
    }


def page_of(status: Mapping[str, Any]) -> str:
    """The page; it works at the width of a phone and asks for itself again every 5 s."""
    from jinja2 import Environment

    text = (files(__package__) / "templates" / "live.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True).from_string(text)
    cabinets = status["cabinets"]
    driven = sum(c["rung"] == Rung.ADAPTIVE.value for c in cabinets.values())
    silent = sum(not c["reachable"] for c in cabinets.values())
    summary = f"Cabinets: {len(cabinets)}, adaptive {driven}, out of reach {silent}"
    return template.render(
        summary=summary,
        controller=status["controller"],
        now=status["at"],
        up_s=status["up_s"],
        restarts=status["restarts"],
        last_ms=round(1000 * status["last_s"]),
        slowest_ms=round(1000 * status["slowest_s"]),
        cabinets=[_card(site, c) for site, c in cabinets.items()],
    )


def _card(site: str, c: Mapping[str, Any]) -> dict[str, Any]:
    age_s = c["answer_age_s"]
    return {
        **c,
        "site": site,
        "tone": _TONES.get(Rung(c["rung"]), "mid"),
        "approval": c["approved_by"] or c["not_approved"],
        "mode": c["mode"] or "nothing yet",
        "said": c["said"] or c["trouble"],
        "greens": ", ".join(map(str, c["greens"])) or "none",
        "plan": c["plan"] or "none of ours",
        "answer": "never" if age_s is None else f"{age_s:.0f} s ago, took {c['answer_s']:.3f} s",
        "left_s": round(c["left_s"]),
        "backup_s": round(c["backup_s"]),
        "believed": f"{c['believed_ratio']:.0%}",
        "fell_back": ", ".join(f"{who} {s} s" for who, s in c["fallback_s"].items() if s)
        or "never",
    }


_COUNTERS = {
    "polls": "polls tried", "failed_polls": "polls that failed", "plans": "plans activated",
    "orders": "orders to phases", "keep_alives": "keep-alives", "releases": "times given back",
    "refusals": "refusals, ours and the controller's",
}  # fmt: skip
_GAUGES = {
    "left_s": ("backup_left_seconds", "seconds until what is set runs out"),
    "answer_s": ("answer_seconds", "how long the last answer took"),
    "believed_ratio": ("detectors_believed_ratio", "share of detectors that are believed"),
    "since_s": ("rung_seconds", "seconds on this rung"),
}


def metrics_of(status: Mapping[str, Any]) -> str:
    """The same in Prometheus' text format."""
    return "\n".join([*_service_lines(status), *_cabinet_lines(status["cabinets"]), ""])


def _service_lines(status: Mapping[str, Any]) -> Iterator[str]:
    for name, key, kind, text in (
        ("seconds_total", "seconds", "counter", "seconds that the loop has run"),
        ("late_total", "late", "counter", "polls that were late"),
        ("restarts_total", "restarts", "counter", "times that the loop was begun anew"),
        ("ledger_entries_total", "ledger_entries", "counter", "entries written to the ledger"),
        ("loop_seconds", "last_s", "gauge", "what the last second took"),
        ("loop_slowest_seconds", "slowest_s", "gauge", "what the slowest second took"),
    ):
        yield from _head(name, kind, text)
        yield f"greenband_live_{name} {float(status[key]):g}"


def _cabinet_lines(cabinets: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key, text in _COUNTERS.items():
        yield from _head(f"{key}_total", "counter", text)
        for site, c in cabinets.items():
            yield f"greenband_live_{key}_total{_labels(site=site)} {c[key]}"
    for key, (name, text) in _GAUGES.items():
        yield from _head(name, "gauge", text)
        for site, c in cabinets.items():
            yield f"greenband_live_{name}{_labels(site=site)} {float(c[key]):g}"
    yield from _head("reachable", "gauge", "whether the cabinet answered of late")
    for site, c in cabinets.items():
        yield f"greenband_live_reachable{_labels(site=site)} {int(c['reachable'])}"
    yield from _head("rung", "gauge", "1 for the rung that the cabinet is on")
    for site, c in cabinets.items():
        for rung in ORDER:
            on = int(c["rung"] == rung.value)
            yield f"greenband_live_rung{_labels(site=site, rung=rung.value)} {on}"
    yield from _tallies(cabinets)


def _tallies(cabinets: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield from _head("moves_total", "counter", "changes to a rung")
    for site, c in cabinets.items():
        for rung_name, moves in sorted(c["moves"].items()):
            yield f"greenband_live_moves_total{_labels(site=site, rung=rung_name)} {moves}"
    words = "seconds in which the controller left it to a simpler one, by which"
    yield from _head("fallback_seconds_total", "counter", words)
    for site, c in cabinets.items():
        for who, seconds in sorted(c["fallback_s"].items()):
            yield f"greenband_live_fallback_seconds_total{_labels(site=site, by=who)} {seconds}"


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP greenband_live_{name} {text}"
    yield f"# TYPE greenband_live_{name} {kind}"


def _labels(**labels: str) -> str:
    parts = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(parts) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
