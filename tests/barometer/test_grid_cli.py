"""``barometer grid`` lists, shows, checks and compares grids."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from barometer import grids
from barometer.cli.grid import app
from barometer.errors import UserError
from barometer.grids import table
from tests.barometer.command_line import Finished
from tests.barometer.grid_files import changed, example, line_number


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(example(), "utf-8")
    yield tmp_path


def run(*words: str) -> Finished:
    """Run ``barometer grid`` with *words*, as ``tests.barometer.command_line`` runs the whole tool."""
    tool = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    tool.add_typer(app, name="grid")
    result = CliRunner(env={"COLUMNS": "100"}).invoke(tool, ["grid", *words])
    if isinstance(result.exception, UserError):
        return Finished(2, result.stdout, f"{result.stderr}barometer: {result.exception}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Finished(result.exit_code, result.stdout, result.stderr)


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json").out)


def test_every_built_in_grid_is_listed_with_its_hash() -> None:
    assert [one["name"] for one in told("list")] == list(grids.builtin())
    assert {one["sha256"] for one in told("list")} == {grids.load(name).sha256 for name in grids.builtin()}
    assert all(name in run("list").out for name in grids.builtin())


@pytest.mark.parametrize("name", [*grids.builtin(), "mine.toml"])
def test_a_grid_is_shown_with_every_criterion_its_weight_and_what_it_earns(name: str) -> None:
    done = run("show", name)
    read = grids.load(name)
    assert done.code == 0 and read.sha256 in done.out
    for one in read.criteria:
        assert one.key in done.out and one.title["en"].split()[0] in done.out
        assert not one.weight or table.percent(one.weight) in done.out
    assert "more than 12/20" in done.out


def test_a_grid_is_told_as_json_without_rounding_anything() -> None:
    shown = told("show", "escda")
    assert shown["schema"] == "barometer-grid-shown/1" and shown["award"]["above"] == "12"
    wait = shown["criteria"][0]
    assert (wait["key"], wait["weight"], wait["of_twenty"], wait["measure"]) == (
        "phone.wait",
        "1/30",
        "0.67",
        "waiting",
    )
    assert wait["bands"][-1] == {"up_to": None, "points": "0"}


def test_the_source_of_a_grid_can_be_copied_as_a_start() -> None:
    assert run("show", "escda", "--toml").out.encode() == grids.source("escda")
    assert run("show", "mine.toml", "--toml").out == example()


def test_toml_and_json_at_once_are_refused() -> None:
    assert run("show", "escda", "--toml", "--json").code == 2


def test_a_sound_file_is_found_sound() -> None:
    done = run("check", "mine.toml", *grids.builtin())
    assert done.code == 0 and "mine.toml: easy-to-reach, version 2026.1, 3 criteria: nothing wrong\n" in done.out
    assert not done.err


def test_all_problems_of_all_files_are_told_and_the_sound_ones_too() -> None:
    text = changed("nights = 5", "nights = 0").replace('"24 h"', '"24"')
    Path("bad.toml").write_text(text, "utf-8")
    first, second = (line_number(text, part) for part in ("nights = 0", '"24"'))
    done = run("check", "bad.toml", "none.toml", "mine.toml")
    assert done.code == 2 and "mine.toml" in done.out
    begins = [
        f"bad.toml:{first}: nights: ",
        f"bad.toml:{second}: criterion 'mail.answer' band 2 up_to: ",
        "bad.toml: 2 problems",
    ]
    begins.append("there is no grid 'none.toml'; built in are escda, open-to-dialog; or give the path of a file")
    for line, begin in zip(done.err.splitlines(), begins, strict=True):
        assert line.startswith(f"barometer: {begin}")
    found = told("check", "bad.toml", "none.toml", "mine.toml")
    assert [[problem["line"] for problem in one["problems"]] for one in found] == [[first, second], [None], []]


def test_a_changed_copy_under_the_name_of_a_built_in_grid_is_remarked_on() -> None:
    Path("copy.toml").write_bytes(grids.source("escda") + b"# mine\n")
    done = run("check", "copy.toml")
    assert done.code == 0 and "is built in with other content; give yours a name of its own" in done.err


def test_what_two_grids_decide_differently_is_told_in_words() -> None:
    Path("other.toml").write_text(changed("weight = 60", "weight = 70").replace("weight = 40", "weight = 30"), "utf-8")
    done = run("diff", "mine.toml", "other.toml")
    assert done.code == 0
    assert "family display: Finding the number / Trouver le numéro, 60 % of the whole -> " in done.out
    assert "criterion mail.answer: weight in the whole: 40 % -> 30 %\n" in done.out
    about = [one["about"] for one in told("diff", "mine.toml", "other.toml")]
    assert "criterion mail.answer: weight in the whole" in about


def test_grids_that_decide_the_same_are_said_to() -> None:
    assert "the files are the same" in run("diff", "escda", "escda").err
    Path("copy.toml").write_bytes(grids.source("escda") + b"# mine\n")
    assert "the files differ, and decide the same" in run("diff", "escda", "copy.toml").err
    assert told("diff", "escda", "copy.toml") == []


@pytest.mark.parametrize("words", [("show", "x.toml"), ("diff", "mine.toml", "x.toml"), ("check", "x.toml")])
def test_a_hostile_file_cannot_steer_the_terminal(words: tuple[str, ...]) -> None:
    Path("x.toml").write_text(
        changed('name = "easy-to-reach"', 'name = "\\u001b[31m\\u202e"\n"\\u001b]0;x" = 1'), "utf-8"
    )
    done = run(*words)
    assert done.code == 2
    if words[0] == "check":
        assert "\x1b" not in done.err and "\u202e" not in done.err


def test_the_page_of_the_tables_is_written_and_checked(folder: Path) -> None:
    tool = typer.Typer(pretty_exceptions_enable=False)
    tool.command()(table.main)
    page = folder / "page.md"
    page.write_text(f"before\n{table.BEGIN}\noutdated\n{table.END}\nafter\n", "utf-8")
    assert CliRunner().invoke(tool, ["--check", str(page)]).exit_code == 1
    assert CliRunner().invoke(tool, ["--write", str(page)]).exit_code == 0
    assert CliRunner().invoke(tool, ["--check", str(page)]).exit_code == 0
    text = page.read_text("utf-8")
    assert text.startswith("before\n") and text.endswith(f"{table.END}\nafter\n") and "outdated" not in text
    assert all(f"### `{name}`" in text for name in grids.builtin())
