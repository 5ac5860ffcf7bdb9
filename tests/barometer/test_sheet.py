"""The sheet of a category: canonical bytes, and the ranking that comes back from them."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barometer.editions.sheet import Head, read_doubts, read_head, read_sheet, sheet_bytes
from barometer.errors import UserError
from barometer.marks.doubts import doubts_of
from barometer.observations import Finding, MerchantFact, Nothing, Seen, Unknown
from barometer.ranking import Placed, Ranking, rank
from barometer.scoring import CriterionMark, Score, score
from tests.barometer import editions

HEAD = Head("2027", 1, "open-to-dialog", "1", "a" * 64, "0.1.0", "2027/1/shoes", "b" * 64)


def a_sheet() -> Ranking:
    grid = editions.a_grid()
    names = ("Lumen", "=HYPERLINK(1)", "\u202eنجمة <b>", "Osier" * 60, "../../etc")
    seen = [editions.an_observed(name, quality=4 - number) for number, name in enumerate(names)]
    ranking = rank("Décoration", [score(one, grid) for one in seen], grid)
    interval = (Decimal("11.0"), Decimal("13.5"))
    placed = tuple(
        one._replace(stability=Decimal("0.981"), score=one.score._replace(interval=interval)) for one in ranking.placed
    )
    return ranking._replace(placed=placed)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=4)
findings: st.SearchStrategy[Finding] = st.one_of(
    st.builds(Seen, st.one_of(decimals, texts)), st.just(Nothing()), st.builds(Unknown, texts)
)
marks = st.builds(
    CriterionMark,
    criterion=texts,
    points=st.none() | st.fractions(),
    maximum=decimals,
    weight=st.fractions(),
    units=st.integers(0, 300),
    tally=st.dictionaries(texts, st.integers(0, 300), max_size=3),
    left_out=st.dictionaries(texts, st.integers(0, 300), max_size=3),
    rule=texts,
    evidence=st.lists(st.sampled_from([f"attempt:{n}" for n in range(6)]), max_size=8).map(tuple),
    found=st.none() | findings,
    spread=st.none() | st.tuples(findings, findings),
    reason=st.none() | texts,
    open=st.integers(0, 9),
)
scores = st.builds(
    Score,
    merchant=st.builds(MerchantFact, *[texts] * 6, entered=st.booleans(), logo=st.none() | texts),
    score=st.none() | decimals,
    coverage=st.fractions(),
    marks=st.lists(marks, max_size=3).map(tuple),
    ineligible=st.lists(texts, max_size=2).map(tuple),
    labelled=st.sampled_from([None, True, False]),
    unmet=st.lists(texts, max_size=2).map(tuple),
    interval=st.none() | st.tuples(decimals, decimals),
)
with_score = st.builds(lambda one, number: one._replace(score=number), scores, decimals)
rankings = st.builds(
    Ranking,
    texts,
    st.lists(st.builds(Placed, st.integers(1, 9), with_score, st.booleans(), st.none() | decimals), max_size=2).map(
        tuple
    ),
    st.lists(scores, max_size=2).map(tuple),
    st.none() | texts,
)


@settings(max_examples=40)
@given(rankings)
def test_any_ranking_comes_back_equal_and_gives_the_same_bytes_again(ranking: Ranking) -> None:
    content = sheet_bytes(HEAD, ranking)
    again = read_sheet(content)
    assert again == ranking
    assert sheet_bytes(read_head(content), again) == content


def test_a_scored_category_comes_back_equal() -> None:
    ranking = a_sheet()
    assert len(ranking.placed) >= 3
    content = sheet_bytes(HEAD, ranking)
    assert read_sheet(content) == ranking
    assert read_head(content) == HEAD


def test_kinds_of_findings_are_told_apart_though_their_tuples_are_equal() -> None:
    mark = editions.a_mark()._replace(found=Unknown("free"), spread=(Seen("free"), Nothing()))
    given_score = editions.a_score()._replace(marks=(mark,))
    (back,) = read_sheet(sheet_bytes(HEAD, Ranking("c", (), (given_score,)))).unplaced
    assert isinstance(back.marks[0].found, Unknown)
    assert back.marks[0].spread is not None
    assert [type(one) for one in back.marks[0].spread] == [Seen, Nothing]


def test_the_bytes_are_canonical_and_hold_no_float() -> None:
    def no_float(text: str) -> None:
        raise AssertionError(f"{text} is a float")

    content = sheet_bytes(HEAD, a_sheet())
    parsed = json.loads(content, parse_float=no_float)
    assert content == json.dumps(parsed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_what_is_doubtful_comes_back_equal_and_leaves_the_ranking_alone() -> None:
    grid = editions.a_grid()
    seen = [
        editions.an_observed(name, quality=3 - number, nights_seen=1) for number, name in enumerate(("A", "B", "C"))
    ]
    ranking = rank("Décoration", [score(one, grid) for one in seen], grid)
    doubts = doubts_of(ranking, {one.merchant.id: one for one in seen}, grid)
    content = sheet_bytes(HEAD, ranking, doubts)
    assert doubts
    assert read_doubts(content) == tuple(doubts)
    assert read_sheet(content) == ranking
    assert [type(one.kind) for one in read_doubts(content)] == [type(one.kind) for one in doubts]


def test_points_stay_exact() -> None:
    mark = editions.a_mark()._replace(points=Fraction(2, 3), weight=Fraction(7, 45))
    ranking = Ranking("c", (), (editions.a_score()._replace(marks=(mark,)),))
    assert read_sheet(sheet_bytes(HEAD, ranking)).unplaced[0].marks[0][1:4:2] == (Fraction(2, 3), Fraction(7, 45))


def test_the_evidence_of_a_full_plan_is_written_once_a_merchant() -> None:
    attempts = [reference for number in range(225) for reference in (f"attempt:{number:032}", f"reply:{number:032}")]
    mark = editions.a_mark()._replace(evidence=tuple(attempts))
    ranking = Ranking("c", (), (editions.a_score()._replace(marks=(mark,) * 25),))
    once = sum(len(reference) + 3 for reference in attempts)
    assert len(sheet_bytes(HEAD, ranking)) < once + 25 * 700


def test_another_head_gives_other_bytes() -> None:
    ranking = a_sheet()
    assert sheet_bytes(HEAD, ranking) != sheet_bytes(HEAD._replace(inputs_sha256="c" * 64), ranking)


def broken(change: Any) -> bytes:
    sheet = json.loads(sheet_bytes(HEAD, a_sheet()))
    change(sheet)
    return json.dumps(sheet).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        broken(lambda sheet: sheet.update(schema="barometer-sheet/2")),
        broken(lambda sheet: sheet.pop("placed")),
        broken(lambda sheet: sheet["placed"][0]["score"].update(score=12.5)),
        broken(lambda sheet: sheet["placed"][0]["score"].update(coverage="1/0")),
        broken(lambda sheet: sheet["placed"][0]["score"].update(score="9" * 5000)),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(points="1e999999999")),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(evidence="0-999999999")),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(evidence="x")),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(found={"guess": 1})),
        broken(lambda sheet: sheet["placed"][0]["score"]["merchant"].update(rank=1)),
        broken(lambda sheet: sheet["placed"][0]["score"]["merchant"].update(name="\ud800")),
        broken(lambda sheet: sheet["placed"][0]["score"]["merchant"].update(name=None)),
        broken(lambda sheet: sheet["placed"][0]["score"].update(score=None)),
        broken(lambda sheet: sheet["placed"][0]["score"].update(labelled="yes")),
        broken(lambda sheet: sheet["placed"][0].update(rewarded=1)),
        broken(lambda sheet: sheet["placed"][0].update(place=True)),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(tally=[])),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(left_out={"pending": "2"})),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(units=1.5)),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(open=-1)),
        broken(lambda sheet: sheet["placed"][0]["score"]["marks"][0].update(rule=None)),
    ],
)
def test_a_damaged_sheet_is_one_line_and_not_a_traceback(content: bytes) -> None:
    with pytest.raises(UserError, match="a sheet of marks cannot be read") as error:
        read_sheet(content)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_fail_otherwise(content: bytes) -> None:
    with pytest.raises(UserError):
        read_sheet(content)
