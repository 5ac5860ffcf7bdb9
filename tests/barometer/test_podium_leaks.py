"""Nobody who is not on a podium or under the label leaves through a public export, in whatever shape."""

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from barometer.edition import grid_of, named, public_result, rankings, scores_of
from barometer.podium import PublicResult
from barometer.ranking import Ranking, rank
from barometer.reports.podium_export import Format, artefacts
from barometer.reports.podium_files import Artefact
from barometer.reports.podium_view import facts_of, spoken
from barometer.reports.podium_words import podium_words
from barometer.reports.wording import Language
from barometer.scoring import Score
from spiders.browser.executable import find_browser
from storage.database import open_database
from tests.barometer.edition_folder import OPENING, fill
from tests.barometer.edition_market import market as market_records
from tests.barometer.editions import a_grid, a_public_result, a_score
from tests.barometer.public_files import drawn, found_in, holders, layers, read_by_eye, words_of

GRID = a_grid()
BOTH = list(Language)
QUICK = [Format.HTML, Format.CSV, Format.JSON, Format.PPTX]
ADORNED = (
    "{} & <b>fils</b>",
    "=CMD|{}",
    "\u202e{}\u202c",
    "😀 {}",
    "../../{}",
    "{}" + " très long" * 30,
    "{} Éléphant",
    '{}";\n',
)


class Market(NamedTuple):
    """Categories of scores, and who may not be named."""

    rankings: tuple[Ranking, ...]

    @property
    def result(self) -> PublicResult:
        """What exporters are given."""
        return a_public_result(self.rankings)

    @property
    def everybody(self) -> list[Score]:
        """Every score there is."""
        return [one for ranking in self.rankings for one in (*(p.score for p in ranking.placed), *ranking.unplaced)]

    @property
    def laureates(self) -> set[str]:
        """The ids of the laureates."""
        return {one.merchant.id for podium in self.result.podiums for one in podium.laureates}

    @property
    def hidden(self) -> list[Score]:
        """Those who are neither laureates nor hold the label."""
        label = self.result.label
        named = self.laureates | {one.id for one in (label.merchants if label else ())}
        return [one for one in self.everybody if one.merchant.id not in named]


@st.composite
def markets(draw: st.DrawFn) -> Market:
    rankings = []
    number = 0
    for category in range(draw(st.integers(1, 3))):
        scores = []
        for _ in range(draw(st.integers(0, 7))):
            number += 1
            mark = draw(st.one_of(st.none(), st.integers(0, 200), st.sampled_from([151, 163])))
            label = draw(st.booleans()) if mark is not None else False
            name = draw(st.sampled_from(ADORNED)).format(f"Qzxwv{number:02}Kjh")
            scores.append(sentinel(name, mark, f"Rayon {category}", label, number))
        rankings.append(rank(f"Rayon {category}", scores, GRID))
    return Market(tuple(rankings))


def sentinel(name: str, tenths: int | None, category: str, labelled: bool, number: int) -> Score:
    """Return a score whose every trace of its merchant occurs nowhere else."""
    made = a_score(name, None if tenths is None else Decimal(tenths) / 10, category, grid=GRID, labelled=labelled)
    merchant = made.merchant._replace(
        key=f"clef-wqz{number:02}pfk", url=f"https://www.vkw{number:02}zjq.example/", logo=f"logo-hxq{number:02}wzv.png"
    )
    marks = tuple(mark._replace(evidence=(f"visit:trace-xkq{number:02}jzw",)) for mark in made.marks)
    return made._replace(merchant=merchant, marks=marks)


def secrets(score: Score) -> list[str]:
    """Return what must not be found of a merchant that may not be named."""
    number = re.search(r"Qzxwv(\d\d)Kjh", score.merchant.name)
    assert number
    merchant = score.merchant
    return [
        number.group(),
        merchant.name,
        merchant.id,
        merchant.key,
        f"vkw{number[1]}zjq",
        merchant.logo or "",
        f"trace-xkq{number[1]}jzw",
    ]


def check(market: Market, made: Sequence[Artefact]) -> None:
    everything = list(layers(made))
    assert found_in([secret for one in market.hidden for secret in secrets(one)], everything) == []
    assert found_in([one.marks[0].evidence[0] for one in market.everybody], everything) == []
    check_scores(market, made)


def check_scores(market: Market, made: Sequence[Artefact]) -> None:
    """No score can be read but those of laureates, not even that of a holder of the label who is none."""
    laureates = [one for podium in market.result.podiums for one in podium.laureates]
    read, public = words_of(made), {one.score for one in laureates}
    for fact in {
        fact for one in laureates for language in BOTH for fact in facts_of(one, GRID, podium_words(language))
    }:
        read = read.replace(fact, "")
    for one in market.everybody:
        if one.score is None or one.score in public:
            continue
        figures = f"{one.score:.1f}".replace(".", "[.,]")
        assert not re.search(rf"(?<![\d.,]){figures}(?!\d)", read), f"the score {one.score} can be read"


@settings(max_examples=5, deadline=None)
@given(markets())
def test_pages_tables_and_decks_name_nobody_else(market: Market) -> None:
    check(market, artefacts(market.result, GRID, QUICK, BOTH))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(markets())
def test_pages_tables_and_decks_name_nobody_else_over_and_over(market: Market) -> None:
    check(market, artefacts(market.result, GRID, QUICK, BOTH))


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=3, deadline=None)
@given(markets())
def test_what_is_printed_names_nobody_else(market: Market) -> None:
    needs_browser()
    check(market, artefacts(market.result, GRID, list(Format), BOTH))


def without(market: Market, score: Score) -> Market:
    kept = [
        rank(
            ranking.category,
            [one for one in (*(p.score for p in ranking.placed), *ranking.unplaced) if one is not score],
            GRID,
        )
        for ranking in market.rankings
    ]
    return Market(tuple(kept))


def named_in(market: Market) -> list[object]:
    return [[(one.place, one.merchant.id) for one in podium.laureates] for podium in market.result.podiums]


@pytest.mark.slow
def test_an_edition_that_a_database_holds_names_nobody_else(database_url: str, tmp_path: Path) -> None:
    needs_browser()
    names = tuple(f"Qzxwv{number:02}Kjh" for number in range(6))
    with open_database(database_url) as database:
        folder = fill(database, tmp_path, market_records(names, ("Rayon",)))
        folder.publish()
        with database.reading() as session:
            edition = named(session, OPENING.name)
            result = public_result(session, folder.store, edition)
            ranked, grid = rankings(session, folder.store, edition), grid_of(session, folder.store, edition)
    shown = {one.merchant.name for podium in result.podiums for one in podium.laureates}
    unseen = [one for ranking in ranked for one in scores_of(ranking) if one.merchant.name not in shown]
    assert shown and unseen and not result.label.merchants  # type: ignore[union-attr]
    everything = list(layers(artefacts(result, grid, list(Format), BOTH)))
    traces = [
        trace
        for one in unseen
        for trace in (one.merchant.name.partition(" ")[0], one.merchant.id, one.merchant.key, *one.marks[0].evidence)
    ]
    assert found_in(traces, everything) == []
    assert found_in([next(iter(shown)).partition(" ")[0]], everything)


@settings(max_examples=5, deadline=None)
@given(markets(), st.randoms(use_true_random=False))
def test_who_is_not_named_leaves_no_trace_by_going(market: Market, chance: object) -> None:
    hidden = market.hidden
    assume(hidden)
    fewer = without(market, chance.choice(hidden))  # type: ignore[attr-defined]
    assume(named_in(fewer) == named_in(market))
    assert artefacts(fewer.result, GRID, QUICK, BOTH) == artefacts(market.result, GRID, QUICK, BOTH)


def test_the_search_finds_what_is_there_however_it_is_written() -> None:
    """The checks above can fail: a laureate is found in every artefact by the same search."""
    market = Market(
        (rank("Rayon", [sentinel(f"Qzxwv{n:02}Kjh & fils", 190 - n, "Rayon", n == 1, n) for n in range(1, 6)], GRID),)
    )
    made = artefacts(market.result, GRID, QUICK, BOTH)
    found = holders("Qzxwv01Kjh", made)
    assert {name.partition("/")[0] for name in found} >= {one.name for one in made}
    assert any("notesSlide" in name for name in found)
    assert holders("vkw01zjq", made)
    for coded in (b"UXp4d3YwMUtqaA==", "Qzxwv01Kjh".encode("utf-16-le"), b"qzxwv01kjh"):
        assert holders("Qzxwv01Kjh", [Artefact("x", b"..." + coded + b"...")])
    with pytest.raises(AssertionError):
        check_scores(market, [Artefact("podium.json", b'"18.6"')])


def test_names_with_marks_are_found_in_the_layers() -> None:
    assert [layer.where for layer in layers([Artefact("a/b.svg", b"x")])] == ["name of a/b.svg", "a/b.svg"]
    assert spoken("\u202eabc\u202c\x00") == "abc"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nobody_else_can_be_read_in_the_pictures(tmp_path: Path) -> None:
    needs_browser()
    shown, unseen = ("TOURNESOL", "MARGUERITE", "CAPUCINE"), ("ZANZIBAR", "KILIMANDJARO", "VLADIVOSTOK")
    scores = [
        a_score(name, str(18 - n), "Jardin", grid=GRID, labelled=n == 0) for n, name in enumerate((*shown, *unseen))
    ]
    result = a_public_result([rank("Jardin", scores, GRID)])
    read = ""
    for artefact in artefacts(result, GRID, [Format.PDF, Format.PPTX, Format.BADGES], [Language.FRENCH]):
        if artefact.name.endswith(".svg"):
            continue
        pictures = drawn(artefact, tmp_path)
        assert pictures
        here = "\n".join(map(read_by_eye, pictures)).upper()
        assert any(name in here for name in shown), f"nothing could be read in {artefact.name}"
        read += here
    assert [name for name in shown if name not in read] == []
    assert [name for name in unseen if name in read] == []


def needs_browser() -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
