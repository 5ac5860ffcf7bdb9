"""The jobs of the probes over a real mail server and a real mailbox: what the commands by hand allow, and no more."""

import asyncio
import mailbox
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine

from barometer.jobs import probes as job_probes
from barometer.jobs.running import Interrupted, Ran, Report, Work, run_job
from barometer.settings import load_settings
from probes.lease import Busy
from storage.database import open_database
from tests.barometer import test_probe_cli as by_hand
from tests.barometer.test_probe_cli import BY, PLAN, Merchants, good, planned_times, status

server, folder, at_ten = by_hand.server, by_hand.folder, by_hand.at_ten
Servers = tuple[Merchants, int]


def ran(name: str, due: str) -> Ran:
    settings = load_settings()
    with open_database(settings.database) as database:
        return run_job(Work(database, settings, due, (), lambda _: None), name)


def did(name: str, due: str) -> Report:
    ended = ran(name, due)
    assert isinstance(ended, Report)
    return ended


@pytest.mark.usefixtures("folder")
class TestAttempts:
    def test_nothing_leaves_before_a_person_released_the_campaign(
        self, at_ten: time_machine.Traveller, server: Servers
    ) -> None:
        good(*PLAN)
        at_ten.move_to(planned_times()[0], tick=True)
        assert "nothing is released" in did("attempts", "a").said
        assert server[0].taken == []

    def test_what_is_due_leaves_once_and_its_answer_is_read(
        self, at_ten: time_machine.Traveller, server: Servers, folder: Path
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        for number, moment in enumerate(planned_times()):
            at_ten.move_to(moment, tick=True)
            assert did("attempts", f"a{number}").outcome == {"sent": 1}
        assert did("attempts", "again").said == "nothing is released and left to send"
        assert len(server[0].taken) == 2
        answer = EmailMessage()
        answer["From"], answer["To"] = (
            "lou@elan.test",
            message_from_bytes(server[0].taken[0].content or b"")["Reply-To"],
        )
        answer["Subject"] = "Re: votre question"
        answer.set_content("Bonjour,\n\nOui, jusqu'au samedi.\n\nLou\n")
        mailbox.Maildir(folder / "answers").add(answer)
        assert did("replies", "r").outcome["replies"] == 1
        assert status()["states"] == {"answered": 1, "blocked": 1, "sent": 1}

    @pytest.mark.parametrize("how", ["quiet hours", "stop file", "stopped", "opt-out"])
    def test_what_a_person_or_the_guard_forbids_does_not_leave(
        self, at_ten: time_machine.Traveller, server: Servers, folder: Path, how: str
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to(planned_times()[-1], tick=True)
        if how == "quiet hours":
            at_ten.move_to("2026-03-30T22:00:00Z")
        elif how == "stop file":
            (folder / "var" / "STOP").touch()
        elif how == "stopped":
            good("probe", "stop", "spring", *BY)
        else:
            for host in ("elan.test", "bastide.test"):
                good("optout", "add", host, "--reason", "asked", *BY)
        assert did("attempts", "a").well
        assert server[0].taken == []

    def test_another_sender_at_work_is_left_alone(
        self, at_ten: time_machine.Traveller, server: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to(planned_times()[0], tick=True)

        @contextmanager
        def busy(_: object) -> Iterator[None]:
            raise Busy("elsewhere:17")
            yield

        with monkeypatch.context() as patch:
            patch.setattr(job_probes, "held_lease", busy)
            assert did("attempts", "a").said == "nothing to do: another sender is at work: elsewhere:17"
        assert server[0].taken == []

    def test_asked_to_stop_it_gives_its_time_back(
        self, at_ten: time_machine.Traveller, server: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to(planned_times()[0], tick=True)
        real: Any = job_probes.send_due

        async def interrupted(*given: Any) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.2)
            return await real(*given)

        monkeypatch.setattr(job_probes, "send_due", interrupted)
        assert isinstance(ran("attempts", "a"), Interrupted)
        assert server[0].taken == []
        monkeypatch.setattr(job_probes, "send_due", real)
        assert did("attempts", "a").outcome == {"sent": 1}

    def test_a_window_that_has_passed_expires_only_what_was_looked_for(
        self, at_ten: time_machine.Traveller, server: Servers
    ) -> None:
        good(*PLAN)
        good("probe", "release", "spring", *BY)
        at_ten.move_to(planned_times()[0], tick=True)
        assert did("attempts", "a").outcome == {"sent": 1}
        assert did("replies", "r0").well
        at_ten.shift(20 * 86_400)
        assert did("expiry", "e0").outcome["expired"] == 0
        assert did("replies", "r1").outcome["expired"] == 1
