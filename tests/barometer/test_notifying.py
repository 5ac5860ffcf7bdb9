"""Notifications reach a real server on loopback; what does not arrive is a warning, and no address is ever told."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from barometer.errors import UserError
from barometer.jobs.claims import AlreadyDone, Claimed, claim, finish
from barometer.jobs.messages import message_on
from barometer.jobs.notifying import Message, notifier
from barometer.schedule_settings import Notify
from storage.database import Database, open_database
from storage.records import Run, utc_now
from storage.vocabulary import RunState
from tests.barometer.command_line import run_process

SECRET = "hunter2"


class Server:
    """Keeps what it is told, and answers with ``status``."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.status = 200
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                server.told.append(json.loads(self.rfile.read(size)))
                self.send_response(server.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://me:{SECRET}@127.0.0.1:{self.http.server_address[1]}/{SECRET}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def told_to(*addresses: str) -> Notify:
    return Notify(urls=SecretStr(" ".join(addresses)))


def test_a_message_arrives_with_its_kind_and_without_control_characters(server: Server) -> None:
    warned: list[str] = []
    assert notifier(told_to(server.url)).tell(Message("night\nfailed", "a\x1b[31m\u202eb <b>", bad=True), warned.append)
    assert warned == []
    told = server.told[0]
    assert (told["title"], told["type"]) == ("night failed", "failure")
    assert "\x1b" not in told["message"] and "\u202e" not in told["message"] and "<b>" in told["message"]


def test_one_address_that_does_not_take_it_keeps_no_other_from_it(
    server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    warned: list[str] = []
    gone = f"json://me:{SECRET}@127.0.0.1:1/{SECRET}"
    assert not notifier(told_to(gone, server.url)).tell(Message("t", "b"), warned.append)
    assert warned == ["notification to address 1 of 2 was not taken"]
    assert len(server.told) == 1
    server.status = 500
    assert not notifier(told_to(server.url)).tell(Message("t", "b"), warned.append)
    said = caplog.text + "".join(capfd.readouterr())
    assert SECRET not in said and SECRET not in "".join(warned)


def test_nobody_is_told_unless_somebody_is_named() -> None:
    assert len(notifier(Notify())) == 0
    assert notifier(Notify()).tell(Message("t", "b"), pytest.fail)


def test_addresses_come_from_a_file_with_remarks(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "notify"
    file.write_text(f"# the operator\n\n{server.url}\n", "utf-8")
    assert len(notifier(Notify(urls_file=file))) == 1


def test_a_wrong_address_is_told_by_its_place_and_never_itself(tmp_path: Path) -> None:
    file = tmp_path / "notify"
    file.write_text(f"# one\nnosuch://{SECRET}@x\n", "utf-8")
    with pytest.raises(UserError, match="notify:2: is no address that apprise knows") as refused:
        notifier(Notify(urls_file=file))
    assert SECRET not in str(refused.value)
    with pytest.raises(UserError, match="URLS: address 1"):
        notifier(told_to(f"nosuch://{SECRET}"))
    with pytest.raises(UserError, match=r"schedule\.notify\.urls_file: .*gone: No such file"):
        notifier(Notify(urls_file=tmp_path / "gone"))


def test_the_trial_message_is_a_command(server: Server, tmp_path: Path) -> None:
    given = {"BAROMETER_SCHEDULE__NOTIFY__URLS": server.url}
    done = run_process("schedule", "notify", cwd=tmp_path, environment=given)
    assert (done.code, done.err.strip()) == (0, "taken by 1 of 1 addresses")
    assert "barometer: a trial" in server.told[0]["title"]
    server.status = 500
    refused = run_process("schedule", "notify", cwd=tmp_path, environment=given)
    assert (refused.code, SECRET in refused.err) == (1, False)
    assert run_process("schedule", "notify", cwd=tmp_path).code == 2


@pytest.mark.slow
def test_a_scheduler_tells_of_a_job_that_failed_and_goes_on_when_nobody_listens(server: Server, tmp_path: Path) -> None:
    switched_off = "".join(
        f"[schedule.{name}]\nenabled = false\n" for name in ("night", "attempts", "expiry", "retention", "backup")
    )
    (tmp_path / "barometer.toml").write_text(f'[mail]\nmaildir = "{tmp_path}/nowhere"\n{switched_off}', "utf-8")
    given = {"BAROMETER_SCHEDULE__NOTIFY__URLS": f"{server.url} json://me:{SECRET}@127.0.0.1:1"}
    done = run_process("schedule", "run", "--once", cwd=tmp_path, environment=given)
    assert done.code == 1 and "replies: FAILED" in done.err
    assert [told["title"] for told in server.told] == ["barometer: replies failed"]
    assert "warning: notification to address 2 of 2 was not taken" in done.err
    assert SECRET not in done.err and SECRET not in (tmp_path / "var/logs/jobs/replies.log").read_text("utf-8")


def over(database: Database, name: str, due: str, well: bool, said: str = "said") -> AlreadyDone:
    state = RunState.CLOSED if well else RunState.FAILED
    mine = claim(database, name, due)
    assert isinstance(mine, Claimed)
    finish(database, mine, state, said, {})
    return AlreadyDone(state, said, {})


def titles(database: Database, name: str, ends: str, terms: Notify | None = None) -> list[str | None]:
    """Return what is told of the times of a job that end well (``+``) or fail (``-``), one after the other."""
    found = []
    for number, end in enumerate(ends):
        done = over(database, name, f"{name}{number}", end == "+")
        told = message_on(database, terms or Notify(), "Europe/Paris", name, f"{name}{number}", done)
        found.append(None if told is None else told.title)
    return found


def test_a_job_that_goes_on_failing_is_told_once_a_day_and_once_more_when_it_works(database: Database) -> None:
    failed, again = "barometer: replies failed", "barometer: replies works again"
    assert titles(database, "replies", "+--+") == [None, failed, None, again]
    with database.session() as session:
        session.execute(update(Run).values(finished_at=utc_now().replace(year=2025), state=RunState.FAILED))
    assert titles(database, "replies", "") == []
    done = over(database, "replies", "next day", False)
    told = message_on(database, Notify(), "Europe/Paris", "replies", "next day", done)
    assert told is not None and told.title == failed


def test_every_night_has_its_summary_and_either_kind_can_be_switched_off(database: Database) -> None:
    assert titles(database, "night", "+-+") == [
        "barometer: the night is done", "barometer: night failed", "barometer: the night is done",
    ]  # fmt: skip
    assert titles(database, "backup", "-", Notify(failures=False)) == [None]
    assert titles(database, "night", "", Notify(summary=False)) == []
