"""``barometer panel`` as a user meets it."""

import json
from pathlib import Path

import pytest

from tests.barometer.command_line import run, run_process

GOOD = """name,url,category,phone
Élan,elan.test,Mode,01 99 00 12 34
Bastide,bastide.test,Mode,
Cèdre,cedre.test,Maison,
"""
MIXED = """name;url;category;phone\r
Élan;elan.test;Mode;199001234\r
Bad;javascript:1//;Mode;3,44E+08\r
Cèdre;cedre.test;;\r
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    return tmp_path


def listed() -> list[dict[str, object]]:
    return list(json.loads(run("panel", "list", "--json").out))


def test_a_clean_file_is_imported_and_counted() -> None:
    Path("panel.csv").write_text(GOOD, "utf-8")
    assert run("panel", "import", "panel.csv") == (0, "3 new, 0 changed, 0 unchanged\n", "")
    assert run("panel", "import", "panel.csv").out == "0 new, 0 changed, 3 unchanged\n"
    assert [row["name"] for row in listed()] == ["Cèdre", "Bastide", "Élan"]


def test_bad_rows_are_reported_with_file_and_line_and_the_good_ones_imported() -> None:
    Path("panel.csv").write_bytes(MIXED.encode("cp1252"))
    done = run("panel", "import", "panel.csv")
    assert done.code == 2
    assert done.out == "2 new, 0 changed, 0 unchanged, 1 bad row left out\n"
    assert [line.partition("'")[0] for line in done.err.splitlines()] == ["panel.csv:3: url: ", "panel.csv:3: phone: "]
    assert {row["phone"] for row in listed()} == {"+33199001234", None}


def test_strict_imports_nothing_when_a_row_is_bad() -> None:
    Path("panel.csv").write_text(MIXED, "utf-8")
    done = run("panel", "import", "panel.csv", "--strict")
    assert (done.code, done.out) == (2, "nothing imported: 1 bad row and --strict\n")
    assert listed() == []


def test_strict_imports_a_clean_file() -> None:
    Path("panel.csv").write_text(GOOD, "utf-8")
    assert run("panel", "import", "--strict", "panel.csv").code == 0
    assert len(listed()) == 3


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    Path("panel.csv").write_text(GOOD, "utf-8")
    run("panel", "import", "panel.csv")
    Path("panel.csv").write_text(GOOD.replace("Mode", "Beauté") + "Dune,dune.test,,\n", "utf-8")
    done = run("panel", "import", "panel.csv", "--dry-run")
    assert done.out == "would be: 1 new, 2 changed, 1 unchanged\n"
    assert "changed: elan.test: category" in done.err
    assert sorted(str(row["category"]) for row in listed()) == ["Maison", "Mode", "Mode"]


def test_an_import_names_the_changed_merchants_up_to_a_point() -> None:
    rows = [f"m{number}.test" for number in range(30)]
    Path("panel.csv").write_text("name,url\n" + "".join(f"A,{host}\n" for host in rows), "utf-8")
    run("panel", "import", "panel.csv")
    Path("panel.csv").write_text("name,url\n" + "".join(f"B,{host}\n" for host in rows), "utf-8")
    told = run("panel", "import", "panel.csv").err.splitlines()
    assert len(told) == 21
    assert told[-1] == "changed: and 10 more"


def test_a_heading_that_will_not_do_is_one_line_and_exit_code_2() -> None:
    Path("panel.csv").write_text("name,url,phne\nA,a.test,\n", "utf-8")
    done = run("panel", "import", "panel.csv")
    assert done.code == 2
    assert done.err.startswith("barometer: panel.csv:1: unknown column 'phne' (do you mean 'phone'?)")


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_2(name: str) -> None:
    done = run("panel", "import", name)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_the_default_country_of_the_settings_says_how_numbers_are_read() -> None:
    Path("barometer.toml").write_text('country = "BE"\n', "utf-8")
    Path("panel.csv").write_text("name,url,phone\nA,a.test,02 345 67 89\n", "utf-8")
    run("panel", "import", "panel.csv")
    assert (listed()[0]["phone"], listed()[0]["country"]) == ("+3223456789", "BE")


def test_the_list_marks_who_opted_out() -> None:
    Path("panel.csv").write_text(GOOD, "utf-8")
    run("panel", "import", "panel.csv")
    run("optout", "add", "www.elan.test", "--reason", "asked", "--by", "me")
    rows = {row["key"]: row["opt_out"] for row in listed()}
    assert rows["elan.test"] == {"kind": "domain", "value": "elan.test", "reason": "asked"}
    assert rows["cedre.test"] is None
    table = run("panel", "list", "--category", "mode")
    assert "domain elan.test" in table.out
    assert "2 merchants, 1 on the opt-out list" in table.err
    assert "Cèdre" not in table.out


def test_a_name_cannot_steer_the_terminal_nor_be_read_as_markup() -> None:
    Path("panel.csv").write_text("name,url\n[red]A[/red]\u202eB,a.test\n", "utf-8")
    run("panel", "import", "panel.csv")
    shown = run("panel", "list").out
    assert "[red]A[/red]" in shown
    assert "\u202e" not in shown


def test_an_empty_panel_is_said_to_be_empty() -> None:
    assert run("panel", "list") == (0, "", "the panel is empty\n")
    assert run("panel", "list", "--json").out == "[]\n"


def test_checking_a_file_tells_what_is_wrong_and_what_is_odd_and_imports_nothing() -> None:
    Path("panel.csv").write_text(MIXED, "utf-8")
    done = run("panel", "check", "panel.csv")
    assert done.code == 2
    assert done.out == "2 good rows, 1 bad row\n"
    assert "panel.csv:3: url: " in done.err
    assert "note: category 'Mode' has 1 of the 3 merchants" in done.err
    assert listed() == []


def test_checking_the_panel_tells_who_opted_out() -> None:
    Path("panel.csv").write_text(GOOD, "utf-8")
    run("panel", "import", "panel.csv")
    run("optout", "add", "01 99 00 12 34", "--reason", "asked", "--by", "me")
    done = run("panel", "check")
    assert (done.code, done.out) == (0, "3 merchants, 0 bad values\n")
    assert "note: 1 merchant on the opt-out list" in done.err


def test_an_export_imported_again_changes_nothing() -> None:
    Path("panel.csv").write_text(GOOD, "utf-8")
    run("panel", "import", "panel.csv")
    assert run("panel", "export", "out.csv").code == 0
    assert Path("out.csv").read_bytes().startswith(b"\xef\xbb\xbfname,url,")
    assert run("panel", "import", "out.csv") == (0, "0 new, 0 changed, 3 unchanged\n", "")


def test_an_export_replaces_no_file_unless_told_to() -> None:
    Path("panel.csv").write_text(GOOD, "utf-8")
    run("panel", "import", "panel.csv")
    refused = run("panel", "export", "panel.csv")
    assert refused.code == 2
    assert "panel.csv is there already; give another name, or --force" in refused.err
    assert Path("panel.csv").read_text("utf-8") == GOOD
    assert run("panel", "export", "panel.csv", "--force").code == 0
    assert Path("panel.csv").read_text("utf-8") != GOOD


def test_an_export_into_a_missing_folder_is_one_line_and_leaves_nothing() -> None:
    done = run("panel", "export", "nowhere/out.csv")
    assert done.code == 2
    assert "nowhere/out.csv cannot be written" in done.err


def test_the_help_names_every_column() -> None:
    from barometer.panel_columns import columns

    shown = run("panel", "import", "--help").out
    assert [name for name in columns() if f"{name}: " not in shown] == []


def test_as_a_process_export_writes_plain_csv_on_standard_output(in_an_empty_folder: Path) -> None:
    (in_an_empty_folder / "panel.csv").write_text(GOOD, "utf-8")
    imported = run_process("panel", "import", "panel.csv", cwd=in_an_empty_folder)
    assert (imported.code, imported.err) == (0, "")
    exported = run_process("panel", "export", "-", cwd=in_an_empty_folder)
    assert exported.out.splitlines()[2] == "Bastide,https://bastide.test/,Mode,FR,,,,,,,,no,"


def test_as_a_process_a_user_error_is_one_line_without_a_traceback(in_an_empty_folder: Path) -> None:
    (in_an_empty_folder / "barometer.toml").write_text('databse = "x"\n', "utf-8")
    done = run_process("panel", "list", cwd=in_an_empty_folder)
    assert done.code == 2
    assert done.err == (
        "barometer: barometer.toml: databse: unknown setting; do you mean database? See: barometer settings --example\n"
    )
