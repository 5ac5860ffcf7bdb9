"""The sheet of a category: its ranking, every score and mark, and what is doubtful, as the same bytes on any machine. Pure.

``barometer-sheet/1`` is canonical JSON (keys sorted, no spaces, UTF-8) without a time of day in it. Numbers that count are
exact and written as text: ``"7.5"``, ``"2/3"``. A merchant lists its evidence once and its marks name it by ranges of
indices, ``"0-139,412"``, since a hundred attempts stand behind one mark and every attempt behind several.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from barometer.errors import UserError
from barometer.marks.doubts import Doubt, DoubtKind
from barometer.observations import Finding, MerchantFact, Nothing, Seen, Unknown
from barometer.ranking import Placed, Ranking
from barometer.scoring import CriterionMark, Score
from storage.vocabulary import Channel

SCHEMA = "barometer-sheet/1"
LONGEST_NUMBER = 2000
"""Characters of an exact number that are read (*ours*): a sum over a few hundred attempts stays far below."""

LARGEST_COUNT = 1_000_000_000
"""The most of anything that a sheet counts (*ours*)."""

_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_FRACTION = re.compile(r"-?\d+(?:/\d+)?")
_RANGES = re.compile(r"(?:\d{1,9}(?:-\d{1,9})?)(?:,\d{1,9}(?:-\d{1,9})?)*")

Value = TypeVar("Value")


class Head(NamedTuple):
    """What a sheet was made from: which edition, grid, version of the tool, seed, and the SHA-256 of its inputs."""

    edition: str
    revision: int
    grid: str
    grid_version: str
    grid_sha256: str
    tool: str
    seed: str
    inputs_sha256: str


def sheet_bytes(head: Head, ranking: Ranking, doubts: Iterable[Doubt] = ()) -> bytes:
    """Return the sheet of *ranking* and the *doubts* about it; equal ones under equal heads give equal bytes."""
    sheet = {
        "schema": SCHEMA,
        "head": head._asdict(),
        "category": ranking.category,
        "why_no_podium": ranking.why_no_podium,
        "placed": [
            {
                "place": one.place,
                "rewarded": one.rewarded,
                "stability": _text(one.stability),
                "score": _score(one.score),
            }
            for one in ranking.placed
        ],
        "unplaced": [_score(score) for score in ranking.unplaced],
        "doubts": [doubt._asdict() for doubt in doubts],
    }
    return json.dumps(sheet, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def read_sheet(content: bytes) -> Ranking:
    """Return the ranking that *content* holds, equal to the one it was made from; raises :class:`UserError` on damage."""
    return _read(content, _ranking)


def read_head(content: bytes) -> Head:
    """Return what the sheet *content* was made from; raises :class:`UserError` on damage."""
    return _read(content, lambda sheet: _read_head(Head(**sheet["head"])))


def read_doubts(content: bytes) -> tuple[Doubt, ...]:
    """Return what was doubtful when the sheet *content* was made; raises :class:`UserError` on damage."""
    return _read(content, lambda sheet: tuple(map(_read_doubt, sheet["doubts"])))


def _score(score: Score) -> dict[str, Any]:
    places: dict[str, int] = {}
    for mark in score.marks:
        for reference in mark.evidence:
            places.setdefault(reference, len(places))
    return {
        "merchant": score.merchant._asdict(),
        "score": _text(score.score),
        "coverage": str(score.coverage),
        "ineligible": list(score.ineligible),
        "labelled": score.labelled,
        "unmet": list(score.unmet),
        "interval": None if score.interval is None else [_text(end) for end in score.interval],
        "evidence": list(places),
        "marks": [_mark(mark, places) for mark in score.marks],
    }


def _mark(mark: CriterionMark, places: Mapping[str, int]) -> dict[str, Any]:
    return {
        "criterion": mark.criterion,
        "points": None if mark.points is None else str(mark.points),
        "maximum": _text(mark.maximum),
        "weight": str(mark.weight),
        "units": mark.units,
        "tally": dict(mark.tally),
        "left_out": dict(mark.left_out),
        "rule": mark.rule,
        "evidence": _ranges(places[reference] for reference in mark.evidence),
        "found": None if mark.found is None else _finding(mark.found),
        "spread": None if mark.spread is None else [_finding(one) for one in mark.spread],
        "reason": mark.reason,
        "open": mark.open,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    match finding:
        case Seen(value):
            return {"word": value} if isinstance(value, str) else {"value": _text(value)}
        case Unknown(reason):
            return {"unknown": reason}
        case Nothing():
            return {"nothing": True}


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _ranges(indices: Iterable[int]) -> str:
    """Return *indices*, in their order, with what follows one upon the other as a range."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _read(content: bytes, reader: Callable[[Any], Value]) -> Value:
    try:
        sheet = json.loads(content)
        if b"\\ud" in content.lower():
            # Halves of characters can be written so, and nowhere be stored or shown.
            json.dumps(sheet, ensure_ascii=False).encode()
        if sheet["schema"] != SCHEMA:
            raise ValueError(f"its schema is {str(sheet['schema'])[:40]!r}")
        return reader(sheet)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        what = f"a sheet of marks cannot be read: {' '.join(str(error).split())[:120]}"
        raise UserError(what, "score the edition again, or bring the file back from a copy") from None


def _ranking(sheet: Any) -> Ranking:
    placed = tuple(
        Placed(_count(one["place"]), _placed_score(one["score"]), _flag(one["rewarded"]), _number(one["stability"]))
        for one in sheet["placed"]
    )
    unplaced = tuple(map(_read_score, _listed(sheet["unplaced"])))
    return Ranking(_words(sheet["category"]), placed, unplaced, _words_or_none(sheet["why_no_podium"]))


def _read_head(head: Head) -> Head:
    _count(head.revision)
    for told in head._replace(revision=""):  # type: ignore[arg-type]
        _words(told)
    return head


def _placed_score(told: Any) -> Score:
    found = _read_score(told)
    if found.score is None:
        raise ValueError("a merchant without a score has a place")
    return found


def _read_doubt(told: Any) -> Doubt:
    doubt = Doubt(**told)
    for text in (doubt.category, doubt.why, doubt.subject, doubt.subject_id, doubt.key):
        _words(text)
    _words_or_none(doubt.merchant_id), _words_or_none(doubt.criterion)
    return doubt._replace(kind=DoubtKind(doubt.kind), channel=None if doubt.channel is None else Channel(doubt.channel))


def _read_score(told: Any) -> Score:
    evidence = _all_words(told["evidence"])
    return Score(
        merchant=_read_merchant(MerchantFact(**told["merchant"])),
        score=_number(told["score"]),
        coverage=_needed_fraction(told["coverage"]),
        marks=tuple(_read_mark(mark, evidence) for mark in _listed(told["marks"])),
        ineligible=_all_words(told["ineligible"]),
        labelled=None if told["labelled"] is None else _flag(told["labelled"]),
        unmet=_all_words(told["unmet"]),
        interval=_interval(told["interval"]),
    )


def _read_merchant(fact: MerchantFact) -> MerchantFact:
    for told in (fact.id, fact.key, fact.name, fact.url, fact.category, fact.country):
        _words(told)
    _words_or_none(fact.logo)
    _flag(fact.entered)
    return fact


def _read_mark(told: Any, evidence: Sequence[str]) -> CriterionMark:
    points, spread = told["points"], told["spread"]
    return CriterionMark(
        criterion=_words(told["criterion"]),
        points=None if points is None else _needed_fraction(points),
        maximum=_needed_number(told["maximum"]),
        weight=_needed_fraction(told["weight"]),
        units=_count(told["units"]),
        tally=_counts(told["tally"]),
        left_out=_counts(told["left_out"]),
        rule=_words(told["rule"]),
        evidence=tuple(evidence[index] for index in _indices(told["evidence"], len(evidence))),
        found=None if told["found"] is None else _read_finding(told["found"]),
        spread=None if spread is None else (_read_finding(spread[0]), _read_finding(spread[1])),
        reason=_words_or_none(told["reason"]),
        open=_count(told["open"]),
    )


def _read_finding(told: Any) -> Finding:
    match told:
        case {"word": str(word)}:
            return Seen(word)
        case {"value": str(number)}:
            return Seen(_needed_number(number))
        case {"unknown": str(reason)}:
            return Unknown(reason)
        case {"nothing": True}:
            return Nothing()
    raise ValueError("a finding is none")


def _indices(ranges: str, length: int) -> Iterable[int]:
    if not ranges:
        return
    if not _RANGES.fullmatch(ranges):
        raise ValueError("a list of evidence is none")
    for run in ranges.split(","):
        first, _, last = run.partition("-")
        # Bounded before it is counted out: a damaged file must not take the memory of the machine.
        if int(last or first) >= length:
            raise ValueError("a mark rests on evidence that is not listed")
        yield from range(int(first), int(last or first) + 1)


def _words(told: Any) -> str:
    if not isinstance(told, str):
        raise TypeError(f"{told!r:.40} is no text")
    return told


def _words_or_none(told: Any) -> str | None:
    return None if told is None else _words(told)


def _all_words(told: Any) -> tuple[str, ...]:
    return tuple(map(_words, _listed(told)))


def _listed(told: Any) -> list[Any]:
    if not isinstance(told, list):
        raise TypeError("a list is missing")
    return told


def _flag(told: Any) -> bool:
    if not isinstance(told, bool):
        raise TypeError(f"{told!r:.40} is neither true nor false")
    return told


def _count(told: Any) -> int:
    if type(told) is not int or not 0 <= told <= LARGEST_COUNT:
        raise TypeError(f"{told!r:.40} is no count")
    return told


def _counts(told: Any) -> dict[str, int]:
    if not isinstance(told, dict):
        raise TypeError("a list of counts is missing")
    return {key: _count(number) for key, number in told.items()}


def _interval(told: Any) -> tuple[Decimal, Decimal] | None:
    return None if told is None else (_needed_number(told[0]), _needed_number(told[1]))


def _number(told: Any) -> Decimal | None:
    return None if told is None else _needed_number(told)


def _needed_number(told: Any) -> Decimal:
    return Decimal(_written(told, _DECIMAL))


def _needed_fraction(told: Any) -> Fraction:
    return Fraction(_written(told, _FRACTION))


def _written(told: Any, form: re.Pattern[str]) -> str:
    if not isinstance(told, str) or len(told) > LONGEST_NUMBER or not form.fullmatch(told):
        raise ValueError(f"{str(told)[:40]!r} is no exact number")
    return told
