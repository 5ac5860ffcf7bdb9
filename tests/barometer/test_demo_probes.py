"""The demo market is written to and answers: through a real mail server and real forms, and never beyond this machine."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy import select

from barometer.demo.clock import FACTOR, DemoClock, a_plain_tuesday
from barometer.demo.contacts import WATCHED, Contacts, demo_settings
from barometer.demo.letters import Received, address_of, letters, written
from barometer.demo.market import merchants, panel_csv, serve
from barometer.demo.post_office import HOST, REPLY_DOMAIN, PostOffice
from barometer.settings import load_settings
from probes.delivering import Told
from probes.replies.classify import Context, classify
from probes.replies.correlate import Expected, Match, Waiting
from probes.replies.message import parse_message
from schedules.calendars import OFFICE, is_quiet
from spiders.browser.executable import find_browser
from storage.database import open_database
from storage.records import Attempt, Reply
from storage.vocabulary import AttemptState, Channel, ReplyKind
from tests.barometer.command_line import ROOT, run, run_process

MARKET = merchants()
BEGINS = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
LETTERS = [(merchant, kind) for merchant in MARKET for kind in ReplyKind]
OURS = f"k3xq7v2m@{REPLY_DOMAIN}"


@pytest.mark.parametrize(("merchant", "kind"), LETTERS, ids=[f"{merchant.slug}-{kind}" for merchant, kind in LETTERS])
def test_a_letter_of_a_merchant_is_taken_for_what_it_is(merchant: Any, kind: ReplyKind) -> None:
    by_form = Received(OURS)
    by_mail = Received(
        OURS, f"<k3xq7v2m.1@{REPLY_DOMAIN}>", "Frais de livraison", "Bonjour,\n\nCombien coûte un envoi ?"
    )
    an_hour = Context(seconds_since_sent=3_600.0)
    for received in (by_form, by_mail):
        message = parse_message(written(kind, merchant, received))
        assert classify(message, an_hour).kind is kind


def test_what_a_merchant_answers_is_tied_to_the_attempt_by_its_own_address() -> None:
    waiting = Waiting([Expected("mine", OURS), Expected("other", f"other@{REPLY_DOMAIN}")])
    message = parse_message(written(ReplyKind.HUMAN, MARKET[0], Received(OURS)))
    found = waiting.correlate(message, BEGINS)
    assert isinstance(found, Match) and found.attempt_id == "mine"


def test_every_kind_of_reply_that_a_merchant_gives_has_a_letter() -> None:
    given = {kind for one in MARKET for behaviour in one.behaviour.values() for kind, _ in behaviour.replies}
    assert given == set(ReplyKind) == set(letters().by_kind)


def test_the_clock_of_the_market_stands_until_it_is_started_and_then_runs_fast() -> None:
    clock = DemoClock(BEGINS)
    assert clock.now() == clock.now() == BEGINS
    clock.start()
    first = clock.now()
    assert BEGINS < first < clock.now()


@pytest.mark.parametrize("days", range(0, 400, 13))
def test_the_market_opens_on_a_working_tuesday_that_is_over(days: int) -> None:
    today = BEGINS + timedelta(days=days, hours=days % 24)
    begins = a_plain_tuesday(today)
    assert begins.weekday() == 1 and not is_quiet(begins, OFFICE)
    assert timedelta(days=6) <= today - begins <= timedelta(days=28)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with PostOffice(DemoClock(BEGINS), tmp_path / "mail", MARKET).opened() as opened:
        yield opened


def handed_in(office: PostOffice, *recipients: str, words: str = "Bonjour") -> str:
    """Return the answer of *office* to a message for *recipients*."""

    async def work() -> str:
        async with aiosmtplib.SMTP(hostname=HOST, port=office.port, use_tls=False, start_tls=False) as client:
            message = f"Subject: x\r\nMessage-ID: <a@{REPLY_DOMAIN}>\r\n\r\n{words}\r\n"
            try:
                _, said = await client.sendmail(OURS, list(recipients), message)
            except aiosmtplib.SMTPRecipientsRefused as refused:
                return str(refused.recipients[0].code)
            return said

    return asyncio.run(work())


def test_an_address_outside_the_market_is_no_user_of_its_mail_server(office: PostOffice) -> None:
    assert handed_in(office, "someone@shop.example") == "550"
    assert handed_in(office, f"a.b@{REPLY_DOMAIN}") == "550"


def test_a_copy_to_ourselves_is_delivered_with_the_time_of_the_market(office: PostOffice) -> None:
    handed_in(office, OURS)
    (copy,) = (office.maildir / "new").iterdir()
    assert copy.stat().st_mtime == BEGINS.timestamp()
    assert copy.read_bytes().startswith(f"Delivered-To: {OURS}\r\nReceived: ".encode())


def test_a_form_that_names_a_stranger_as_its_writer_gets_no_answer(office: PostOffice) -> None:
    quick = next(one for one in MARKET if Channel.FORM in one.behaviour)
    for address in ("victim@shop.example", f"{OURS}\r\nBcc: victim@shop.example", f"x{OURS},victim@shop.example"):
        office.take_form(quick, address, "Bonjour")
    handed_in(office, OURS)
    assert len(list((office.maildir / "new").iterdir())) == 1


LISTENING = """
import sys
hosts = open(sys.argv.pop(1), "a", encoding="utf-8")
def hear(event, details):
    if event == "socket.connect" and isinstance(details[1], tuple):
        print(details[1][0], file=hosts, flush=True)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and details[0]:
        print(details[0], file=hosts, flush=True)
sys.addaudithook(hear)
from barometer.cli import main
main()
"""
"""Runs ``barometer`` and writes down every host that it connects to or looks up."""


class Shown:
    """One demonstration as a process of its own: its folder, what it printed, and whom it spoke to."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        command = [sys.executable, "-c", LISTENING, "hosts", "demo", "--json", "--keep", str(folder / "kept"), *words]
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            capture_output=True, timeout=200, check=False,
        )  # fmt: skip
        self.err = done.stderr.decode()
        assert done.returncode == 0, self.err
        self.hosts = set((folder / "hosts").read_text("utf-8").split())
        self.lines = [json.loads(line) for line in done.stdout.decode().splitlines()]

    @property
    def attempts(self) -> dict[str, dict[str, Any]]:
        """Return the attempts that were made, by the merchant's name."""
        return {one["merchant"]: one for one in self.campaign["attempts"] if one["why"] != "no_address"}

    @property
    def campaign(self) -> dict[str, Any]:
        """Return what is told of the campaign."""
        return next(line for line in self.lines if "attempts" in line)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return Shown(tmp_path_factory.mktemp("demo"), "--static")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_merchant_that_shows_an_address_reacts_as_its_file_says(shown: Shown) -> None:
    reachable = {one.name: one for one in MARKET if one.truth[Channel.EMAIL] is not None}
    assert set(shown.attempts) == set(reachable)
    for name, merchant in reachable.items():
        behaviour = merchant.behaviour.get(Channel.EMAIL)
        due = {
            str(kind)
            for kind, minutes in (behaviour.replies if behaviour else ())
            if timedelta(minutes=minutes) < WATCHED - timedelta(hours=1)
        }
        assert due <= set(shown.attempts[name]["replies"]), name
        assert bool(behaviour) or shown.attempts[name]["replies"] == []


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_demonstration_shows_every_way_in_which_merchants_react(shown: Shown) -> None:
    outcomes = {one["outcome"] for one in shown.attempts.values()}
    kinds = {kind for one in shown.attempts.values() for kind in one["replies"]}
    assert outcomes == {"answered", "expired", "bounced"} and kinds == set(ReplyKind)
    assert any(one["acknowledged"] and one["answered"] for one in shown.attempts.values())


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_seconds_are_told_as_measured_and_hours_as_what_they_stand_for(shown: Shown) -> None:
    assert shown.campaign["one_second_stands_for"] == FACTOR
    answered = [one["answered"] for one in shown.attempts.values() if one["answered"]]
    assert answered
    for one in answered:
        assert one["stands_for_seconds"] == pytest.approx(one["seconds"] * FACTOR, abs=FACTOR / 1_000)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nothing_leaves_this_machine(shown: Shown) -> None:
    names = {"localhost"}
    assert HOST in shown.hosts
    assert [host for host in shown.hosts - names if not ip_address(host).is_loopback] == []


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_kept_campaign_never_passes_its_hours_off_as_measured(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETER_DATABASE", f"sqlite:///{shown.folder / 'kept' / 'barometer.sqlite3'}")
    assert "is a demonstration: 3,600 s of its clock passed in" in run("delays").out
    told = json.loads(run("delays", "--json").out)
    assert list(told["clocks"].values()) == [FACTOR]
    waiting = [
        channels["email"]["median"]
        for category in told["categories"]
        for channels in [one["channels"] for one in category["merchants"]]
        if channels["email"]["counts"]["expired"]
    ]
    assert waiting and all(one["longer_than"] < 7 * 86_400 for one in waiting)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_form_of_the_market_is_filled_in_by_a_browser_and_answered_by_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_browser() is None:
        pytest.skip("no Chromium here")
    monkeypatch.setenv("BAROMETER_DATABASE", f"sqlite:///{tmp_path / 'barometer.sqlite3'}")
    monkeypatch.setenv("BAROMETER_EVIDENCE", str(tmp_path / "evidence"))
    clock = DemoClock(BEGINS)
    heard: list[Told] = []
    with PostOffice(clock, tmp_path / "mail", MARKET).opened() as office, serve(took=office.take_form) as addresses:
        site = addresses["maison-lumen"]
        (tmp_path / "market.csv").write_text(panel_csv(addresses), "utf-8")
        assert run("panel", "import", tmp_path / "market.csv").code == 0
        assert run_process("crawl", "--allow-private", "--static", "--only", site, cwd=tmp_path).code == 0
        settings = demo_settings(load_settings(), office, tmp_path)
        with open_database(settings.database) as database:
            contacts = Contacts(database, settings, clock, (Channel.FORM,), heard.append, lambda _: None)
            assert contacts.plan({site}) == 1
            contacts.run()
            with database.reading() as session:
                (attempt,) = session.scalars(select(Attempt))
                kinds = [reply.kind for reply in session.scalars(select(Reply).order_by(Reply.received_at))]
    assert [told.outcome.state for told in heard] == [AttemptState.SENT]
    assert attempt.state is AttemptState.ANSWERED
    assert kinds == [ReplyKind.ACKNOWLEDGEMENT, ReplyKind.HUMAN]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_who_wants_no_probes_sees_the_depths_alone(tmp_path: Path) -> None:
    alone = Shown(tmp_path, "--static", "--no-probes")
    assert len(alone.lines) == len(MARKET)
    assert "attempts planned" not in alone.err and list((tmp_path / "kept" / "mail" / "new").iterdir()) == []


def test_a_merchant_writes_from_the_address_that_its_site_shows() -> None:
    for merchant in MARKET:
        assert address_of(merchant).endswith(f"@{merchant.host}")
