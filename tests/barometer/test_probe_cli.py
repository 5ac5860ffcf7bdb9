"""``barometer probe`` as a person uses it: a real mail server takes the messages, a real folder holds the answers."""

import csv
import io
import json
import mailbox
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import update

from barometer.settings import load_settings
from probes.lease import ROW
from storage.database import open_database
from storage.records import Attempt, Campaign, Run
from storage.vocabulary import AttemptState
from tests.barometer.command_line import ROOT, Finished, run
from tests.probes.campaigning import TUESDAY

SETTINGS = """
[mail]
from_name = "Camille Durand"
from_address = "camille@probe.example"
reply_domain = "answers.probe.example"
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_encryption = "none"
maildir = "answers"
[probes]
gap_seconds = 0
"""
PANEL = (
    "name,url,email,phone\nÉlan,elan.test,contact@elan.test,01 99 00 12 34\n"
    "'=Bastide(),bastide.test,bonjour@bastide.test,\nCèdre,cedre.test,,\n"
)
PLAN = ("probe", "plan", "spring", "--channel", "email=1", "--until", "2026-03-31", "--seed", "7")
BY = ("--by", "Camille Durand")


class Merchants:
    """A mail server that keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.refusal: str | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 queued as 4D1"


@pytest.fixture
def server() -> Iterator[tuple[Merchants, int]]:
    merchants = Merchants()
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    controller = Controller(merchants, hostname="127.0.0.1", port=port)
    controller.start()
    yield merchants, port
    controller.stop()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: tuple[Merchants, int]) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    (tmp_path / "barometer.toml").write_text(SETTINGS.format(port=server[1]))
    (tmp_path / "panel.csv").write_text(PANEL)
    mailbox.Maildir(tmp_path / "answers")
    assert run("panel", "import", "panel.csv").code == 0
    return tmp_path


@pytest.fixture
def at_ten() -> Iterator[time_machine.Traveller]:
    """Make it a Tuesday morning, for as long as the test takes."""
    with time_machine.travel(TUESDAY, tick=True) as traveller:
        yield traveller


def good(*words: str) -> Finished:
    done = run(*words)
    assert done.code == 0, done.err
    return done


def status() -> dict[str, Any]:
    (campaign,) = json.loads(good("probe", "status", "spring", "--json").out)["campaigns"]
    return campaign  # type: ignore[no-any-return]


def planned_times() -> list[str]:
    rows = json.loads(good("probe", "send", "--json").out)["attempts"]
    return sorted(row["planned_for"] for row in rows)


def send_when_due(traveller: time_machine.Traveller) -> None:
    """Send each attempt at the moment it is planned for."""
    for moment in planned_times():
        traveller.move_to(moment, tick=True)
        good("probe", "send", "--really")


@pytest.mark.usefixtures("folder")
class TestCampaign:
    def test_from_the_plan_to_the_answer(
        self, at_ten: time_machine.Traveller, server: tuple[Merchants, int], folder: Path
    ) -> None:
        merchants, _ = server
        planned = good(*PLAN)
        assert "planned: 2 attempts" in planned.err
        assert "1 more have no target that may be used, and count as blocked" in planned.err
        assert status()["states"] == {"blocked": 1, "planned": 2}

        preview = json.loads(good("probe", "send", "--json").out)
        assert [row["verdict"] for row in preview["attempts"]] == ["the campaign is not released"] * 2
        assert "spring" in good("probe", "release", "spring", *BY).out
        send_when_due(at_ten)
        assert status()["states"] == {"blocked": 1, "sent": 2}
        assert len(merchants.taken) == 2
        first = message_from_bytes(merchants.taken[0].content or b"")
        assert first["From"] == "Camille Durand <camille@probe.example>"
        assert re.fullmatch(r"[a-z2-7]{16}@answers\.probe\.example", first["Reply-To"])

        answer = EmailMessage()
        answer["From"], answer["To"], answer["Subject"] = (
            "Lou <lou@elan.test>",
            first["Reply-To"],
            f"Re: {first['Subject']}",
        )
        answer["In-Reply-To"] = first["Message-ID"]
        answer.set_content("Bonjour,\n\nOui, c'est possible jusqu'au samedi.\n\nLou\n")
        mailbox.Maildir(folder / "answers").add(answer)
        assert json.loads(good("probe", "poll", "--json").out)["replies"] == 1
        assert json.loads(good("probe", "poll", "--json").out)["replies"] == 0
        assert status()["states"] == {"answered": 1, "blocked": 1, "sent": 1}

    def test_without_really_nothing_leaves(
        self, at_ten: time_machine.Traveller, server: tuple[Merchants, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to(planned_times()[0], tick=True)
        shown = good("probe", "send")
        assert "leaves now" in shown.out
        assert "contact@elan.test" in shown.out
        assert "dry run" in shown.err
        assert server[0].taken == []
        assert status()["states"]["released"] == 2

    def test_nothing_leaves_in_the_night_and_status_says_until_when(
        self, at_ten: time_machine.Traveller, server: tuple[Merchants, int]
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to("2026-03-30T22:00:00Z")
        ended = json.loads(good("probe", "send", "--really", "--json").out)
        assert ended["ended"] == "quiet hours, a weekend or a public holiday"
        held = json.loads(good("probe", "status", "--json").out)["held"]
        assert held == {"why": "quiet hours, a weekend or a public holiday", "until": "2026-03-31T07:00:00Z"}
        assert server[0].taken == []

    def test_a_stopped_campaign_and_the_stop_file_keep_everything_back(
        self, at_ten: time_machine.Traveller, server: tuple[Merchants, int], folder: Path
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to(planned_times()[0], tick=True)
        good("probe", "stop", "spring", *BY)
        assert "nothing is left to send" in good("probe", "send", "--really").err
        good("probe", "resume", "spring", *BY)
        (folder / "var" / "STOP").touch()
        assert "the stop file exists" in good("probe", "send", "--really").err
        assert server[0].taken == []

    def test_a_merchant_that_opts_out_after_the_release_is_left_alone(
        self, at_ten: time_machine.Traveller, server: tuple[Merchants, int]
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        good("optout", "add", "elan.test", "--reason", "asked", *BY)
        send_when_due(at_ten)
        assert [envelope.rcpt_tos[0] for envelope in server[0].taken] == ["bonjour@bastide.test"]
        assert status()["blocked_by"] == {"no_address": 1, "opt_out": 1}

    def test_a_refused_recipient_is_blocked_and_a_dead_server_blames_nobody(
        self, at_ten: time_machine.Traveller, server: tuple[Merchants, int], folder: Path
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to(planned_times()[0], tick=True)
        settings = folder / "barometer.toml"
        kept = settings.read_text()
        settings.write_text(re.sub(r"smtp_port = \d+", "smtp_port = 1", kept))
        done = run("probe", "send", "--really")
        assert done.code == 2
        assert "barometer: email: mail server 127.0.0.1:1:" in done.err
        assert status()["states"]["released"] == 2
        settings.write_text(kept)
        server[0].refusal = "550 5.1.1 no such user"
        send_when_due(at_ten)
        assert status()["states"] == {"blocked": 3}

    def test_targets_are_looked_at_without_writing_to_anybody(self, server: tuple[Merchants, int]) -> None:
        with time_machine.travel(TUESDAY, tick=True):
            good(*PLAN)
        looked = json.loads(good("probe", "targets", "spring", "--json").out)
        assert [(one["target"], one["good"]) for one in looked] == [
            ("bonjour@bastide.test", True),
            ("contact@elan.test", True),
        ]
        assert json.loads(good("probe", "targets", "--json").out) == []
        assert server[0].taken == []

    def test_silence_is_recalled_once_and_only_when_let_go(
        self, at_ten: time_machine.Traveller, server: tuple[Merchants, int]
    ) -> None:
        good("probe", "plan", "spring", "--channel", "email=1", "--until", "2026-03-04", "--only", "elan.test")
        _prolong("spring")
        good("probe", "release", "spring", *BY)
        send_when_due(at_ten)
        at_ten.shift(600)
        assert "1 reminders planned" in good("probe", "remind", "spring", "--after", "0").out
        (when,) = planned_times()
        at_ten.move_to(when, tick=True)
        good("probe", "send", "--really")
        assert len(server[0].taken) == 1
        good("probe", "release", "spring", "--by", "Lou Petit")
        good("probe", "send", "--really")
        first, second = (message_from_bytes(one.content or b"") for one in server[0].taken)
        assert second["Subject"] == f"Re: {first['Subject']}"
        assert second["Reply-To"] != first["Reply-To"]

    def test_an_export_opens_in_a_spreadsheet_without_running_anything(self, at_ten: time_machine.Traveller) -> None:
        good(*PLAN)
        rows = list(csv.DictReader(io.StringIO(good("probe", "export", "spring").out)))
        assert len(rows) == 3
        assert {row["merchant_name"] for row in rows} == {"Élan", "'=Bastide()", "Cèdre"}
        assert all(row["body"] for row in rows)
        as_json = json.loads(good("probe", "export", "spring", "--format", "json").out)
        assert {row["merchant_name"] for row in as_json} == {"Élan", "=Bastide()", "Cèdre"}
        assert run("probe", "export", "spring", "--format", "xml").code == 2

    def test_the_same_seed_shows_the_same_plan_again(self, at_ten: time_machine.Traveller) -> None:
        words = ("--channel", "email=1", "--channel", "phone=1", "--from", "2026-03-05", "--until", "2026-03-31")
        shown = []
        for name in ("a", "b"):
            good("probe", "plan", name, *words, "--seed", "x", "--only", "elan.test")
            rows = json.loads(good("probe", "export", name, "--format", "json").out)
            shown.append([(row["planned_for"], row["scenario"], row["body"]) for row in rows])
            good("probe", "stop", name, *BY)
            _forget(name)
        assert shown[0] == shown[1]
        assert len(shown[0]) == 2

    def test_a_dry_plan_leaves_nothing_behind(self, at_ten: time_machine.Traveller) -> None:
        assert "would be planned: 2 attempts" in good(*PLAN, "--dry-run").err
        assert json.loads(good("probe", "status", "--json").out)["campaigns"] == []


def _prolong(name: str) -> None:
    """Leave room for a reminder, however late the first message was planned."""
    with open_database(load_settings().database) as database, database.session() as session:
        session.execute(update(Campaign).where(Campaign.name == name).values(ends_at=TUESDAY + timedelta(days=20)))


def _forget(name: str) -> None:
    """Take the attempts of a campaign out of the way of the next plan."""
    with open_database(load_settings().database) as database, database.session() as session:
        session.execute(update(Attempt).values(state=AttemptState.CANCELLED))


@pytest.mark.usefixtures("folder", "at_ten")
class TestRefusal:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--channel", "email"), "'email' does not say how many"),
            (("--channel", "fax=1"), "'fax' is no channel to contact on"),
            (("--channel", "email=1", "--channel", "email=2"), "email is given twice"),
            (("--channel", "email=9999"), "9999 attempts on email cannot be planned"),
            (("--channel", "email=1", "--scenario", "nothing"), "there is no 'nothing'"),
            (("--channel", "email=1", "--language", "de"), "no scenario is written in 'de'"),
            (("--channel", "email=1", "--from", "tomorrow"), "--from: 'tomorrow' is no date"),
            (("--channel", "email=1", "--from", "2027-01-01"), "attempts cannot leave from"),
            (("--channel", "email=1", "--category", "Jouets"), "the panel has no category 'Jouets'"),
        ],
    )
    def test_what_cannot_be_planned_is_refused_in_one_line(self, words: tuple[str, ...], said: str) -> None:
        done = run("probe", "plan", "spring", "--until", "2026-03-31", *words)
        assert done.code == 2
        assert said in done.err
        assert done.err.count("\n") == 1

    def test_a_quota_that_cannot_fit_is_refused_with_the_sum(self) -> None:
        done = run("probe", "plan", "spring", "--channel", "email=50", "--until", "2026-03-31")
        assert done.code == 2
        assert "elan.test email: 50 wanted; one at a time, each open for 14 days" in done.err
        assert re.search(r"100 attempts are wanted and \d fit", done.err)

    def test_everything_that_is_missing_in_the_settings_is_named_at_once(self, folder: Path) -> None:
        (folder / "barometer.toml").write_text("[probes]\nper_day = 0\n")
        done = run(*PLAN, "--contest")
        assert done.code == 2
        for key in ("per_day is 0", "from_name", "from_address", "reply_domain", "imap_host", "smtp_host"):
            assert key in done.err
        assert done.err.count("\n") == 1

    def test_a_public_merchant_is_not_written_to_before_somebody_answers_for_it(self, folder: Path) -> None:
        (folder / "panel.csv").write_text("name,url,email\nReal,shop.fr,contact@shop.fr\n")
        good("panel", "import", "panel.csv")
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        done = run("probe", "send", "--really")
        assert done.code == 2
        assert "shop.fr is a public site, and the settings do not say who visits it" in done.err

    @pytest.mark.parametrize("by", ["", "Camille", "a b" * 50, "Camille \x1b[31m"])
    def test_only_a_person_with_a_name_lets_a_campaign_go(self, by: str) -> None:
        good(*PLAN)
        assert run("probe", "release", "spring", "--by", by).code == 2
        assert status()["released_by"] is None

    @pytest.mark.parametrize("command", ["release", "stop", "resume"])
    def test_a_campaign_that_is_not_there_is_answered_with_those_that_are(self, command: str) -> None:
        good(*PLAN)
        done = run("probe", command, "autumn", *BY)
        assert done.code == 2
        assert "there is no campaign 'autumn'; there is: spring" in done.err

    def test_an_attempt_that_is_not_unknown_cannot_be_resolved(self) -> None:
        good(*PLAN)
        (row, *_) = json.loads(good("probe", "export", "spring", "--format", "json").out)
        done = run("probe", "resolve", row["attempt"][:8], "--sent", *BY, "--why", "the log")
        assert done.code == 2
        assert "not unknown" in done.err
        assert run("probe", "resolve", "zzzz", "--sent", *BY, "--why", "x").code == 2
        assert run("probe", "resolve", "0" * 32, "--sent", *BY, "--why", "x").code == 2

    def test_the_scenarios_can_be_listed_and_read(self) -> None:
        listed = json.loads(good("probe", "scenarios", "--json").out)
        assert len(listed) >= 24
        assert "Cartes cadeaux" in good("probe", "scenarios", "gift-card").out
        assert run("probe", "scenarios", "nothing").code == 2


SENDING = [sys.executable, "-c", "from barometer.cli import main; main()", "probe", "send", "--really", "--watch"]


@pytest.mark.slow
def test_ctrl_c_ends_the_loop_in_order(folder: Path, server: tuple[Merchants, int]) -> None:
    (folder / "barometer.toml").write_text(
        SETTINGS.format(port=server[1]) + 'quiet_from = "00:00"\nquiet_until = "00:00"\nweekends = true\nper_day = 1\n'
    )
    until = f"{datetime.now(UTC) + timedelta(days=60):%Y-%m-%d}"
    good("probe", "plan", "spring", "--channel", "email=1", "--until", until)
    good("probe", "release", "spring", *BY)
    child = subprocess.Popen(SENDING, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    holder = None
    for _ in range(600):
        time.sleep(0.1)
        holder = _lease_holder()
        if holder:
            break
    assert holder
    second = run("probe", "send", "--really")
    assert second.code == 2
    assert "another sender is at work" in second.err
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert b"ended: asked to stop" in said
    assert _lease_holder() is None


def _lease_holder() -> str | None:
    with open_database(load_settings().database) as database, database.reading() as session:
        found = session.get(Run, ROW)
        return found.claimed_by if found else None
