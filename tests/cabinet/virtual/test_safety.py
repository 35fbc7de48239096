"""Whatever comes in, no lamps that conflict, no short interval: the monitor never trips."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.store import SetRefusedError
from greenband.cabinet.virtual import Inputs
from greenband.cabinet.virtual.cabinet import VirtualCabinet
from greenband.engine.site import Site
from tests.cabinet.virtual.conftest import PLAN

SETS = st.tuples(
    st.sampled_from(
        [
            ("phaseControlGroupHold", (1,)),
            ("phaseControlGroupForceOff", (1,)),
            ("phaseControlGroupVehCall", (1,)),
            ("phaseControlGroupPedCall", (1,)),
            ("phaseControlGroupPhaseOmit", (1,)),
            ("phaseControlGroupPedOmit", (1,)),
            ("systemPatternControl", ()),
            ("coordOperationalMode", ()),
            ("coordCorrectionMode", ()),
            ("splitTime", (1, 2)),
            ("splitTime", (1, 4)),
            ("patternCycleTime", (1,)),
            ("patternOffsetTime", (1,)),
            ("splitMode", (1, 1)),
            ("phaseMinimumGreen", (4,)),
            ("phasePassage", (2,)),
            ("phaseWalk", (2,)),
            ("preemptControlState", (1,)),
            ("dbCreateTransaction", ()),
        ]
    ),
    st.integers(0, 255),
)
SPANS = st.lists(
    st.tuples(
        st.floats(0.1, 30.0),
        st.frozensets(st.integers(1, 10), max_size=10),
        st.frozensets(st.integers(1, 8), max_size=3),
        st.frozensets(st.integers(1, 4), max_size=1),
        st.lists(SETS, max_size=4),
    ),
    min_size=5,
    max_size=25,
)


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(spans=SPANS)
def test_the_monitor_never_trips(ringed: Site, spans: list[Any]) -> None:
    cabinet = VirtualCabinet(ringed, plans={1: PLAN}, schedule=[(0, 1)])
    cabinet.run(8.0, Inputs())
    for seconds, detectors, buttons, preempts, sets in spans:
        for (name, row), value in sets:
            with suppress(SetRefusedError):
                cabinet.values.set([(OBJECTS[name].instance(*row), value)], b"x")
        cabinet.run(seconds, Inputs(detectors, buttons, preempts))
        assert cabinet.monitor.fault is None


def test_it_is_never_stuck_while_all_call(ringed: Site) -> None:
    cabinet = VirtualCabinet(ringed)
    everybody = Inputs(frozenset(cabinet.detectors.values()))
    cabinet.run(20.0, everybody)
    for _ in range(5):
        served: set[int] = set()
        for _ in range(300):
            cabinet.run(1.0, everybody)
            served |= cabinet.controller.rings.greens
        assert served == set(cabinet.controller.program.phases)
