"""A poll that watches goes on through the night, whatever is away for a while."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from barometer.cli import probe_poll
from barometer.social_watching import Watch
from probes.intake import Taken
from probes.probe import Unreachable
from storage.database import open_database
from storage.evidence import EvidenceStore


class Mailbox:
    """A mailbox whose server is away at the looks in *away*, counted from 0, and that is asked no more after the last look."""

    name = "imap://answers.test/INBOX"

    def __init__(self, away: set[int], looks: int) -> None:
        self.away, self.looks, self.looked = away, looks, 0

    async def take_in(self, *_: object) -> Taken:
        self.looked += 1
        if self.looked - 1 in self.away:
            raise Unreachable("imap://answers.test/INBOX: connection refused")
        return Taken(1, 0, 0)

    async def wait(self, _: float) -> None:
        if self.looked >= self.looks:
            raise asyncio.CancelledError


def watched(mailbox: Mailbox, folder: Path, monkeypatch: pytest.MonkeyPatch, watch: bool = True) -> int:
    """Poll *mailbox* until it is asked no more; return how often attempts were swept for expiry."""
    swept: list[object] = []
    monkeypatch.setattr("probes.intake.take_in", mailbox.take_in)
    monkeypatch.setattr(probe_poll, "sweep", lambda *_: swept.append(1) or {})
    with open_database(f"sqlite:///{folder / 'b.db'}") as database, pytest.raises(asyncio.CancelledError):
        database.migrate()
        polling = probe_poll._polled(
            database, EvidenceStore(folder), cast(Any, [mailbox]), Watch([], lambda _: None), watch
        )
        asyncio.run(polling)
    return len(swept)


def test_a_mail_server_that_is_away_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mailbox = Mailbox(away={1, 2}, looks=4)
    # What could not be read is not yet unanswered: nothing expires while the server is away.
    assert watched(mailbox, tmp_path, monkeypatch) == 2
    assert mailbox.looked == 4
    assert capsys.readouterr().err.count("connection refused") == 1


def test_without_watching_it_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreachable):
        watched(Mailbox(away={0}, looks=1), tmp_path, monkeypatch, watch=False)
