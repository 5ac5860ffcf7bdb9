"""``barometer replies classify``: one line a file by the contract, and a file that cannot be read costs only itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.barometer.command_line import Finished, run
from tests.probes.replies.letters import mail, report


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def classify(*words: str) -> tuple[Finished, list[dict[str, Any]]]:
    done = run("replies", "classify", *words, "--json")
    return done, [json.loads(line) for line in done.out.splitlines()]


def test_each_file_gives_one_line_with_the_keys_of_the_contract_in_order() -> None:
    Path("a.eml").write_bytes(mail("Bonjour,\n\nDeux poches.\n\nCordialement,\nMarie\n"))
    Path("b.eml").write_bytes(report("failed", "5.1.1"))
    done, lines = classify("a.eml", "b.eml")
    assert (done.code, done.err) == (0, "")
    assert [list(line) for line in lines] == [["file", "kind", "rule", "text"]] * 2
    assert [(line["file"], line["kind"]) for line in lines] == [("a.eml", "human"), ("b.eml", "bounce")]
    assert lines[0]["text"] == "Bonjour,\n\nDeux poches."
    assert all(line["rule"] for line in lines)


def test_a_file_that_cannot_be_read_is_a_line_and_the_others_are_read() -> None:
    Path("folder").mkdir()
    Path("a.eml").write_bytes(mail("Oui."))
    done, lines = classify("missing.eml", "folder", "a.eml")
    assert done.code == 2
    assert [set(line) for line in lines] == [{"file", "error"}, {"file", "error"}, {"file", "kind", "rule", "text"}]


def test_an_empty_file_is_an_empty_mail() -> None:
    Path("empty.eml").write_bytes(b"")
    done, lines = classify("empty.eml")
    assert (done.code, lines[0]["text"]) == (0, "")


def test_people_get_a_table_that_cannot_steer_their_terminal() -> None:
    Path("a.eml").write_bytes(mail("Deux \x1b[31mpoches\x1b]0;x\x07 [bold]dedans[/bold]"))
    done = run("replies", "classify", "a.eml")
    assert done.code == 0
    assert "human" in done.out and "default.human" in done.out and "[bold]" in done.out
    assert "\x1b[31m" not in done.out and "\x07" not in done.out


def test_a_missing_file_is_one_line_on_standard_error_for_people() -> None:
    done = run("replies", "classify", "missing.eml")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1 and "missing.eml" in done.err
