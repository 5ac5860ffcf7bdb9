"""How far two raters who do not see each other's marks agree: Krippendorff's alpha, criterion by criterion.

Alpha is 1 where they always agree and 0 where they agree no more than chance would; 0.8 is the customary bar, and 0.667 the
least from which tentative conclusions are drawn (K. Krippendorff, Content Analysis, chapter on reliability).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from probes.criteria import VALUES, criteria, latest_of
from storage.records import Rating

GOOD = 0.8
TENTATIVE = 0.667


class Alpha(NamedTuple):
    """Krippendorff's alpha for ordinal marks."""

    value: float


class Undefined(NamedTuple):
    """Why there is no alpha: ``too_few`` (no answer was marked twice) or ``no_variation`` (all marks are the same)."""

    why: str


class Agreement(NamedTuple):
    """How far raters agree on one criterion, over ``n`` attempts that two or more of ``raters`` have marked."""

    criterion: str
    n: int
    raters: tuple[str, ...]
    alpha: Alpha | Undefined


def agreement(ratings: Iterable[Rating]) -> list[Agreement]:
    """Return the agreement on every criterion that anybody marked, in the order of the criteria.

    Only each rater's last mark counts; what a rater could not judge counts as not marked.
    """
    marks: dict[str, dict[str, dict[str, float]]] = {}
    for one in latest_of(ratings):
        if one.value is not None:
            marks.setdefault(one.criterion, {}).setdefault(one.attempt_id, {})[one.rater] = float(one.value)
    return [_on(key, marks[key]) for key in criteria() if key in marks]


def _on(criterion: str, units: Mapping[str, Mapping[str, float]]) -> Agreement:
    shared = [given for given in units.values() if len(given) > 1]
    raters = tuple(sorted({rater for given in shared for rater in given}))
    return Agreement(criterion, len(shared), raters, _alpha(shared, raters))


def _alpha(units: list[Mapping[str, float]], raters: tuple[str, ...]) -> Alpha | Undefined:
    if not units:
        return Undefined("too_few")
    if len({value for given in units for value in given.values()}) == 1:
        return Undefined("no_variation")
    # Loading numpy takes a tenth of a second, which the other commands need not pay.
    import krippendorff

    table = [[given.get(rater, float("nan")) for given in units] for rater in raters]
    domain = [float(value) for value in VALUES]
    return Alpha(float(krippendorff.alpha(table, value_domain=domain, level_of_measurement="ordinal")))
