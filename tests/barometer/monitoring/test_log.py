"""The log: one object a line for programs whatever is said, sentences for people, and no secret in either."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from barometer.log_settings import Logs
from barometer.monitoring.events import EVENTS
from barometer.monitoring.log import about, sentence, teller
from barometer.monitoring.secrets import hidden, secrets
from barometer.probe_settings import Mail
from barometer.schedule_settings import Notify, Schedule
from barometer.settings import Settings
from tests.barometer.command_line import ROOT
from tests.barometer.live import LoggedSite, serving
from tests.barometer.night_market import PAGES, NightMarket

pytestmark = pytest.mark.timeout(400)
PAGE = ROOT / "docs" / "monitoring.md"
STAND_IN = str(ROOT / "tests" / "barometer" / "stand_in.py")
HOSTILE = 'Shop\x1b[2J\u202e\u2028\n{"level": "error"}\r\n\x00</script>'
USUAL = ["time", "level", "event", "said"]


def ran(code: str, folder: Path, **environment: str) -> tuple[int, str]:
    """Run *code*, and return its exit code and what its standard error held, a file as a service's may be."""
    (folder / "talk.py").write_text(code, "utf-8")
    with (folder / "err").open("w+b") as err:
        environment = {name: value.format(inode=_inode(err.fileno())) for name, value in environment.items()}
        done = subprocess.run(
            [sys.executable, "talk.py"], cwd=folder, stderr=err, check=False, timeout=300,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
    return done.returncode, (folder / "err").read_text("utf-8")


def _inode(number: int) -> str:
    found = os.fstat(number)
    return f"{found.st_dev}:{found.st_ino}"


def lines(text: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in text.splitlines()]
    for line in found:
        assert list(line)[:4] == USUAL and line["event"] in EVENTS, line
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
        assert line["pid"] and line["host"]
    return found


TALK = f"""
import logging, sys, warnings
from barometer.cli.console import plain_error
from barometer.monitoring.log import about, teller
from barometer.settings import load_settings
tell = teller(load_settings(), lambda line: print(line, file=sys.stderr))
with about(job="night", due="2026-11-22T02:15", run=None):
    with about("site_closed", url={HOSTILE!r}, seconds=1.5):
        tell({HOSTILE!r})
    tell("plain words, dévoilés")
logging.getLogger("scrapy.core").warning("retrying %s", "postgresql://me:s3cr%2Ft%21pass@db/x and s3cr/t!pass")
logging.getLogger("scrapy").setLevel("DEBUG")
logging.getLogger("scrapy.core").info("chatter")
plain_error("the oven is cold; light it")
raise RuntimeError("a defect with s3cr/t!pass")
"""
SECRET = {"BAROMETER_DATABASE": "postgresql://me:s3cr%2Ft%21pass@db/x"}


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_whatever_is_said_each_line_is_one_object_and_no_secret_stands_in_it(tmp_path: Path, locale: str) -> None:
    spoken = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, text = ran(TALK, tmp_path, BAROMETER_LOGS__FORMAT="json", **SECRET, **spoken)
    site, plain, library, error, defect = lines(text)
    assert code == 1
    assert (site["event"], site["job"], site["due"], site["seconds"]) == (
        "site_closed",
        "night",
        "2026-11-22T02:15",
        1.5,
    )
    assert "\x1b" not in site["said"] + site["url"] and "\u202e" not in site["said"] + site["url"] and "run" not in site
    assert (plain["event"], plain["said"], "url" in plain) == ("said", "plain words, dévoilés", False)
    assert (library["event"], library["logger"], library["level"]) == ("library", "scrapy.core", "warning")
    assert (error["event"], error["said"], error["level"]) == ("error", "the oven is cold; light it", "error")
    assert defect["event"] == "defect" and "Traceback" in defect["exception"]
    assert "s3cr" not in text and "***" in library["said"] and "***" in defect["exception"]


@pytest.mark.parametrize(
    ("environment", "json_wanted"),
    [
        ({"JOURNAL_STREAM": "{inode}"}, True),
        ({"JOURNAL_STREAM": "1:1"}, False),
        ({}, False),
        ({"JOURNAL_STREAM": "{inode}", "BAROMETER_LOGS__FORMAT": "console"}, False),
    ],
)
def test_left_open_the_journal_gets_objects_and_everybody_else_sentences(
    tmp_path: Path, environment: Mapping[str, str], json_wanted: bool
) -> None:
    code = (
        "import os\n"
        + TALK.partition("logging.getLogger")[0]
        + "tell(os.environ.get('BAROMETER_LOGS__FORMAT', 'open'))"
    )
    _, text = ran(code, tmp_path, **environment)
    last = text.splitlines()[-1]
    assert last.startswith("{") is json_wanted
    assert sentence(last) == ("json" if json_wanted else environment.get("BAROMETER_LOGS__FORMAT", "open")), (
        "children follow"
    )


def test_people_hear_what_matters_enough() -> None:
    heard: list[str] = []
    settings = Settings.model_validate({"logs": {"format": "console", "level": "warning"}})
    tell = teller(settings, heard.append)
    for word in ("job_done", "job_broken_off", "job_failed"):
        with about(word):
            tell(word)
    assert heard == ["job_broken_off", "job_failed"]


def test_a_line_of_either_kind_gives_back_its_sentence() -> None:
    assert sentence('{"time": "t", "said": "the disk is full"}') == "the disk is full"
    assert sentence("barometer: the disk is full") == "the disk is full"
    assert [sentence(line) for line in ('{"said": 1}', "{broken", "[1]")] == ['{"said": 1}', "{broken", "[1]"]


def test_every_secret_of_the_settings_is_known_as_it_may_be_written() -> None:
    notify = Notify(urls=SecretStr("mailtos://u:p%40ss@h ntfys://tok3n@host"))
    settings = Settings(database="postgresql://me:p%40ssword@db/x?password=other1", schedule=Schedule(notify=notify))
    known = secrets(settings)
    for text in ("p@ssword", "p%40ssword", "other1", "ntfys://tok3n@host", "mailtos://u:p%40ss@h"):
        assert hidden({"a": [f"x {text} y"]}, known) == {"a": ["x *** y"]}


def test_what_stands_in_the_files_of_secrets_is_known_too_and_said_in_neither_form(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("c0rrect horse\nsecond\n", "utf-8")
    (tmp_path / "notify").write_text("# who is told\nntfys://tok3n@host\nmailto://u:p4ss@h\n", "utf-8")
    mail = Mail(smtp_password_file=tmp_path / "smtp", imap_password_file=tmp_path / "none")
    database = "postgresql://db/x?sslpassword=k3yphrase"
    schedule = Schedule(notify=Notify(urls_file=tmp_path / "notify"))
    settings = Settings(database=database, mail=mail, schedule=schedule, logs=Logs(format="console"))
    said: list[str] = []
    tell = teller(settings, said.append)
    for text in ("c0rrect horse", "ntfys://tok3n@host", "mailto://u:p4ss@h", "k3yphrase"):
        tell(f"535 {text} refused, second")
    assert said == ["535 *** refused, second"] * 4


def test_the_page_lists_every_event_with_its_keys() -> None:
    rows = [
        line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `") and "barometer_" not in line
    ]
    for word, one in EVENTS.items():
        assert f"| `{word}` | {one.level} | {', '.join(f'`{key}`' for key in one.keys)} | {one.means} |" in rows


@pytest.mark.slow
def test_a_scheduler_tells_its_jobs_to_programs_and_keeps_the_metrics(tmp_path: Path) -> None:
    ago = datetime.now(UTC) - timedelta(minutes=4)
    (tmp_path / "orders").write_text("expiry well\nbackup fail\n", "utf-8")
    tables = ['database = "sqlite:///b.db"\n[schedule]\ntimezone = "UTC"\nmetrics_textfile = "figures/b.prom"\n']
    for name in ("night", "replies", "attempts", "expiry", "retention", "backup"):
        on = str(name in {"expiry", "backup"}).lower()
        tables.append(f'[schedule.{name}]\nenabled = {on}\ncron = "{ago.minute} {ago.hour} * * *"\n')
    (tmp_path / "barometer.toml").write_text("".join(tables), "utf-8")
    words = [sys.executable, STAND_IN, "schedule", "run", "--once"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BAROMETER_LOGS__FORMAT": "json"}

    def scheduled() -> list[dict[str, Any]]:
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        return lines(done.stderr)

    first = scheduled()
    (failed,) = (line for line in first if line["event"] == "job_failed")
    assert (failed["level"], failed["job"], failed["exit_code"], failed["ended"]) == ("error", "backup", 2, "exited")
    assert "the oven is cold" in failed["said"] and failed["due"] and failed["seconds"] > 0
    assert [line["job"] for line in first if line["event"] == "job_done"] == ["expiry"]
    assert len([line for line in first if line["event"] == "metrics_not_written"]) == 1, (
        "its folder is missing; said once"
    )
    child = lines((tmp_path / "var/logs/jobs/backup.log").read_text("utf-8"))
    assert [(line["event"], line["job"], line["said"]) for line in child][1:] == [
        ("error", "backup", "the oven is cold; light it")
    ]
    assert (child[0]["event"], child[0]["job"], child[0]["due"]) == ("job_at_work", "backup", failed["due"])
    (tmp_path / "figures").mkdir()
    assert "metrics_not_written" not in {line["event"] for line in scheduled()}
    file = tmp_path / "figures" / "b.prom"
    assert (file.stat().st_mode & 0o777, list(file.parent.iterdir())) == (0o644, [file])
    states = next(
        one for one in text_string_to_metric_families(file.read_text("utf-8")) if one.name == "barometer_job_state"
    )
    assert {one.labels["job"]: one.labels["state"] for one in states.samples if one.value}["backup"] == "failed"


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_tells_each_site_to_programs(database_url: str, tmp_path: Path) -> None:
    with serving([LoggedSite(PAGES)], "127.73.0.1") as addresses:
        market = NightMarket(database_url, tmp_path, addresses, [])
        market.environment["BAROMETER_LOGS__FORMAT"] = "json"
        with market.database:
            night = market.night("--due", "2026-11-22T02:15", "--delay", "0")
            (run,) = market.runs()
    assert night.code == 0
    assert lines(night.err)[-1]["event"] == "night_progress"
    (log,) = (tmp_path / "var/logs").glob("night-*/batch-*.log")
    begun, closed = lines(log.read_text("utf-8"))
    assert (begun["event"], begun["sites"], begun["run"], begun["batch"]) == ("batch_begun", 1, run.id, 0)
    assert (closed["event"], closed["status"], closed["url"]) == ("site_closed", "complete", f"{addresses[0]}/")
    assert closed["merchant"] == run.parameters["merchants"][0] and closed["run"] == run.id
