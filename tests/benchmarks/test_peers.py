"""Other people's code in its own Python: what fixed programs give there they give here.

A Python that answers as a runner would stands in for theirs, so that all but their code is tested
everywhere; with theirs named by the environment, the real runs are tested too.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from greenband.benchmarks.bench import Place, run_all
from greenband.benchmarks.bench_markdown import markdown
from greenband.benchmarks.bench_report import page
from greenband.benchmarks.peers import episodes
from greenband.benchmarks.peers.episodes import Pythons, is_trained, run_peer, train_peer
from greenband.benchmarks.peers.names import PEERS, TRAINING_SEEDS, find_peer, full_name
from greenband.benchmarks.peers.rows import peer_row, trained
from greenband.benchmarks.peers.texts import peer_texts
from greenband.benchmarks.rows import Code
from greenband.benchmarks.run import simulate
from greenband.benchmarks.seeds import parse_seeds
from greenband.benchmarks.suite import RunSpec
from greenband.controllers.disturbance import Disturbance
from greenband.engine.errors import InputError, MissingPartError
from greenband.networks.scenario import load_scenario

SUMO_RL = os.environ.get("GREENBAND_SUMO_RL_PYTHON", "")
RESCO = os.environ.get("GREENBAND_RESCO", "")
RESCO_PYTHON = os.environ.get("GREENBAND_RESCO_PYTHON", "")
THEIRS = Pythons(Path(SUMO_RL), Path(RESCO), Path(RESCO_PYTHON))
needs_sumo_rl = pytest.mark.skipif(
    not SUMO_RL, reason="needs a Python with sumo-rl, named by GREENBAND_SUMO_RL_PYTHON"
)
needs_resco = pytest.mark.skipif(
    not (RESCO and RESCO_PYTHON),
    reason="needs a clone of RESCO's repository and a Python for it, named by GREENBAND_RESCO and "
    "GREENBAND_RESCO_PYTHON",
)
STAND_IN = """
import json, subprocess, sys
from pathlib import Path
import sumo
spec = json.load(open(sys.argv[1]))
Path({log!r}).open("a").write(json.dumps(spec) + chr(10))
if spec["net"].endswith({fails!r}):
    sys.exit("cannot run this")
if not spec["train"]:
    subprocess.run([str(Path(sumo.SUMO_HOME, "bin", "sumo")), "-n", spec["net"],
        "-r", ",".join(spec["draws"][0]["routes"]), "-b", str(spec["begin_s"]),
        "-e", str(spec["end_s"]), "--tripinfo-output", spec["trips"],
        "--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted",
        "--statistic-output", spec["totals"], "--no-step-log", "--xml-validation", "never"],
        check=True)
print(json.dumps({{"episode_s": 1.5, "decisions": 90, "versions": {{"libsumo": {version!r}}}}}))
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes both packages' runners one that writes down what it is asked for; that file."""
    return _stand_in(tmp_path, monkeypatch, version="1.28.0")


def _stand_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, version: str, fails: str = "no net"
) -> Path:
    log = folder / "asked.jsonl"
    runner = folder / "stand_in.py"
    runner.write_text(STAND_IN.format(log=str(log), version=version, fails=fails))
    monkeypatch.setattr(episodes, "RUNNERS", {"sumo-rl": runner, "RESCO": runner})
    monkeypatch.setattr(episodes, "NEEDS", {"sumo-rl": ("libsumo",), "RESCO": ("libsumo",)})
    return log


OURS = Pythons(Path(sys.executable), Path(), Path(sys.executable))


def spec_of(scenario: Path | str, controller: str, seed: int = 1) -> RunSpec:
    return RunSpec(str(scenario), controller, "full", "resco", "published", seed)


def test_a_name_has_its_hours_of_training() -> None:
    asked = find_peer("resco-idqn-20")
    assert asked is not None
    assert (asked.peer.agent, asked.episodes) == ("IDQN", 20)
    assert full_name("resco-idqn") == "resco-idqn-100"
    assert full_name("resco-idqn-20") == "resco-idqn-20"
    assert full_name("resco-maxwave") == "resco-maxwave"
    assert find_peer("max-pressure") is None
    assert find_peer("path/to/resco-idqn.py:Mine") is None
    for wrong in ("resco-maxwave-5", "resco-idqn-0"):
        with pytest.raises(InputError, match="hours of training"):
            find_peer(wrong)


def test_training_is_on_seeds_that_are_not_reported() -> None:
    assert not set(TRAINING_SEEDS) & set(parse_seeds("1-10"))
    spec = spec_of("junction", "resco-idqn-20", seed=105)
    assert "on which it was trained" in peer_row(spec, Code("", ""), OURS, Path("x"))["reason"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for name in ("sumo-rl-fixed", "resco-maxwave"):
        asked = find_peer(name)
        assert asked is not None
        nobody = Pythons(*[tmp_path / "no-such-python"] * 3)
        with pytest.raises(MissingPartError, match=PEERS[name].package):
            run_peer(
                load_scenario("junction"), asked, pythons=nobody, policies=tmp_path, folder=tmp_path
            )
        row = peer_row(spec_of("junction", name), Code("", ""), Pythons(), tmp_path)
        assert row["status"] == "failed"
        assert f"--{PEERS[name].package.lower()} " in row["reason"]


def test_what_a_peer_can_not_do_is_its_row_s_reason(tmp_path: Path) -> None:
    spec = spec_of("junction", "sumo-rl-fixed")
    harder = replace(spec, disturbance=Disturbance(name="more", demand_ratio=1.1))
    legal = replace(spec, league="street")
    for other, reason in ((harder, "the disturbance more"), (legal, "street rules")):
        assert reason in peer_row(other, Code("", ""), OURS, tmp_path)["reason"]


@pytest.mark.usefixtures("stand_in")
def test_a_scenario_without_an_end_is_refused(small_scenario: Path, tmp_path: Path) -> None:
    endless = replace(load_scenario(small_scenario), end_s=None)
    asked = find_peer("sumo-rl-fixed")
    assert asked is not None
    with pytest.raises(InputError, match="no end"):
        run_peer(endless, asked, pythons=OURS, policies=tmp_path, folder=tmp_path)


def test_a_policy_is_learned_once_and_then_judged_on_each_seed(
    small_scenario: Path, tmp_path: Path, stand_in: Path
) -> None:
    scenario, asked = load_scenario(small_scenario), find_peer("resco-idqn-3")
    assert asked is not None
    policies, folder = tmp_path / "policies", tmp_path / "work"
    folder.mkdir()
    with pytest.raises(InputError, match="no policy"):
        run_peer(scenario, asked, pythons=OURS, policies=policies, folder=folder)
    for _ in range(2):
        train_peer(scenario, asked, pythons=OURS, policies=policies, folder=folder)
    for seed in (1, 2):
        run = run_peer(scenario, asked, pythons=OURS, policies=policies, folder=folder, seed=seed)
        assert run.measures.vehicles == 110
        assert run.episode_s == 1.5
        assert run.decisions == 90
    told = [json.loads(line) for line in stand_in.read_text().splitlines()]
    assert [spec["train"] for spec in told] == [True, False, False]
    assert [draw["seed"] for draw in told[0]["draws"]] == [101, 102, 103]
    assert [spec["draws"][0]["seed"] for spec in told[1:]] == [1, 2]
    assert len({spec["policy"] for spec in told}) == 1
    assert is_trained(Path(told[0]["policy"]))


@pytest.mark.usefixtures("stand_in")
def test_a_report_says_what_the_peers_were(small_scenario: Path, tmp_path: Path) -> None:
    specs = [spec_of(small_scenario, name) for name in ("resco-idqn-3", "resco-maxwave")]
    for spec in specs[:1]:
        trained(spec, OURS, tmp_path)
    rows = [peer_row(spec, Code("", ""), OURS, tmp_path) for spec in specs]
    learned, other = peer_texts([*rows, *rows])
    assert learned == (
        "resco-idqn-3: RESCO's IDQN, after 3 simulated hours of training (90 decisions of each "
        "signal) on seeds 101 to 103, its last policy, exploring no more (libsumo 1.28.0)."
    )
    assert other == "resco-maxwave: RESCO's MAXWAVE (libsumo 1.28.0)."
    assert learned in markdown("x", rows)
    assert learned.replace("'", "&#39;") in page("x", rows, [])


def test_demand_drawn_anew_is_learned_from_training_seeds(
    small_scenario: Path, tmp_path: Path, stand_in: Path
) -> None:
    scenario, asked = load_scenario(small_scenario), find_peer("sumo-rl-dqn-2")
    assert asked is not None
    train_peer(
        scenario, asked, pythons=OURS, policies=tmp_path, folder=tmp_path, demand="resampled"
    )
    (told,) = [json.loads(line) for line in stand_in.read_text().splitlines()]
    first, second = (draw["routes"] for draw in told["draws"])
    assert first != second
    assert first != [str(path) for path in scenario.routes]


def test_another_sumo_is_refused(
    small_scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(tmp_path, monkeypatch, version="1.9.0")
    row = peer_row(spec_of(small_scenario, "sumo-rl-fixed"), Code("", ""), OURS, tmp_path)
    assert "SUMO 1.9.0" in row["reason"]


def test_what_their_code_says_last_is_the_reason(
    small_scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(tmp_path, monkeypatch, version="1.28.0", fails="small.net.xml")
    row = peer_row(spec_of(small_scenario, "resco-maxwave"), Code("", ""), OURS, tmp_path)
    assert "it ended with: cannot run this" in row["reason"]


def test_who_could_not_be_trained_says_why_in_each_of_its_rows(
    small_scenario: Path, tmp_path: Path
) -> None:
    specs = [spec_of(small_scenario, "resco-idqn-1", seed) for seed in (1, 2)]
    rows = run_all(specs, Place(tmp_path), lambda row, done, total: None)
    for row in rows:
        assert row["reason"].startswith("not trained: ")
        assert "--resco FOLDER --resco-python PYTHON" in row["reason"]


@needs_sumo_rl
def test_fixed_programs_give_the_same_delay_there_and_here(tmp_path: Path) -> None:
    scenario, asked = load_scenario("cologne1"), find_peer("sumo-rl-fixed")
    assert asked is not None
    there = run_peer(scenario, asked, pythons=THEIRS, policies=tmp_path, folder=tmp_path)
    here = simulate(scenario, "program").measures
    assert there.measures.delay_s == pytest.approx(here.delay_s)
    assert there.measures.delay_resco_s == pytest.approx(here.delay_resco_s)


@needs_resco
def test_resco_s_tables_are_not_used_on_other_stages(tmp_path: Path) -> None:
    row = peer_row(spec_of("ingolstadt7", "resco-maxwave"), Code("", ""), THEIRS, tmp_path)
    assert "chooses from 4 stages of signal cluster_306484187" in row["reason"]


@needs_resco
@pytest.mark.parametrize("name", ["resco-maxwave", "resco-maxpressure"])
def test_resco_s_code_runs_and_gives_the_same_each_time(name: str, tmp_path: Path) -> None:
    asked = find_peer(name)
    assert asked is not None
    runs = [
        run_peer(
            load_scenario("ingolstadt1"), asked, pythons=THEIRS, policies=tmp_path, folder=tmp_path
        )
        for _ in range(2)
    ]
    assert runs[0].measures == runs[1].measures
    assert runs[0].measures.delay_s is not None
    assert 10.0 < runs[0].measures.delay_s < 25.0
