"""Reading a mailbox: only what is new, nothing changed there, whatever the server does."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from probes.mail.imap import ImapFolder
from probes.mail.server import MailServer, Protection
from probes.probe import Arrival, Unreachable
from tests.mail_servers import OPERATOR, PASSWORD, MailServers
from tests.probes.mail.letters import operators_folder, read
from tests.probes.mail.scripted_imap import DROP, STALL, ScriptedImap, scripted_imap

LETTERS = {uid: f"Subject: letter {uid}\r\n\r\nWords of {uid}.\r\n".encode() for uid in (3, 5, 9)}


def letter(number: int, size: int = 0) -> bytes:
    return f"From: shop@lampes.test\r\nSubject: letter {number}\r\n\r\n{'x' * size}\r\n".encode()


def deliver(mail: MailServers, *numbers: int) -> None:
    # One after the other: Postfix delivers what waits side by side, in whatever order.
    for number in numbers:
        before = len(mail.operator().files())
        mail.send("shop@lampes.test", OPERATOR, letter(number))
        mail.operator().waiting(before + 1)


def subjects(arrivals: list[Arrival]) -> list[bytes]:
    return sorted(line for one in arrivals for line in one.raw.split(b"\r\n") if line.startswith(b"Subject"))


def test_what_lies_in_the_mailbox_is_read_and_the_next_reading_gives_the_new_alone(mail: MailServers) -> None:
    async def work() -> None:
        source = operators_folder(mail)
        deliver(mail, 1, 2)
        first = await read(source)
        assert subjects(first) == [b"Subject: letter 1", b"Subject: letter 2"]
        assert await read(source, first[-1].position) == []
        deliver(mail, 3)
        assert subjects(await read(source, first[-1].position)) == [b"Subject: letter 3"]
        await source.close()

    asyncio.run(work())


def test_reading_marks_and_moves_nothing(mail: MailServers) -> None:
    deliver(mail, 1, 2)
    asyncio.run(read(operators_folder(mail)))
    with mail.operator().opened() as box:
        status = box.folder.status("INBOX", ["MESSAGES", "UNSEEN", "RECENT"])
    assert status == {"MESSAGES": 2, "UNSEEN": 2, "RECENT": 2}


def test_what_a_person_does_in_the_mailbox_does_not_matter(mail: MailServers) -> None:
    deliver(mail, 1, 2, 3)
    with mail.operator().opened() as box:
        uids = box.uids()
        box.flag(uids[:2], "\\Seen", True)
        box.delete(uids[0])
    assert subjects(asyncio.run(read(operators_folder(mail)))) == [b"Subject: letter 2", b"Subject: letter 3"]


def test_a_message_arrived_when_our_own_server_received_it_whatever_its_date_says(mail: MailServers) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    mail.send("shop@lampes.test", OPERATOR, b"Date: Mon, 1 Jan 2001 00:00:00 +0000\r\nSubject: old\r\n\r\nx\r\n")
    mail.operator().waiting(1)
    arrival = asyncio.run(read(operators_folder(mail)))[0]
    assert before <= arrival.received_at <= datetime.now(UTC) + timedelta(seconds=2)


def test_of_a_huge_message_the_beginning_is_fetched(mail: MailServers) -> None:
    mail.send("shop@lampes.test", OPERATOR, letter(1, 2_000_000))
    mail.operator().waiting(1)
    arrival = asyncio.run(read(operators_folder(mail, max_bytes=100_000)))[0]
    assert len(arrival.raw) == 100_000
    assert b"Subject: letter 1" in arrival.raw


def test_other_folders_are_read_where_they_are_named(mail: MailServers) -> None:
    with mail.operator().opened() as box:
        box.folder.create("Indésirables")
        box.append(letter(7), "Indésirables")
    assert subjects(asyncio.run(read(operators_folder(mail, "Indésirables")))) == [b"Subject: letter 7"]


def test_without_a_position_older_mail_is_left_alone(mail: MailServers) -> None:
    with mail.operator().opened() as box:
        box.append(letter(1), "INBOX", dt=datetime(2020, 1, 1, tzinfo=UTC))
        box.append(letter(2), "INBOX")
    folder = operators_folder(mail, since=datetime.now(UTC))
    assert subjects(asyncio.run(read(folder))) == [b"Subject: letter 2"]


def test_a_folder_made_anew_has_another_validity(mail: MailServers) -> None:
    async def work() -> tuple[str, str]:
        source = operators_folder(mail, "Answers")
        with mail.operator().opened() as box:
            box.folder.create("Answers")
            before = await source.validity()
            await source.close()
            box.folder.delete("Answers")
            await asyncio.sleep(1.1)
            box.folder.create("Answers")
        return before, await source.validity()

    before, after = asyncio.run(work())
    assert before != after


def test_a_folder_that_does_not_exist_is_told(mail: MailServers) -> None:
    with pytest.raises(Unreachable, match="/Nowhere"):
        asyncio.run(read(operators_folder(mail, "Nowhere")))


@pytest.mark.parametrize(("password", "trusted"), [("wrong-secret", True), (PASSWORD, False)])
def test_a_wrong_password_or_certificate_is_told_without_the_password(
    mail: MailServers, password: str, trusted: bool
) -> None:
    authority = mail.certificate if trusted else None
    server = MailServer("127.0.0.1", mail.ports.imaps, Protection.TLS, OPERATOR, password, authority)
    with pytest.raises(Unreachable) as caught:
        asyncio.run(read(ImapFolder(server)))
    assert password not in str(caught.value)


def test_starttls_protects_as_well(mail: MailServers) -> None:
    deliver(mail, 1)
    server = MailServer("127.0.0.1", mail.ports.imap, Protection.STARTTLS, OPERATOR, PASSWORD, mail.certificate)
    assert len(asyncio.run(read(ImapFolder(server)))) == 1


def test_idle_ends_when_a_message_arrives(mail: MailServers) -> None:
    async def work() -> list[Arrival]:
        source = operators_folder(mail)
        assert await read(source) == []
        waiting = asyncio.create_task(source.wait(60))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await asyncio.to_thread(deliver, mail, 1)
        await asyncio.wait_for(waiting, 20)
        return await read(source)

    assert subjects(asyncio.run(work())) == [b"Subject: letter 1"]


def test_what_arrived_before_idle_began_ends_it_at_once(mail: MailServers) -> None:
    async def work() -> None:
        source = operators_folder(mail)
        await read(source)
        await asyncio.to_thread(deliver, mail, 1)
        await asyncio.wait_for(source.wait(60), 20)

    asyncio.run(work())


def scripted(
    messages: dict[int, bytes], work: Callable[[ScriptedImap, ImapFolder], Awaitable[None]], **script: str
) -> None:
    """Run *work* with a server that follows *script* and a folder of it."""

    async def run() -> None:
        async with scripted_imap(messages, **script) as server:
            account = MailServer("127.0.0.1", server.port, Protection.NONE, "camille", "secret")
            folder = ImapFolder(account, answer_seconds=1, command_seconds=2)
            await work(server, folder)
            await folder.close()

    asyncio.run(run())


def test_a_server_that_tells_news_in_between_and_the_uid_last_is_understood() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        arrivals = await read(folder)
        assert [(one.position, one.raw) for one in arrivals] == [(str(uid), raw) for uid, raw in LETTERS.items()]
        assert arrivals[0].received_at == datetime(2026, 11, 4, 9, 30, tzinfo=UTC)

    scripted(LETTERS, work)


def test_nothing_is_asked_for_that_was_read_before() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        assert [one.position for one in await read(folder, "5")] == ["9"]
        assert [command for command in server.commands if command.startswith("UID FETCH")] == [
            "UID FETCH 9:9 (UID INTERNALDATE)",
            "UID FETCH 9 (UID BODY.PEEK[]<0.10000000>)",
        ]

    scripted(LETTERS, work)


def test_a_message_whose_arrival_the_server_does_not_tell_arrived_when_it_was_read() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        server.tells_dates = False
        before = datetime.now(UTC)
        arrivals = await read(folder)
        assert len(arrivals) == 3
        assert all(before <= arrival.received_at <= datetime.now(UTC) for arrival in arrivals)

    scripted(LETTERS, work)


def test_a_message_that_the_server_lists_and_does_not_give_is_not_passed_over() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        server.gives_bodies = False
        with pytest.raises(Unreachable, match="does not give message 3"):
            await read(folder)
        server.gives_bodies = True
        assert len(await read(folder)) == 3

    scripted(LETTERS, work)


def test_the_last_message_is_not_given_again_although_the_server_names_it() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        assert await read(folder, "9") == []

    scripted(LETTERS, work)


def test_a_message_removed_before_it_was_fetched_is_passed_over() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        positions = []
        await folder.validity()
        async for arrival in folder.arrivals(None):
            positions.append(arrival.position)
            server.messages.pop(5, None)
        assert positions == ["3", "9"]

    scripted(dict(LETTERS), work)


@pytest.mark.parametrize("failure", [DROP, STALL, "TAG BAD no", "TAG NO not now", "nonsense", "* BYE tired"])
@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "SEARCH", "FETCH"])
def test_a_server_that_fails_is_told_and_works_again_when_it_does(command: str, failure: str) -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        with pytest.raises(Unreachable, match="imap:camille@127"):
            await read(folder)
        server.script.clear()
        assert len(await read(folder)) == 3

    scripted(LETTERS, work, **{command: failure})


def test_a_connection_that_the_server_ended_between_two_looks_is_no_failure() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        await read(folder)
        server.once["EXAMINE"] = DROP
        assert await folder.validity() == "7"

    scripted(LETTERS, work)


def test_a_server_without_idle_is_waited_for() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        server.capabilities = "IMAP4rev1"
        await read(folder)
        await folder.wait(0.2)
        assert "IDLE" not in server.commands

    scripted(LETTERS, work)


@pytest.mark.parametrize("failure", [DROP, "TAG NO not now", "* BYE tired", "+ idling\r\n* BYE tired"])
def test_a_server_that_ends_idle_leaves_the_waiting_to_us(failure: str) -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        await read(folder)
        begun = asyncio.get_running_loop().time()
        await folder.wait(1.5)
        assert asyncio.get_running_loop().time() - begun >= 1.4
        server.script.clear()
        assert len(await read(folder)) == 3

    scripted(LETTERS, work, IDLE=failure)


def test_giving_up_a_wait_is_quick_and_leaves_the_folder_usable() -> None:
    async def work(server: ScriptedImap, folder: ImapFolder) -> None:
        await read(folder)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(folder.wait(60), 0.5)
        assert len(await read(folder)) == 3

    scripted(LETTERS, work)
