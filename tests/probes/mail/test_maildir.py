"""Reading a Maildir: files stay as they are, and none is missed whatever order they were written in."""

import asyncio
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probes.mail import maildir
from probes.mail.maildir import Maildir
from probes.probe import Arrival, Unreachable
from tests.mail_servers import MailServers
from tests.probes.mail.letters import read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let positions be exact, as if every file were older than the overlap."""
    monkeypatch.setattr(maildir, "OVERLAP_NANOSECONDS", 0)


def given(folder: Path, after: str | None = None, **options: int) -> list[Arrival]:
    return asyncio.run(read(Maildir(folder, **options), after))


def written(folder: Path, name: str, words: str, at: float | None = None) -> Path:
    """Write a message as a delivery does: complete in ``tmp``, then renamed."""
    file = folder / "tmp" / name
    file.write_text(words)
    if at is not None:
        os.utime(file, (at, at))
    return file.rename(folder / "new" / name)


def words(arrivals: list[Arrival]) -> list[str]:
    return sorted(one.raw.decode() for one in arrivals)


def test_new_and_seen_messages_are_read_and_nothing_is_moved_or_renamed(folder: Path) -> None:
    written(folder, "1.a.host", "one")
    written(folder, "2.b.host", "two").rename(folder / "cur" / "2.b.host:2,S")
    before = sorted(folder.rglob("*"))
    assert words(given(folder)) == ["one", "two"]
    assert sorted(folder.rglob("*")) == before


def test_a_message_arrived_when_its_file_was_written(folder: Path) -> None:
    written(folder, "1.a.host", "one", at=1_700_000_000)
    assert given(folder)[0].received_at == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.usefixtures("exact")
def test_the_next_reading_gives_what_appeared_since_even_if_it_was_written_earlier(folder: Path) -> None:
    written(folder, "2.b.host", "second", at=1_700_000_100)
    position = given(folder)[-1].position
    written(folder, "1.a.host", "written before, delivered after", at=1_700_000_000)
    arrivals = given(folder, position)
    assert "written before, delivered after" in words(arrivals)
    assert int(arrivals[-1].position) > int(position)


def test_what_appeared_just_before_the_position_is_given_once_more(folder: Path) -> None:
    written(folder, "1.a.host", "one")
    position = given(folder)[-1].position
    assert words(given(folder, position)) == ["one"]
    assert given(folder, position)[-1].position == position
    assert given(folder, str(int(position) + maildir.OVERLAP_NANOSECONDS + 1)) == []


def test_folders_inside_are_read_too(folder: Path) -> None:
    for name in ("new", "cur"):
        (folder / ".Junk" / name).mkdir(parents=True)
    (folder / ".Junk" / "new" / "1.a.host").write_text("sorted away")
    assert words(given(folder)) == ["sorted away"]


def test_links_pipes_and_hidden_files_are_no_messages(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not a mail")
    (folder / "new" / "link").symlink_to(secret)
    (folder / ".linked").symlink_to(folder)
    os.mkfifo(folder / "new" / "pipe")
    (folder / "new" / ".hidden").write_text("not a mail")
    (folder / "new" / "folder").mkdir()
    assert given(folder) == []


def test_of_a_huge_message_the_beginning_is_read(folder: Path) -> None:
    written(folder, "1.a.host", "x" * 10_000)
    assert given(folder, max_bytes=100)[0].raw == b"x" * 100


def test_a_message_that_a_person_marks_as_read_meanwhile_is_found_in_its_new_place(folder: Path) -> None:
    written(folder, "1.a.host", "one")
    moved = written(folder, "2.b.host", "two")

    async def work() -> tuple[list[str], str]:
        found, position = [], ""
        async for arrival in Maildir(folder).arrivals(None):
            found.append(arrival.raw.decode())
            position = arrival.position
            if moved.exists():
                moved.rename(folder / "cur" / "2.b.host:2,S")
        return found, position

    found, position = asyncio.run(work())
    assert found == ["one"]
    assert "two" in words(given(folder, position))


def test_a_folder_that_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="maildir:"):
        given(tmp_path)
    with pytest.raises(Unreachable, match="maildir:"):
        given(tmp_path / "nowhere")


def test_a_wait_ends_when_a_message_arrives(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildir, "LOOK_SECONDS", 0.02)

    async def work() -> None:
        waiting = asyncio.create_task(Maildir(folder).wait(60))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        written(folder, "1.a.host", "one")
        await asyncio.wait_for(waiting, 20)

    asyncio.run(work())


def test_a_wait_ends_when_its_time_is_over(folder: Path) -> None:
    asyncio.run(asyncio.wait_for(Maildir(folder).wait(0.05), 20))


def test_what_dovecot_keeps_is_read_as_it_lies(mail: MailServers) -> None:
    mail.send("shop@lampes.test", mail.operator().address, b"Subject: hello\r\n\r\nWords.\r\n")
    raw = mail.operator().waiting(1)[0]
    home = mail.operator().home / "Maildir"
    modes = {file: stat.S_IMODE(file.stat().st_mode) for file in mail.operator().files()}
    assert [one.raw for one in given(home)] == [raw]
    assert {file: stat.S_IMODE(file.stat().st_mode) for file in mail.operator().files()} == modes
