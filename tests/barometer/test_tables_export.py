"""The folder of an export: whole or not at all, confidential, nobody else's, without those who asked to be left alone."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from barometer.cli import export as command
from barometer.cli import root
from barometer.errors import UserError
from barometer.tables.exporting import MANIFEST_FILE, README_FILE, About, Format, export
from barometer.tables.left_alone import left_alone
from barometer.tables.records import record_sources
from barometer.tables.table import Column, Kind, Row, Source, Table
from benchmarks.bulk import Rows, moment
from storage.database import open_database
from storage.records import (
    Attempt,
    Campaign,
    Merchant,
    OptOut,
    OptOutKind,
    Rating,
    Record,
    Reply,
    Review,
    Sighting,
    TargetCheck,
    Verdict,
    Visit,
    utc_now,
)
from storage.vocabulary import Channel, ReplyKind
from tests.barometer.tables_samples import filled, settings_file

ROOT = Path(__file__).resolve().parents[2]
ABOUT = About(utc_now())


def source(*batches: Sequence[Row], broken: bool = False) -> Source:
    table = Table("shop", "Shops.", (Column("id", Kind.TEXT, "key"),))

    def told() -> Iterator[tuple[str, Sequence[Row]]]:
        for batch in batches:
            yield "shop", batch
        if broken:
            raise OSError(28, "No space left on device")

    return Source((table,), told, lambda: sum(map(len, batches)))


def barometer(*words: str | Path) -> tuple[int, str, str]:
    """Run the command alone; return its exit code and what it printed on both outputs."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(root.root)
    app.command("export")(command.export)
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, UserError):
        return 2, result.stdout, f"{result.stderr}{result.exception}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with filled(url):
        return settings_file(tmp_path, url)


def test_the_manifest_names_every_file_with_its_sum(tmp_path: Path) -> None:
    out = tmp_path / "out"
    written = export([source([("a",), ("b",)], [], [("c",)])], list(Format), out, ABOUT)
    manifest = json.loads((out / MANIFEST_FILE).read_text("utf-8"))
    assert {entry.name for entry in out.iterdir()} == {MANIFEST_FILE, *manifest["files"]}
    for name, told in manifest["files"].items():
        content = (out / name).read_bytes()
        assert told == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (table,) = manifest["tables"]
    assert (table["rows"], table["files"]) == (3, ["shop.csv", "shop.jsonl", "shop.parquet", "shop.xlsx"])
    assert [one.rows for one in written] == [3]
    assert "CONFIDENTIAL" in (out / README_FILE).read_text("utf-8").splitlines()[0]


def test_only_its_owner_may_read_an_export(tmp_path: Path) -> None:
    export([source([("a",)])], [Format.CSV], tmp_path / "out", ABOUT)
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_an_export_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No space left on device; make room"):
        export([source([("a",)], broken=True)], list(Format), tmp_path / "out", ABOUT)
    assert list(tmp_path.iterdir()) == []


def test_an_older_export_outlives_a_new_one_that_breaks_off(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export([source([("old",)])], [Format.CSV], out, ABOUT)
    with pytest.raises(UserError):
        export([source([("new",)], broken=True)], [Format.CSV], out, ABOUT, force=True)
    assert (out / "shop.csv").read_text("utf-8-sig") == "id\nold\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_an_older_export_is_replaced_with_force_only(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export([source([("old",)])], [Format.CSV, Format.JSON], out, ABOUT)
    with pytest.raises(UserError, match=r"holds an export already; .*--force"):
        export([source([("new",)])], [Format.CSV], out, ABOUT)
    export([source([("new",)])], [Format.CSV], out, ABOUT, force=True)
    assert {entry.name for entry in out.iterdir()} == {"shop.csv", README_FILE, MANIFEST_FILE}
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("kept", ["thesis.docx", MANIFEST_FILE, "shop.csv"])
def test_what_somebody_else_put_there_is_never_replaced(tmp_path: Path, kept: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / kept).write_text('{"schema": "other/1", "files": {"tables.json": {}}}', "utf-8")
    with pytest.raises(UserError, match="holds other files, such as"):
        export([source([("a",)])], [Format.CSV], out, ABOUT, force=True)
    assert [entry.name for entry in out.iterdir()] == [kept]


def test_a_file_added_to_an_export_keeps_it_from_being_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export([source([("a",)])], [Format.CSV], out, ABOUT)
    (out / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(UserError, match=r"such as notes\.txt"):
        export([source([("b",)])], [Format.CSV], out, ABOUT, force=True)


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export([source()], [Format.CSV], tmp_path / "out", ABOUT)
    assert (tmp_path / "out" / "shop.csv").read_bytes() == b"\xef\xbb\xbfid\r\n"


@pytest.mark.parametrize("place", ["file", "file/below", "link"])
def test_a_place_that_is_no_folder_is_refused_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UserError, match=r"--out .*; give a"):
        export([source([("a",)])], [Format.CSV], tmp_path / place, ABOUT, force=True)
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    assert list((tmp_path / "real").iterdir()) == []


def test_whoever_opted_out_is_in_no_table(database_url: str, tmp_path: Path) -> None:
    with filled(database_url) as database:
        with database.session() as session:
            asked = Merchant(key="asked.example", name="Asked", url="https://shop.asked.example/", category="food")
            campaign = Campaign(name="autumn", starts_at=utc_now(), ends_at=utc_now())
            visit = Visit(merchant_id=asked.id, url=asked.url)
            audit = Visit(url="https://asked.example/contact")
            sighting = Sighting(
                visit_id=visit.id, page_url=asked.url, depth=0, channel=Channel.PHONE, value="+33144000000"
            )
            attempt = Attempt(
                campaign_id=campaign.id, merchant_id=asked.id, channel=Channel.EMAIL, scenario="s", language="fr",
                body="b", token="t9", planned_for=utc_now(), window_seconds=60,
            )  # fmt: skip
            reply = Reply(
                attempt_id=attempt.id,
                kind=ReplyKind.HUMAN,
                rule="r",
                received_at=utc_now(),
                source="m",
                evidence="e" * 64,
            )
            about = [f"{asked.id}/phone", sighting.id, reply.id, f"{asked.id}/phone#abc"]
            reviews = [
                Review(subject="depth", subject_id=one, verdict=Verdict.UPHELD, why="Asked", reviewer="Camille Durand")
                for one in about
            ]
            check = TargetCheck(channel=Channel.EMAIL, target="info@asked.example", good=True)
            session.add_all([asked, campaign, visit, audit, sighting, attempt, reply, check, *reviews])
            session.add(OptOut(kind=OptOutKind.DOMAIN, value="asked.example"))
        with database.reading() as session:
            gone = left_alone(session)
            written = export(record_sources(session, gone), [Format.JSON], tmp_path / "out", ABOUT)
    held = {
        file.name for file in (tmp_path / "out").glob("*.jsonl") if "asked.example" in file.read_text("utf-8").lower()
    }
    assert held == {"opt_out.jsonl"}
    assert "Asked" not in (tmp_path / "out" / "review.jsonl").read_text("utf-8")
    rows = {one.table.name: one.rows for one in written}
    assert {name: rows[name] for name in ("visit", "sighting", "attempt", "reply", "review", "target_check")} == {
        "visit": 1, "sighting": 1, "attempt": 1, "reply": 1, "review": 1, "target_check": 1,
    }  # fmt: skip
    assert {name: len(keys) for name, keys in gone.items()} == {
        "merchant": 1, "visit": 2, "attempt": 1, "target_check": 1, "review": 4,
    }  # fmt: skip


def test_the_command_writes_all_tables_and_says_that_they_are_confidential(settings: Path, tmp_path: Path) -> None:
    code, out, err = barometer(
        "--settings", settings, "export", "--out", tmp_path / "out", "--format", "json, CSV,json"
    )
    assert (code, out) == (0, f"{tmp_path / 'out'}\n")
    assert err.startswith("confidential: ")
    names = {file.stem for file in (tmp_path / "out").glob("*.csv")}
    assert names == {file.stem for file in (tmp_path / "out").glob("*.jsonl")} == set(Record.metadata.tables)


def test_no_token_and_no_reply_address_is_in_any_file(settings: Path, tmp_path: Path) -> None:
    barometer("--settings", settings, "export", "--out", tmp_path / "out", "--format", "json,csv")
    for file in (tmp_path / "out").iterdir():
        assert "a1@replies.example" not in file.read_text("utf-8"), file.name


def test_the_list_tells_rows_and_writes_nothing(settings: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    code, out, _ = barometer("--settings", settings, "export", "--list", "--table", "merchant", "--table", "visit")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines() if line[:1].isalpha()][1:] == [
        ["merchant", "26"],
        ["visit", "1"],
    ]
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--out is missing; give a folder"),
        (["--out", "o", "--format", "csv,doc"], "--format: 'doc' is no format; give some of csv, json, parquet, xlsx"),
        (["--out", "o", "--format", " , "], "--format names nothing"),
        (["--out", "o", "--table", "atempt"], "there is no table 'atempt'; do you mean 'attempt'?"),
        (["--out", "o", "--table", "\x1b[2Jzz"], "there is no table '\ufffd[2Jzz'; see: barometer export --list"),
        (["--out", "o", "--table", "result_mark"], "--table result_mark: is made from an edition; add --edition NAME"),
        (["--out", "o", "--edition", "none"], "there is no edition 'none'"),
        (["--out", "o", "--revision", "2"], "--revision: of which edition?; add --edition NAME"),
        (["--out", "o", "--edition", "2026", "--revision", "7"], "has no revision 7"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = barometer("--settings", settings, "export", *words)
    assert (code, out) == (2, "")
    assert said in err.splitlines()[-1]
    assert not (tmp_path / "o").exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_memory_does_not_grow_with_the_rows(database_url: str, tmp_path: Path) -> None:
    """Eight times the rows cost hardly more: neither database hands them over all at once."""
    with filled(database_url):
        pass
    peaks = {}
    for count in (15_000, 120_000):
        with open_database(database_url) as database, database.session() as session:
            connection = session.connection()
            connection.execute(text("DELETE FROM rating"))
            attempt = session.scalar(Attempt.__table__.select().with_only_columns(Attempt.id))
            rows = Rows(
                connection, Rating, "id", attempt_id=attempt, criterion="x", rater="C", value="1.5", given_at=moment(0)
            )
            for number in range(count):
                rows.add(f"{number:032x}")
            rows.write()
        for format_ in ("csv,json", "parquet"):
            peaks[count, format_] = _peak(tmp_path, database_url, format_)
    for format_ in ("csv,json", "parquet"):
        assert peaks[120_000, format_] < peaks[15_000, format_] + 40, peaks


def _peak(folder: Path, url: str, formats: str) -> float:
    """Return the peak of an export of the ratings in MB."""
    program = (
        "import resource, sys, typer\n"
        "from barometer.cli import export, root\n"
        "app = typer.Typer()\n"
        "app.callback()(root.root)\n"
        "app.command('export')(export.export)\n"
        "app(standalone_mode=False)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    words: list[Any] = ["--settings", settings_file(folder, url), "export", "--table", "rating", "--format", formats]
    done = subprocess.run(
        [sys.executable, "-c", program, *words, "--out", folder / "out", "--force"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout.splitlines()[-1])
