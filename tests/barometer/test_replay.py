"""Replay: the stored pages of a visit give its result again, byte for byte, and no network is asked."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from barometer.audit_files import EVIDENCE_FOLDER, RESULT_FILE, VISIT_FILE, json_file
from barometer.evidence_export import export
from barometer.recorded import opened
from barometer.replay import differing_keys, replay, replayed
from barometer.result import audit_result
from barometer.settings import Settings
from barometer.visit_file import visit_json
from spiders.browser.executable import find_browser
from spiders.orders import CrawlOptions
from spiders.reading import SiteReading
from spiders.run import read_sites
from storage.evidence import EvidenceStore
from storage.records import Sighting
from storage.vocabulary import Channel, SetAsideReason
from tests.barometer.command_line import ROOT, run
from tests.barometer.live import LoggedSite, serving
from tests.barometer.visit_samples import CONTACT, HOME, NUMBER, audit_folder, rendered_visit, snapshot, static_visit
from tests.crawling import _order
from tests.markets.orders import map_hosts_of, order_of
from tests.markets.serve import serve_markets, slugs
from tests.spiders.paper_site import page

Json = dict[str, Any]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every attempt to reach a network an error."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a replay asked the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refused)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refused)
    yield


def fields(sighting: Sighting) -> dict[str, object]:
    return {
        name: getattr(sighting, name) for name in (column.name for column in Sighting.__table__.columns) if name != "id"
    }


@pytest.mark.parametrize("make", ["rendered", "static"])
def test_a_replay_finds_what_was_recorded_where_it_was_recorded(make: str, tmp_path: Path, offline: None) -> None:
    store = EvidenceStore(tmp_path)
    reading = rendered_visit(store) if make == "rendered" else static_visit(store)
    again = replayed(reading, store)
    assert [fields(sighting) for sighting in again.sightings] == [fields(sighting) for sighting in reading.sightings]
    assert reading.sightings


@pytest.mark.parametrize("make", ["rendered", "static"])
def test_folder_and_evidence_file_give_the_recorded_result_byte_for_byte(
    make: str, tmp_path: Path, offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = audit_folder(tmp_path / "shop", make)
    out = tmp_path / "again.json"
    assert run("replay", folder, "--json", out).code == 0
    assert out.read_bytes() == (folder / RESULT_FILE).read_bytes()
    with opened(str(folder), Settings()) as recorded:
        export(recorded, tmp_path / "shop.zip")
    told = run("replay", tmp_path / "shop.zip", "--check")
    assert (told.code, told.out) == (0, "the same result\n")
    printed = run("replay", folder, "--json", "-")
    assert json.loads(printed.out) == json.loads((folder / RESULT_FILE).read_text("utf-8"))
    assert printed.out.count("\n") == 1


def test_what_detection_sees_otherwise_is_said_in_words(tmp_path: Path) -> None:
    folder, reading = audit_folder(tmp_path / "shop")
    store = EvidenceStore(folder / EVIDENCE_FOLDER)
    lines = [("Service clients : 01 99 00 99 99", "", NUMBER[2])]
    reading.states[1].html = store.put(snapshot(CONTACT, lines).html.encode(), ".html")
    reading.states[1].layout = store.put(snapshot(CONTACT, lines).to_json().encode(), ".json")
    (folder / VISIT_FILE).write_text(visit_json([reading]), "utf-8")
    told = run("replay", folder, "--check")
    assert told.code == 1
    assert "01 99 00 11 22" in told.out and "01 99 00 99 99" in told.out
    assert "not the same: channels/phone/values/0/value" in told.out


def test_without_options_a_replay_prints_the_summary_of_an_audit(tmp_path: Path) -> None:
    folder, _ = audit_folder(tmp_path / "shop")
    told = run("replay", folder)
    assert told.code == 0 and "phone" in told.out and "set aside: +33199005566 (fax)" in told.out


def test_missing_evidence_is_one_line_and_bad_input(tmp_path: Path) -> None:
    folder, reading = audit_folder(tmp_path / "shop")
    assert reading.states[0].html is not None
    EvidenceStore(folder / EVIDENCE_FOLDER).remove(reading.states[0].html)
    done = subprocess.run(
        [sys.executable, "-c", "from barometer.cli import main; main()", "replay", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "there is no evidence" in done.stderr


@pytest.mark.parametrize("change", [("[10,20", '["10",20'), ("runs", "walks"), ('"elements":[', '"elements":[3,')])
def test_a_hostile_layout_is_one_line(change: tuple[str, str], tmp_path: Path) -> None:
    folder, reading = audit_folder(tmp_path / "shop")
    text = snapshot(HOME, [("Contact", "", NUMBER[2]._replace(x=10, y=20))]).to_json()
    assert change[0] in text.replace(", ", ",")
    reading.states[0].layout = EvidenceStore(folder / EVIDENCE_FOLDER).put(text.replace(*change).encode(), ".json")
    (folder / VISIT_FILE).write_text(visit_json([reading]), "utf-8")
    told = run("replay", folder)
    assert told.code == 2 and "the layout" in told.err and "is broken" in told.err


def test_what_a_browser_denied_stays_denied_until_a_state_shows_it(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    reading = rendered_visit(store)
    promised = Sighting(
        visit_id=reading.visit.id, page_url=CONTACT, depth=1, channel=Channel.EMAIL, value="vieux@shop.example",
        set_aside=SetAsideReason.HIDDEN,
    )  # fmt: skip
    reading.sightings.append(promised)
    assert promised in replayed(reading, store).sightings
    promised.value = "bonjour@shop.example"
    assert promised not in replayed(reading, store).sightings


def test_beside_a_browser_the_source_of_a_page_proves_no_channel(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    reading = rendered_visit(store)
    only_read = static_visit(store, {HOME: page(body="<p>Appelez le 01 99 00 77 77</p><p>Fax : 01 99 00 88 88</p>")})
    only_read.pages[0].url = f"{HOME}aide"
    reading.pages += only_read.pages
    found = replayed(reading, store).sightings
    assert [one.value for one in found if one.page_url == f"{HOME}aide"] == ["+33199008888"]
    assert "+33199007777" not in [one.value for one in found]


def test_a_channel_that_was_not_looked_for_is_not_found_again(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    reading = static_visit(store)
    for read in reading.pages:
        read.looked_for = [Channel.EMAIL]
    channels = {one.channel for one in replayed(reading, store).sightings if one.set_aside is None}
    assert channels == {Channel.EMAIL}


def test_the_names_of_pictures_are_kept_from_the_recorded_result(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    reading = rendered_visit(store)
    recorded = audit_result(reading)
    recorded["channels"]["phone"]["path"][0]["screenshot"] = "step-1.png"
    assert list(differing_keys(recorded, replay(reading, store, recorded))) == []


def test_what_differs_is_named_by_its_keys() -> None:
    before, after = {"a": [1, {"b": 2}], "c": 1, "d": [1]}, {"a": [1, {"b": 3}], "c": 1.0, "d": [1, 2], "e": None}
    assert list(differing_keys(before, after)) == ["a/1/b", "c", "d"]


@pytest.mark.slow
def test_every_test_market_replays_to_the_result_it_was_read_with(tmp_path: Path, offline: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.barometer.test_replay", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    folders = [file.parent for file in sorted(tmp_path.glob(f"*/{VISIT_FILE}"))]
    assert len(folders) == len(slugs())
    for folder in folders:
        with opened(str(folder), Settings()) as recorded:
            again = replay(recorded.readings[0], EvidenceStore(tmp_path), recorded.results[0])
        assert json_file(again) == (folder / RESULT_FILE).read_text("utf-8"), folder.name


SHOP = {
    "/": "<title>Boutique</title><header><a href=/contact>Nous contacter</a></header><h1>Boutique</h1>",
    "/contact": "<title>Contact</title><h1>Contact</h1><p>Service clients : 01 99 00 11 22</p>"
    '<button onclick="this.nextSibling.hidden=false">Afficher l\'adresse</button><p hidden>bonjour@shop.example</p>',
}


@pytest.mark.slow
@pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine: run 'make browser'")
def test_an_audit_with_a_browser_replays_to_its_result_byte_for_byte(tmp_path: Path) -> None:
    with serving([LoggedSite(SHOP)], "127.65.0.1") as (address,):
        words = ("audit", f"{address}/", "--allow-private", "--profile", "both", "--out", "shop")
        done = subprocess.run(
            [sys.executable, "-c", "from barometer.cli import main; main()", *words],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=110, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    folder, out = tmp_path / "shop", tmp_path / "again.json"
    results = json.loads((folder / RESULT_FILE).read_text("utf-8"))
    assert [result["channels"]["email"]["clicks"] for result in results] == [2, 2]
    assert all(result["channels"]["phone"]["effort_seconds"] for result in results)
    assert run("replay", folder, "--json", out).code == 0
    assert out.read_bytes() == (folder / RESULT_FILE).read_bytes()
    assert run("evidence", "export", folder, "--out", tmp_path / "shop.zip").code == 0
    assert run("evidence", "verify", tmp_path / "shop.zip").code == 0
    assert run("replay", tmp_path / "shop.zip", "--check").out == "the same result\n"


def crawl_markets(folder: Path) -> None:
    """Read every test market and keep each visit in a folder of its own below *folder*, the evidence in *folder*."""

    def keep(reading: SiteReading) -> None:
        kept = folder / reading.visit.id
        kept.mkdir()
        (kept / VISIT_FILE).write_text(visit_json([reading]), "utf-8")
        (kept / RESULT_FILE).write_text(json_file(audit_result(reading)), "utf-8")

    with serve_markets() as addresses:
        orders = [_order(order_of(slug, address)) for slug, address in addresses.items()]
        mapped = [one for slug, address in addresses.items() for one in map_hosts_of(slug, address)]
        options = CrawlOptions(
            "barometer-test", allow_private=True, sites_at_once=8, map_hosts=mapped, evidence=folder
        )  # fmt: skip
        read_sites(orders, options, keep)


if __name__ == "__main__":
    crawl_markets(Path(sys.argv[1]))
