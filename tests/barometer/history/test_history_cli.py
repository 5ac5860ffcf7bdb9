"""``barometer history`` shows a merchant night by night: on the terminal, as JSON, as a drawing and as a page."""

import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine

from barometer.history.night import Depth
from barometer.reports.history_sparkline import sparkline
from storage.records import OptOut, OptOutKind
from storage.vocabulary import Channel, Reason, VisitStatus
from tests.barometer.command_line import Finished, run
from tests.barometer.history.samples import GONE, Books, exact, seen

NOW = "2026-11-22 12:00:00+00:00"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\ufffe$\\frac{1}{2}$&amp;[red]"


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.chdir(tmp_path)
    return Books(tmp_path)


def asked(*words: str | Path) -> Finished:
    with time_machine.travel(NOW, tick=True):
        return run("history", *words)


def plain(out: str) -> str:
    """Return what was printed on one line, its spaces plain."""
    return " ".join(out.replace("\u00a0", " ").split())


@pytest.fixture
def elan(books: Books) -> Books:
    """A phone that moved from 0 to 2 clicks and vanished, with two nights out of reach and one without a visit."""
    for number, depth in ((0, 0), (1, 0), (3, 2), (4, 2), (7, None), (8, None)):
        books.visit("Elan", number, *([] if depth is None else [seen(depth)]))
    for number in (5, 6):
        books.visit("Elan", number, status=VisitStatus.UNREACHABLE, status_reason=Reason.DNS)
    return books


def test_a_day_is_a_bar_a_cross_or_a_gap() -> None:
    first = date(2026, 11, 1)
    depths: list[Depth | None] = [exact(0), exact(1), None, GONE, exact(7), exact(19), Depth(1, 3)]
    told = {first + timedelta(days=number): one for number, one in enumerate(depths) if one is not None}
    assert sparkline(told, first, first + timedelta(days=6), 80) == "▁▂ ×██▄"
    assert sparkline(told, first, first + timedelta(days=6), 3) == "██▄"


def test_each_channel_is_a_line_with_what_was_measured_last_and_what_moved(elan: Books) -> None:
    done = asked("elan.test")
    assert done.code == 0
    assert "Phone  ▁▁ ▃▃  ××" in done.out and "not found" in done.out
    assert "Phone of Elan went from 0 to 2 clicks between 2026-11-02 and 2026-11-04" in plain(done.out)
    assert "The site of Elan stopped answering on 2026-11-06" in plain(done.out)
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_json_holds_every_night_and_a_gap_is_no_night(elan: Books) -> None:
    found: dict[str, Any] = json.loads(asked("Elan", "--json").out)
    assert found["schema"] == "barometer-history/1" and found["merchant"] == "elan.test"
    assert [night["day"][-2:] for night in found["nights"]] == ["01", "02", "04", "05", "06", "07", "08", "09"]
    assert found["nights"][4]["channels"] == {} and found["nights"][4]["site"] == "unreachable"
    assert found["nights"][2]["channels"]["phone"]["clicks"] == 2
    assert [one["kind"] for one in found["changes"]] == ["reachable", "vanished", "unreachable", "farther"]
    page = (Path(__file__).parents[3] / "docs" / "changes.md").read_text("utf-8")
    assert [key for key in found["nights"][2] if f"`{key}`" not in page] == []


def test_only_the_channels_and_days_asked_for_are_shown(elan: Books) -> None:
    elan.visit("Elan", 9, seen(1, "a@elan.test", Channel.EMAIL))
    found = json.loads(
        asked("Elan", "--json", "--channel", "email", "--since", "2026-11-05", "--until", "2026-11-10").out
    )
    assert [night["day"][-2:] for night in found["nights"]] == ["05", "06", "07", "08", "09", "10"]
    assert {name for night in found["nights"] for name in night["channels"]} == {"email"}


class _Page(HTMLParser):
    """Collect what a page would load or run, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.loads += [tag] if tag in ("script", "iframe", "object", "link") else []
        addresses = [told[name] or "" for name in ("src", "srcset") if name in told]
        self.loads += [one for one in addresses if not one.startswith("data:image/svg+xml;base64,")]
        self.loads += [name for name in told if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_loads_and_runs_nothing_and_a_name_is_text_on_it(books: Books, tmp_path: Path, language: str) -> None:
    books.merchant(HOSTILE, key="elan.test", url="javascript:alert(1)")
    for number, depth in enumerate((1, 1, 4, 4)):
        books.visit(HOSTILE, number, seen(depth, HOSTILE if depth == 4 else "+33199001122"))
    done = asked("elan.test", "--html", tmp_path / "h.html", "--svg", tmp_path / "h.svg", "--lang", language)
    assert done.code == 0
    html = (tmp_path / "h.html").read_text("utf-8")
    page = _Page()
    page.feed(html)
    assert page.loads == []
    assert "<script>alert(1)</script>" in page.text and "\x1b" not in html and "\u202e" not in html
    assert "default-src 'none'" in html and not re.search(r'href="javascript:', html)
    ElementTree.fromstring((tmp_path / "h.svg").read_text("utf-8"))


def test_the_drawing_has_steps_gaps_and_marks_and_is_the_same_twice(elan: Books, tmp_path: Path) -> None:
    files = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for file in files:
        assert asked("Elan", "--svg", file).code == 0
    text = files[0].read_text("utf-8")
    assert text == files[1].read_text("utf-8")
    assert text.count('id="exact"') == 2 and text.count('id="absent"') == 1 and text.count('id="change"') == 2


def test_a_merchant_without_nights_says_so_everywhere(books: Books, tmp_path: Path) -> None:
    books.merchant("Elan")
    done = asked("Elan", "--html", tmp_path / "h.html", "--svg", tmp_path / "h.svg")
    assert done.code == 0 and "No night of this merchant is stored." in done.out
    assert "No night of this merchant is stored." in (tmp_path / "h.html").read_text("utf-8")


def test_a_name_steers_no_terminal(books: Books) -> None:
    books.merchant(HOSTILE, key="elan.test", url="https://elan.test/")
    for number, depth in enumerate((1, 1, 4, 4)):
        books.visit(HOSTILE, number, seen(depth, HOSTILE))
    for words in ([], ["--json"]):
        out = asked("elan.test", *words).out
        assert "\x1b" not in out and "\u202e" not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["elam.test"], "the panel has no merchant 'elam.test'; is it elan.test?"),
        (["nobody"], "the panel has no merchant 'nobody'; see: barometer panel list"),
        (["Elan", "--since", "tomorrow"], "--since: 'tomorrow' is no day"),
        (["Elan", "--svg", "-", "--json"], "two formats want standard output"),
        (["Elan", "--html", "no/h.html"], "lies in a folder that is not there"),
    ],
)
def test_bad_input_is_one_line(elan: Books, words: list[str], said: str) -> None:
    done = asked(*words)
    assert done.code == 2 and done.out == ""
    assert said in done.err and len(done.err.strip().splitlines()) == 1


def test_a_merchant_that_asked_to_be_left_alone_has_no_history(elan: Books) -> None:
    with elan.opened() as database, database.session() as session:
        session.add(OptOut(kind=OptOutKind.DOMAIN, value="elan.test"))
    done = asked("Elan")
    assert done.code == 2 and "asked to be left alone" in done.err
