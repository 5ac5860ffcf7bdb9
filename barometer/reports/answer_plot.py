"""A drawing of how answers come in: the share answered against the time since sending, one curve a channel."""

import io
import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

from barometer.measures.answer_curve import Curve
from barometer.reports.delay_words import DAY, HOUR, MINUTE, duration
from storage.vocabulary import Channel

COLOURS = {Channel.EMAIL: "#0072B2", Channel.FORM: "#D55E00", Channel.X: "#009E73", Channel.FACEBOOK: "#8A4F7D"}
"""Colours that people with any colour vision tell apart (after Okabe and Ito, 2008; the last one darkened, *ours*)."""
DASHES: Mapping[Channel, Any] = {Channel.EMAIL: "-", Channel.FORM: (0, (5, 1.5)), Channel.X: (0, (1.5, 1.5))}
_NAMES = {Channel.EMAIL: "e-mail", Channel.FORM: "form", Channel.X: "X", Channel.FACEBOOK: "Facebook"}
_FAINT = 0.08
_INK, _QUIET, _RULE = "#222222", "#6b6b6b", "#d9d9d9"


class _Unit(NamedTuple):
    """A unit of the axis: up to which longest time it serves, its seconds, its name, and how far apart marks may be."""

    upto: float
    seconds: int
    name: str
    steps: tuple[int, ...]


_UNITS = (
    _Unit(2 * MINUTE, 1, "seconds", (5, 10, 15, 30)),
    _Unit(2 * HOUR, MINUTE, "minutes", (5, 10, 15, 20, 30)),
    _Unit(4 * DAY, HOUR, "hours", (1, 2, 3, 6, 12, 24)),
    _Unit(math.inf, DAY, "days", (1, 2, 7, 14, 28, 56)),
)
_MOST_STEPS = 8
_APART = 0.075
"""How far apart two labels stand, as a part of the height (*ours*)."""


def answer_plot(curves: Mapping[Channel, Curve], title: str, note: str) -> str:
    """Return an SVG of *curves* that is the same for the same curves; *title* and *note* are plain text of any kind."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "barometer", "svg.fonttype": "path", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(8.2, 4.6))
        axes = figure.add_axes((0.075, 0.17, 0.70, 0.64))
        longest = max((curve.watched for curve in curves.values()), default=0.0) or float(HOUR)
        _frame(axes, longest)
        for channel, curve in curves.items():
            _draw(axes, channel, curve, longest)
        _label(axes, curves, longest)
        figure.text(0.075, 0.93, title, fontsize=13, color=_INK, weight="bold", parse_math=False)
        figure.text(0.075, 0.865, "Share answered, by time since sending", fontsize=10, color=_QUIET)
        figure.text(0.075, 0.02, note, fontsize=7.5, color=_QUIET, parse_math=False)
        drawn = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
            figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": "barometer", "Title": title})
    return drawn.getvalue()


def _frame(axes: Any, longest: float) -> None:
    """Draw what the curves are read by: few quiet lines, the half among them, and the time in a fitting unit."""
    _, per, unit, steps = next(one for one in _UNITS if longest <= one.upto)
    step = next((step for step in steps if longest / per / step <= _MOST_STEPS), steps[-1])
    ticks = [number * step * per for number in range(int(longest / per / step) + 1)]
    axes.set_xlim(0, longest)
    axes.set_ylim(0, 1.0)
    axes.set_xticks(ticks, [f"{tick / per:.0f}" for tick in ticks])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0 %", "", "50 %", "", "100 %"])
    axes.set_xlabel(unit, color=_QUIET, fontsize=9, loc="right")
    axes.tick_params(length=0, colors=_QUIET, labelsize=9)
    axes.grid(axis="y", color=_RULE, linewidth=0.6)
    axes.axhline(0.5, color=_QUIET, linewidth=0.7, dashes=(2, 3))
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_QUIET)


def _draw(axes: Any, channel: Channel, curve: Curve, longest: float) -> None:
    colour = COLOURS.get(channel, _INK)
    end = min(curve.watched, longest)
    times = [*(point.seconds for point in curve.points), end]
    last = curve.points[-1]
    for name, alpha in (("band", 0.12),):
        low = [*(point.low for point in curve.points), last.low]
        high = [*(point.high for point in curve.points), last.high]
        axes.fill_between(
            times, low, high, step="post", color=colour, alpha=alpha, linewidth=0, gid=f"{name}-{channel}"
        )
    shares = [*(point.share for point in curve.points), last.share]
    axes.plot(
        times, shares, drawstyle="steps-post", color=colour, linewidth=2, linestyle=DASHES.get(channel, "-"),
        clip_on=False, gid=f"curve-{channel}",
    )  # fmt: skip
    half = next((point for point in curve.points if point.share >= 0.5), None)
    if half is not None:
        axes.plot([half.seconds], [0.5], "o", color=colour, markersize=5, markeredgecolor="white", zorder=5)


def _label(axes: Any, curves: Mapping[Channel, Curve], longest: float) -> None:
    """Name each curve at its end, where the eye is, moved apart where two would meet."""
    below = -_APART
    for channel, curve in sorted(curves.items(), key=lambda pair: pair[1].points[-1].share):
        height = min(max(curve.points[-1].share, below + 2 * _APART), 1.0 + _APART)
        below = height
        half = next((point.seconds for point in curve.points if point.share >= 0.5), None)
        told = f"half within {duration(half)}" if half is not None else "fewer than half"
        colour = COLOURS.get(channel, _INK)
        axes.annotate(
            f"{_NAMES.get(channel, str(channel))}: {curve.answered} of {curve.total}", (1.02, height), color=colour,
            xycoords="axes fraction", fontsize=10, weight="bold", va="center", annotation_clip=False,
        )  # fmt: skip
        axes.annotate(
            told, (1.02, height - 0.062), color=_QUIET, xycoords="axes fraction", fontsize=8.5, va="center",
            annotation_clip=False,
        )  # fmt: skip
