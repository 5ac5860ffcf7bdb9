"""Marks and scores: what was observed of a merchant, read through a grid. Pure; the same input gives the same score."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from barometer.observations import Finding, MerchantFact


class CriterionMark(NamedTuple):
    """What a merchant gets for one criterion.

    ``points`` is exact, between 0 and ``maximum``; ``None`` when it was not measured, and ``reason`` then says why. ``weight`` is
    the grid's, before anything is weighed anew. ``found`` is the median night's finding (``None`` for attempts), ``spread`` the
    best and the worst of the nights that count. ``units`` counts the nights or attempts that count, ``left_out`` those that do
    not, by reason, ``tally`` how many fell where: ``up_to:3600``, ``beyond``, ``word:free``, ``mark:1.5``, ``nothing``.
    ``open`` counts attempts that may still be answered and would change the points. ``rule`` is a sentence for people.
    """

    criterion: str
    points: Fraction | None
    maximum: Decimal
    weight: Fraction
    units: int
    tally: Mapping[str, int]
    left_out: Mapping[str, int]
    rule: str
    evidence: tuple[str, ...]
    found: Finding | None = None
    spread: tuple[Finding, Finding] | None = None
    reason: str | None = None
    open: int = 0


class Score(NamedTuple):
    """A merchant's score on /20, to the tenth, half to even; ``None`` where nothing was measured.

    ``coverage`` is the part of the weights that was measured. ``ineligible`` holds the reasons why it may not be ranked, as words
    (``coverage``, ``channels``, ``nothing_measured``), empty when it may. ``labelled`` is ``None`` where the grid has no label;
    ``unmet`` are the criteria of the label that are not met. ``interval`` is the bootstrap's, at 95 %, ``None`` until drawn.
    """

    merchant: MerchantFact
    score: Decimal | None
    coverage: Fraction
    marks: tuple[CriterionMark, ...]
    ineligible: tuple[str, ...]
    labelled: bool | None
    unmet: tuple[str, ...] = ()
    interval: tuple[Decimal, Decimal] | None = None
