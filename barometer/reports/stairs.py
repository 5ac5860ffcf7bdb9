"""The depth pictogram: a flight of stairs, one step a click, and where the visitor finds the channel."""

from typing import NamedTuple

from barometer.reports.audit_contract import ChannelResult
from storage.vocabulary import OutcomeKind

WIDTH, HEIGHT = 64, 30
_GROUND = 27.0
_LANDING = 14.0
_RUN, _RISE = 10.0, 5.0
_MOST_STEPS = 4
"""Steps drawn at full size; a longer flight is drawn finer within the same frame."""


class Stairs(NamedTuple):
    """SVG paths in a frame of 64 by 30: what is proven, what is only an upper bound, and where the dot stands."""

    solid: str
    dashed: str
    dot: tuple[float, float] | None


def stairs(channel: ChannelResult) -> Stairs:
    """Return the pictogram of *channel*: solid steps as far as proven, dashed ones beyond, no stairs if not found."""
    if channel.interval is None:
        ground = f"M1 {_GROUND:g}H{WIDTH - 10}"
        return Stairs("", ground, None) if channel.outcome is OutcomeKind.NOT_FOUND else Stairs("", "", None)
    proven, known = channel.interval
    proven = min(proven, known)
    finer = min(1.0, _MOST_STEPS / known) if known else 1.0
    run, rise = _RUN * finer, _RISE * finer
    corners = [(_LANDING + step * run, _GROUND - step * rise) for step in range(known + 1)]
    solid = f"M1 {_GROUND:g}H{_LANDING:g}" + _flight(corners[1 : proven + 1], run)
    dashed = ""
    if known > proven:
        x, y = corners[proven]
        dashed = f"M{x:g} {y:g}" + _flight(corners[proven + 1 :], run)
    x, y = corners[known]
    return Stairs(solid, dashed, (round(x - (run if known else _LANDING) / 2, 2), round(y - 4.5, 2)))


def _flight(corners: list[tuple[float, float]], run: float) -> str:
    """Return the steps that end at *corners*: up, then along."""
    return "".join(f"V{y:g}H{x:g}" for x, y in corners)
