"""The report of a night says the same on the terminal, in JSON and on the page, and nothing a merchant wrote steers any of them."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from barometer.jobs.night import summed_up
from barometer.nights.files import write_report
from barometer.nights.report import report_of
from barometer.nights.status import Due, LastNight, NightNow, Status
from barometer.reports.night_page import night_page
from barometer.reports.night_terminal import night_summary
from barometer.reports.night_words import duration, size
from barometer.reports.status_terminal import status_lines
from storage.database import Database, open_database
from storage.records import Batch, Merchant, Run, Visit
from storage.vocabulary import Reason, RunState, VisitStatus
from tests.barometer.night_samples import GOOD, HOSTILE, bad

BEGAN = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


def printed(what: object, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=True, color_system=None).print(what)
    return out.getvalue()


def test_a_good_night_is_told_within_80_columns() -> None:
    told = printed(night_summary(GOOD))
    assert "All 400 sites are closed." in told and "22 min 00 s" in told and "8 timeout, 4 http error, 3 dns" in told
    assert "Not closed" not in told and "ended badly" not in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_night_that_reached_hardly_anybody_is_no_good_night() -> None:
    cut_off = replace(GOOD, closed=18, sites=18, visits={"unreachable": 10, "complete": 8})
    assert "10 of 18 sites could not be reached: look at this machine's own connection" in night_page(cut_off).replace(
        "&#39;", "'"
    )
    job = summed_up(cut_off)
    assert not job.well and "our own connection" in job.said
    assert summed_up(replace(cut_off, visits={"unreachable": 9, "complete": 9})).well
    assert summed_up(replace(cut_off, closed=5, sites=5, visits={"unreachable": 5})).well, "too few to tell"


def test_what_went_wrong_is_told_with_its_log() -> None:
    told = printed(night_summary(bad()))
    for said in (
        "3 could not be",
        "killed (signal 9)",
        "deadline of the night",
        "batch-0004.log",
        "Left alone",
        "Gone from",
    ):
        assert said in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_hostile_name_or_address_steers_no_terminal() -> None:
    told = printed(night_summary(bad(HOSTILE, f"https://shop.example/{HOSTILE}")))
    assert "\x1b" not in told and "\u202e" not in told
    assert "[red]" in told


def test_a_hostile_name_or_address_is_text_on_the_page() -> None:
    page = night_page(bad(HOSTILE, f"https://shop.example/{HOSTILE}"))
    assert "<script" not in page and "\x1b" not in page and "\u202e" not in page
    assert page.count("</title>") == 1
    assert not re.search(r'href="(?!https?://)', night_page(bad(url="javascript:alert(1)")))


def test_the_page_loads_nothing() -> None:
    page = night_page(bad())
    assert "default-src 'none'" in page and "sha256-" in page
    assert not re.search(r"<(?:img|link|script|iframe)|@import|url\(", page)


def test_files_are_written_and_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    assert write_report(GOOD, tmp_path) == ""
    folder = tmp_path / GOOD.logs
    assert sorted(file.name for file in folder.iterdir()) == ["report.html", "report.json"]
    told = json.loads((folder / "report.json").read_text())
    assert told["schema"] == "barometer-night/1" and told["second_look"]["failed"] == 19
    (tmp_path / "file").touch()
    assert "see it with: barometer night show" in write_report(GOOD, tmp_path / "file")


@pytest.mark.parametrize(("seconds", "words"), [(8.42, "8.4 s"), (725, "12 min 05 s"), (11_240, "3 h 07 min")])
def test_times_are_told_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(812_300, "812 kB"), (3_400_000, "3.4 MB"), (1_240_000_000, "1.2 GB")])
def test_sizes_are_told_in_the_unit_that_fits(count: int, words: str) -> None:
    assert size(count) == words


@pytest.fixture
def database(database_url: str) -> Database:
    opened = open_database(database_url)
    opened.migrate()
    return opened


def test_the_report_is_computed_from_the_records(database: Database) -> None:
    with database, database.session() as session:
        panel = [Merchant(key=f"s{n}.example", name=f"S{n}", url=f"http://s{n}.example/") for n in range(5)]
        session.add_all(panel)
        run = Run(
            kind="crawl", due="n1", started_at=BEGAN, finished_at=BEGAN + timedelta(hours=1), state=RunState.CLOSED,
            parameters={"merchants": [*(one.id for one in panel), "0" * 32],
                        "keys": [*(one.key for one in panel), "gone.example"], "second_look": {}},
        )  # fmt: skip
        session.add(run)
        for number, (status, reason) in enumerate(
            [(VisitStatus.COMPLETE, None), (VisitStatus.UNREACHABLE, Reason.TIMEOUT), (VisitStatus.PARTIAL, None)]
        ):
            session.add(
                Visit(
                    url=panel[number].url, run_id=run.id, merchant_id=panel[number].id, status=status, status_reason=reason,
                    started_at=BEGAN, finished_at=BEGAN + timedelta(seconds=number), pages_read=10, bytes=100, cpu_seconds=0.5,
                )
            )  # fmt: skip
        session.add_all(
            Batch(
                run_id=run.id, number=number, merchants=[panel[number + 2].id, panel[4].id], state=state, starts=2, ended=ended,
                started_at=BEGAN, finished_at=BEGAN + timedelta(minutes=1), cpu_seconds=3.0, peak_bytes=100 * (number + 1),
                log="l",
            )
            for number, (state, ended) in enumerate([(RunState.CLOSED, "exited"), (RunState.FAILED, "memory")])
        )  # fmt: skip
        session.flush()
        report = report_of(session, run)
    assert (report.sites, report.closed, report.seconds) == (6, 3, 3600.0)
    assert report.visits == {"complete": 1, "partial": 1, "unreachable": 1}
    assert report.reasons == {"partial": {"budget": 1}, "unreachable": {"timeout": 1}}
    assert [(site.name, site.why, site.batch) for site in report.not_closed] == [
        ("S3", "memory", 1),
        ("S4", "memory", 1),
    ]
    assert report.gone == ["gone.example"]
    assert (report.cost.pages_read, report.cost.bytes, report.cost.cpu_seconds) == (30, 300, 6.0)
    assert (report.cost.largest_batch_bytes, report.cost.at_most_bytes) == (200, 300)
    assert [site.seconds for site in report.slowest] == [2.0, 1.0, 0.0]
    assert (report.begun_again, len(report.bad_batches)) == (2, 1)


def test_the_status_names_the_command_that_goes_on_with_a_night() -> None:
    at_work = NightNow("2026-11-22T02:30", "r", False, BEGAN, 400, 123, 20, 6, False, True, "host:1", BEGAN)
    left = NightNow("n0", "r", False, BEGAN, 400, 5, 20, 0, False, False, None, None)
    told = printed(
        status_lines(
            Status(
                400, [at_work, left], LastNight("n-1", "r", "closed", BEGAN, 400, 398, 2), 7, 3,
                [Due("night", BEGAN), Due(HOSTILE, None)],
            )
        )
    )  # fmt: skip
    for said in ("123 of 400 sites closed, 6 of 20 batches ended", "host:1 works on it", "barometer night run --due n0",
                 "398 of 400 sites closed, 2 could not be", "7 waiting to be made", "2026-11-22 01:30 UTC  night", "never again"):  # fmt: skip
        assert said in told, said
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 80
