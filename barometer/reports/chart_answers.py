"""Drawings of how merchants answer: shares by delay, and how they grow with time."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from barometer.figures import Figures
from barometer.figures.disclosure import Disclosed, Told, Withheld
from barometer.figures.of_answers import CURVE, DAY, HORIZONS, HOUR, MINUTE, SPOKEN, key_of, question_of
from barometer.reports.barometer_words import BarometerWords
from barometer.reports.chart_frame import (
    FOURTH,
    INK,
    MAIN,
    QUIET,
    RULE,
    SECOND,
    TEXT,
    THIRD,
    WIDTH,
    Drawing,
    bar,
    percent_axis,
    sheet,
)
from storage.vocabulary import Channel

COLOURS = {
    Channel.PHONE: MAIN, Channel.EMAIL: MAIN, Channel.FORM: SECOND, Channel.X: THIRD, Channel.FACEBOOK: FOURTH,
    Channel.CHAT: SECOND,
}  # fmt: skip
DASHES: dict[Channel, Any] = {Channel.FORM: (0, (5, 1.5)), Channel.X: (0, (1.5, 1.5)), Channel.CHAT: (0, (5, 1.5))}
LONGEST = 14 * DAY
LEAST_POINTS = 2
_APART = 0.2
"""How far apart the names of two curves stand, as a part of the height (*ours*)."""
_LEFT, _RIGHT, _ROW = 1.9, 1.0, 0.3


class Read(NamedTuple):
    """A curve read at one time: ``figure`` answered within ``seconds``."""

    seconds: int
    figure: Told


def read(figures: Figures, channel: Channel) -> list[Read]:
    """Return what may be told of a channel's curve, by time."""
    family = figures.families.get(key_of(channel))
    if family is None:
        return []
    times = sorted({*HORIZONS[channel], *CURVE[channel]})
    found = [(seconds, family.overall.get(question_of(seconds))) for seconds in times]
    return [Read(seconds, figure) for seconds, figure in found if isinstance(figure, Told)]


def median_words(points: Sequence[Read], words: BarometerWords) -> str:
    """Return between which two times half had been answered, as far as the curve was read."""
    if not points:
        return ""
    for place, point in enumerate(points):
        if point.figure.share >= 0.5:
            if place == 0:
                return words["answer.median"].format(horizon=words.horizon(point.seconds))
            first = words.horizon(points[place - 1].seconds)
            return words["answer.median_between"].format(first=first, last=words.horizon(point.seconds))
    return words["answer.median_beyond"].format(horizon=words.horizon(points[-1].seconds))


def answers_chart(figures: Figures, words: BarometerWords) -> Drawing | None:
    """Return the shares answered by channel and delay, or ``None`` where none may be told."""
    groups = [
        (channel, figures.families[key_of(channel)]) for channel in HORIZONS if key_of(channel) in figures.families
    ]
    groups = [(channel, family) for channel, family in groups if _some(family, channel)]
    if not groups:
        return None
    title, rows = words["chart.answers"], sum(len(HORIZONS[channel]) for channel, _ in groups)
    height = _ROW * rows + 0.18 * len(groups) + 0.25
    told: list[str] = []
    with sheet(height, title, words["chart.answers_unit"], words, figures.edition, [words["page.interval_note"]]) as (
        paper,
        svg,
    ):
        axes = paper.axes(_LEFT, 0, WIDTH - _LEFT - _RIGHT, height - 0.2)
        percent_axis(axes, words)
        axes.set_yticks([])
        place, gap = 0.0, 0.18 / _ROW
        for channel, family in groups:
            name = words[f"answer.{channel}"]
            base = words["chart.base"].format(n=words.number(family.base or 0))
            axes.text(-0.33, place, name, ha="left", va="center", fontsize=TEXT, color=INK, weight="bold")
            axes.text(1.18, place, base, ha="right", va="center", fontsize=7.5, color=QUIET)
            for seconds in HORIZONS[channel]:
                within = words["answer.within"].format(horizon=words.horizon(seconds))
                figure = family.overall.get(question_of(seconds))
                if figure is not None:
                    axes.text(-0.015, place, within, ha="right", va="center", fontsize=TEXT, color=QUIET)
                    bar(axes, place, figure, COLOURS[channel], words)
                    told.append(f"{name} {within}: {words.figure(figure)}")
                    place += 1
            place += gap
        axes.set_ylim(place - gap - 0.4, -0.6)
    return Drawing("answers", title, "; ".join(told), svg.text)


def _some(family: Disclosed, channel: Channel) -> bool:
    figures = (family.overall.get(question_of(seconds)) for seconds in HORIZONS[channel])
    return any(figure is not None and not isinstance(figure, Withheld) for figure in figures)


def curves_chart(figures: Figures, words: BarometerWords) -> Drawing | None:
    """Return how answers come in, calls beside messages, or ``None`` where too few times may be told."""
    spoken = [(channel, read(figures, channel)) for channel in HORIZONS if channel in SPOKEN]
    written = [(channel, read(figures, channel)) for channel in HORIZONS if channel not in SPOKEN]
    panels = [
        (name, [(channel, points) for channel, points in curves if len(points) >= LEAST_POINTS], log)
        for name, curves, log in (("spoken", spoken, False), ("written", written, True))
    ]
    panels = [panel for panel in panels if panel[1]]
    if not panels:
        return None
    title, height = words["chart.curves"], 3.3
    told: list[str] = []
    bases = [
        f"{words[f'answer.{channel}']} {words['chart.base'].format(n=words.number(figures.families[key_of(channel)].base or 0))}"
        for _, curves, _ in panels
        for channel, _ in curves
    ]
    notes = [f"{', '.join(bases)}. {words['chart.bands']}"]
    with sheet(height, title, words["chart.curves_unit"], words, figures.edition, notes) as (paper, svg):
        left, space = 0.55, WIDTH - 0.55 - 0.2
        widths = [space * 0.42, space * 0.58] if len(panels) == 2 else [space]
        for (name, curves, log), width in zip(panels, widths, strict=True):
            room = 1.22
            axes = paper.axes(left, 0.28, width - room, height - 0.62)
            axes.set_title(words[f"chart.curves_{name}"], loc="left", fontsize=TEXT, color=INK, weight="bold", pad=8)
            _time_axis(axes, max(points[-1].seconds for _, points in curves), log, words)
            for channel, points in curves:
                _curve(axes, channel, points, log)
            _names(axes, curves, words)
            told += [f"{words[f'answer.{channel}']}: {median_words(points, words)}" for channel, points in curves]
            left += width
    return Drawing("curves", title, "; ".join(told), svg.text)


def _time_axis(axes: Any, longest: int, log: bool, words: BarometerWords) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], [words.percent(0), "", words.percent(0.5), "", words.percent(1)])
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.axhline(0.5, color=QUIET, linewidth=0.7, dashes=(2, 3))
    axes.axhline(0, color=RULE, linewidth=1)
    if log:
        # Answers come within minutes or after days; the root of the time shows both.
        axes.set_xlim(0, math.sqrt(longest))
        ticks = [one for one in (HOUR, 8 * HOUR, 24 * HOUR, 48 * HOUR, 5 * DAY, 10 * DAY, LONGEST) if one <= longest]
        axes.set_xticks([math.sqrt(tick) for tick in ticks], [words.horizon(tick) for tick in ticks])
    else:
        step = 30 if longest <= 3 * MINUTE else 2 * MINUTE
        ticks = list(range(0, longest + 1, 2 * step if longest > 2 * MINUTE else step))
        axes.set_xlim(0, longest)
        axes.set_xticks(ticks, [words.horizon(tick) for tick in ticks])


def _curve(axes: Any, channel: Channel, points: Sequence[Read], root: bool) -> None:
    """Draw straight from one time that is read to the next: steps would show single answers."""
    times = [0.0, *(float(point.seconds) for point in points)]
    at = [math.sqrt(time) for time in times] if root else times
    colour = COLOURS[channel]
    low, high = [0.0, *(one.figure.low for one in points)], [0.0, *(one.figure.high for one in points)]
    axes.fill_between(at, low, high, color=colour, alpha=0.11, linewidth=0)
    shares = [0.0, *(point.figure.share for point in points)]
    axes.plot(at, shares, color=colour, linewidth=2, linestyle=DASHES.get(channel, "-"), clip_on=False)
    axes.plot(
        at[1:],
        shares[1:],
        "o",
        color=colour,
        markersize=3.2,
        markeredgecolor="white",
        markeredgewidth=0.5,
        clip_on=False,
    )


def _names(axes: Any, curves: Sequence[tuple[Channel, Sequence[Read]]], words: BarometerWords) -> None:
    """Name each curve at its end, moved apart where two would meet."""
    ends = sorted((points[-1].figure.share, channel, points) for channel, points in curves)
    heights = [share for share, *_ in ends]
    for place, upper in enumerate(heights[1:]):
        heights[place + 1] = max(upper, heights[place] + _APART)
    # As far below its curve as above it, and never beyond the frame.
    aside = sum(height - share for height, (share, *_) in zip(heights, ends, strict=True)) / len(ends)
    excess = min(max(aside, heights[-1] - 1.0), heights[0] - 0.12) if len(ends) > 1 else 0.0
    for height, (share, channel, points) in zip(heights, ends, strict=True):
        name = f"{words[f'answer.{channel}']} {words.percent(share)}"
        for text, down, size, weight, colour in (
            (name, 0.0, TEXT, "bold", COLOURS[channel]),
            (median_words(points, words), 0.055, 6.8, "normal", QUIET),
        ):
            axes.annotate(
                _broken(text), (1.03, height - excess - down), xycoords="axes fraction", fontsize=size, weight=weight,
                color=colour, va="center" if not down else "top", annotation_clip=False,
            )  # fmt: skip


def _broken(text: str, longest: int = 17) -> str:
    """Return *text* on two lines where it is long."""
    if len(text) <= longest:
        return text
    middle = text.rfind(" ", 0, longest)
    return text if middle < 0 else f"{text[:middle]}\n{text[middle + 1 :]}"
