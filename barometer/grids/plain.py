"""A grid as plain JSON values: weights and points as exact texts, so that nothing is rounded on the way."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from barometer.grids.grid import Criterion, Grid
from barometer.grids.table import of_twenty

SCHEMA = "barometer-grid-shown/1"


def plain_grid(grid: Grid) -> dict[str, Any]:
    """Return *grid* as JSON can hold it.

    Weights are parts of the whole as fractions (``"3/25"``), points and thresholds decimal texts; ``null`` as points means that
    the case is left out. ``of_twenty`` is the weight as marks of the 20, rounded for people.
    """
    return {
        "schema": SCHEMA,
        **_plain({key: value for key, value in grid._asdict().items() if key != "criteria"}),
        "criteria": [_criterion(one) for one in grid.criteria],
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(criterion)
    return {**plain, "of_twenty": of_twenty(criterion.weight)}


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Fraction):
        return str(value)
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
