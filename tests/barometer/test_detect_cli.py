"""``barometer detect`` on saved pages: one line a file, and a file that cannot be read costs only itself."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.barometer.command_line import Finished, run
from tests.contracts import complaints

PAGE = (
    '<html lang=fr><h1>Contact</h1><p>Tél. 01 99 00 12 34, fax 01 99 00 56 78</p><a href="mailto:a@shop.example">Écrire</a>'
    '<a href="contact">Contact</a></html>'
)
ADDRESS = "http://www.shop.example/fr/x"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def detect(*words: str) -> tuple[Finished, list[dict[str, Any]]]:
    done = run("detect", *words, "--json", "--base-url", ADDRESS)
    return done, [json.loads(line) for line in done.out.splitlines()]


def test_each_file_gives_one_valid_line_in_order() -> None:
    Path("a.html").write_text(PAGE, "utf-8")
    Path("b.html").write_text("<p>rien</p>", "utf-8")
    done, lines = detect("a.html", "b.html")
    assert (done.code, done.err) == (0, "")
    assert [line["file"] for line in lines] == ["a.html", "b.html"]
    assert [complaints("detect", line) for line in lines] == [[], []]
    assert [phone["value"] for phone in lines[0]["phones"]] == ["+33199001234"]
    assert lines[0]["links"]["contact"] == ["http://www.shop.example/fr/contact"]
    assert lines[0]["set_aside"] == [{"channel": "phone", "value": "+33199005678", "why": "fax"}]


def test_a_compressed_page_is_unpacked() -> None:
    Path("a.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    assert [email["value"] for email in detect("a.html.gz")[1][0]["emails"]] == ["a@shop.example"]


def test_the_country_decides_what_a_number_without_prefix_means() -> None:
    Path("a.html").write_text("<p>Tel. 030 23125 101</p>", "utf-8")
    german = json.loads(run("detect", "a.html", "--json", "--country", "DE").out)
    assert [phone["value"] for phone in german["phones"]] == ["+493023125101"]


DAMAGED = {
    "missing.html": None,
    "cut.gz": gzip.compress(PAGE.encode() * 50)[:60],
    "no.gz": b"no gzip at all",
    "broken.gz": gzip.compress(b"a" * 5000)[:12] + b"\xff" * 40,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_cannot_be_read_is_a_line_and_the_others_are_read(name: str) -> None:
    content = DAMAGED[name]
    if content is not None:
        Path(name).write_bytes(content)
    Path("good.html").write_text(PAGE, "utf-8")
    done, lines = detect(name, "good.html")
    assert done.code == 2
    assert set(lines[0]) == {"file", "error"} and complaints("detect", lines[0]) == []
    assert len(lines[1]["phones"]) == 1


def test_a_folder_is_no_page() -> None:
    Path("folder").mkdir()
    done, lines = detect("folder")
    assert done.code == 2 and "directory" in lines[0]["error"]


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barometer.cli.detect.MAX_PAGE_BYTES", 1_000_000)
    Path("bomb.gz").write_bytes(gzip.compress(b" " * 1_000_001))
    done, lines = detect("bomb.gz")
    assert done.code == 2 and "larger than 1 MB" in lines[0]["error"]


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\xff\xfe\xfd", b"%PDF-1.7 \x01\x02", b"<a href='tel:"])
def test_what_is_no_page_is_an_empty_line(content: bytes) -> None:
    Path("a.html").write_bytes(content)
    done, (line,) = detect("a.html")
    assert done.code == 0 and complaints("detect", line) == []
    assert line["phones"] == line["emails"] == line["forms"] == []


@pytest.mark.parametrize("base", ["javascript:x", "not a url", "http://[bad/", "file:///etc/passwd"])
def test_a_base_address_that_is_none_is_refused(base: str) -> None:
    Path("a.html").write_text(PAGE, "utf-8")
    done = run("detect", "a.html", "--json", "--base-url", base)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_for_people_nothing_that_a_page_holds_steers_the_terminal() -> None:
    Path("a.html").write_text(
        "<p>\x1b[31m Tél. 01 99 00 12 34</p><a href='mailto:a@shop.example'>\x1b]0;x\x07[/red]</a>", "utf-8"
    )
    done = run("detect", "a.html")
    assert done.code == 0 and "+33199001234" in done.out
    assert not {*done.out} & {*"\x1b\x07"}


def test_without_json_a_file_that_cannot_be_read_is_one_line_on_standard_error() -> None:
    done = run("detect", "missing.html")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1 and done.err.startswith("barometer: missing.html: ")


def test_a_file_name_that_is_no_text_still_gives_a_valid_line() -> None:
    try:
        Path("a\udcff.html").write_text(PAGE, "utf-8")
    except (OSError, UnicodeError):
        pytest.xfail("this file system takes no such names")
    done, lines = detect("a\udcff.html")
    assert done.code == 0 and lines[0]["file"] == "a\udcff.html"
