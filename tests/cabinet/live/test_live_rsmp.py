"""The live service on an RSMP controller, end to end: our virtual site connects to it by TCP."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from greenband.cabinet.ledger_key import load_public, make_key
from greenband.cabinet.ledger_verify import verify
from greenband.cabinet.live import Service
from greenband.cabinet.live_build import approve, build
from greenband.cabinet.live_config import LiveConfig
from greenband.cabinet.rsmp import SiteThread, SocketListener, VirtualSite, config_of, dial
from greenband.cabinet.rsmp.site_config import SiteConfig
from greenband.controllers.catalogue import find
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site_toml import parse_site

LOOP = '\n[[detectors]]\nid = "EB1 bar"\nlanes = ["EB1"]\n'
SITE = """\
page = ""

[sites.J]
file = "J.toml"
driver = "rsmp"
address = "127.0.0.1:{port}"
detectors = {{"EB1 bar" = 1}}
fallback = {{calm_s = 1, least_believed_ratio = 0}}
dead_man = {{keep_alive_s = 5, backup_s = 90, round_trip_s = 3}}

[sites.J.rsmp]
component = "{component}"
plans = [10, 11]
detectors = {detectors}
stages = [{stages}]
"""
LONGEST_S = 60


def config_text(port: int, config: SiteConfig) -> str:
    rows = (f'{{id = "{s.name}", base_s = {s.base_s}, band = {s.band}}}' for s in config.stages)
    detectors = list(config.detectors)
    return SITE.format(
        port=port,
        component=config.component,
        detectors=str(detectors).replace("'", '"'),
        stages=", ".join(rows),
    )


@pytest.mark.parametrize("approved", [True, False])
def test_an_rsmp_controller_is_driven_and_given_back(
    tmp_path: Path, repo_root: Path, approved: bool
) -> None:
    data = repo_root / "networks" / "data" / "junction"
    text = (data / "sites" / "J.toml").read_text(encoding="utf-8") + LOOP
    (tmp_path / "J.toml").write_text(text, encoding="utf-8")
    site = with_limits(parse_site(text, "J.toml"), STREET)
    config = config_of(site, security_code="code 2", timeout_min=1)
    spare = SocketListener("127.0.0.1", 0)
    port = spare.port
    spare.close()
    (tmp_path / "live.toml").write_text(config_text(port, config), encoding="utf-8")
    (tmp_path / "credentials.toml").write_text('[cabinets.J]\nsecurity_code = "code 2"\n')
    (tmp_path / "credentials.toml").chmod(0o600)
    make_key(tmp_path / "ledger.key")
    live = LiveConfig(tmp_path / "live.toml")
    if approved:
        approve(live, live.wirings[0], "An Engineer")
    street = VirtualSite(config, lambda: dial("127.0.0.1", port))
    seen: list[int] = []

    def each(service: Service) -> None:
        seen.append(street.controller.commanded)
        done = street.controller.commanded if approved else service.record.entries
        if done or len(seen) >= LONGEST_S:
            service.stop.set()

    stages = {"2+6": 41.0, "3+7": 14.0, "4+8": 35.0}
    plan = Plan(
        site="J",
        cycle_s=90.0,
        offset_s=8.0,
        stages=tuple(Split(id=name, split_s=split_s) for name, split_s in stages.items()),
    )
    built = build(live, find("plan"), plans={"J": plan}, each_second=each)
    try:
        with SiteThread(street):
            built.service.run()
            until = time.monotonic() + 5
            while street.controller.commanded and time.monotonic() < until:
                time.sleep(0.1)
            left = street.controller.commanded
    finally:
        built.ledger.close()
    assert (seen[-1] in (10, 11)) is approved
    assert left == 0
    audit = verify(live.ledger, [load_public(tmp_path / "ledger.key.pub")], None)
    assert audit.ok
    assert audit.decisions > 0
