"""A merchant's nights as a drawing: a row a channel, a step a night, gaps where nothing was measured, marks where it moved."""

import io
import math
import textwrap
import warnings
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from barometer.history.asked import Asked
from barometer.history.changes import Change, Facet
from barometer.history.found import Told
from barometer.history.night import ABSENT, Depth, Night, Site
from barometer.reports.chart_frame import ALARM, INK, MAIN, PALE, QUIET, RULE, SECOND
from barometer.reports.history_words import HistoryWords
from barometer.reports.merchant_text import legible
from barometer.reports.wording import capital
from storage.vocabulary import Channel

WIDE, NARROW = 8.2, 3.9
"""Inches: what a page of A4 is wide between its margins, and a telephone."""
DEEPEST = 20
"""Clicks that a row has room for (*ours*, as many as a search may go)."""
_ROW, _STRIP, _TOP, _FOOT = 0.62, 0.2, 0.92, 0.86
_LEAST_SCALE = 3


class Theme(NamedTuple):
    """The colours of a drawing."""

    paper: str
    ink: str
    quiet: str
    rule: str
    line: str
    absent: str
    moved: str
    band: str


LIGHT = Theme("white", INK, QUIET, RULE, MAIN, SECOND, ALARM, PALE)
DARK = Theme("#14181b", "#e7eaec", "#a4adb4", "#2c3338", "#6cb6e4", "#f0a060", "#f0938a", "#242b30")


def drawn_channels(told: Told, asked: Asked) -> list[Channel]:
    """Return the channels that were found on any night, in the usual order."""
    found = {channel for night in told.nights for channel, one in night.channels.items() if one.depth.most < ABSENT}
    return [channel for channel in Channel if channel in found and channel in asked.channels]


def history_svg(told: Told, asked: Asked, words: HistoryWords, theme: Theme = LIGHT, width: float = WIDE) -> str:
    """Return the drawing as SVG, the same for the same nights; what the merchant is called stands in it as plain text."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    channels = drawn_channels(told, asked)
    title = words["history.title"].format(merchant=legible(told.owner.name, 48 if width == WIDE else 24))
    height = _TOP + len(channels) * _ROW + _STRIP + _FOOT
    with mpl.rc_context({"svg.hashsalt": "barometer", "svg.fonttype": "path", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(width, height), facecolor=theme.paper)
        paper = _Paper(figure, width, height, theme, told, words)
        paper.heading(title)
        for number, channel in enumerate(channels):
            paper.row(number, channel)
        paper.strip(len(channels))
        paper.notes()
        written = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
            metadata = {"Date": None, "Creator": "barometer", "Title": title}
            figure.savefig(written, format="svg", metadata=metadata, facecolor=theme.paper)
    return written.getvalue()


class _Paper:
    """The sheet that the rows are drawn on; all lengths are in inches, all times in days of the calendar."""

    def __init__(self, figure: Any, width: float, height: float, theme: Theme, told: Told, words: HistoryWords) -> None:
        self._figure, self._width, self._height = figure, width, height
        self._theme, self._told, self._words = theme, told, words
        self._narrow = width < WIDE
        self._left = 0.98 if self._narrow else 1.45
        self._right = 0.15
        days = [night.day.toordinal() for night in told.nights] or [1]
        self._first, self._last = days[0] - 0.5, days[-1] + 0.5

    def heading(self, title: str) -> None:
        """Write the title and what is drawn."""
        self._write(0.12, 0.3, title, 13 if not self._narrow else 11, self._theme.ink, weight="bold")
        self._write(0.12, 0.54, self._words["history.chart"], 9.5 if not self._narrow else 8, self._theme.quiet)

    def row(self, number: int, channel: Channel) -> None:
        """Draw the depth of *channel* over the nights."""
        depths = [
            (night.day, night.channels[channel].depth) for night in self._told.nights if channel in night.channels
        ]
        most = min(max([_LEAST_SCALE, *(one.most for _, one in depths if one.most < ABSENT)]), DEEPEST)
        absent = most * 1.35 + 0.5
        axes = self._axes(_TOP + number * _ROW, _ROW - 0.16)
        axes.set_ylim(-0.35, absent + 0.45)
        self._scale(axes, most, absent, any(one.most == ABSENT for _, one in depths))
        for begin, end, depth in _spans(depths):
            self._span(axes, begin, end, depth, absent)
        self._joints(axes, depths, absent)
        self._label(_TOP + number * _ROW + (_ROW - 0.16) / 2 + 0.04, self._words[f"channel.{channel}"])
        self._marks(axes, [change for change in self._told.news.changes if change.channel is channel], absent)

    def strip(self, number: int) -> None:
        """Draw on which nights the site could be read, with the days below."""
        top = _TOP + number * _ROW
        axes = self._axes(top, _STRIP - 0.04)
        axes.set_ylim(0, 1)
        axes.set_yticks([])
        for begin, end, site in _runs(self._told.nights):
            read = site is Site.READ
            axes.axvspan(
                begin - 0.5, end + 0.5, facecolor=self._theme.line if read else "none", alpha=0.55 if read else 1.0,
                edgecolor="none" if read else self._theme.moved, hatch=None if read else "//////", linewidth=0,
            )  # fmt: skip
        self._write(
            0.12,
            top + _STRIP / 2 + 0.03,
            capital(self._words["history.site"]),
            9 if not self._narrow else 7.5,
            self._theme.ink,
        )
        ticks = _ticks(self._first, self._last, 4 if self._narrow else 8)
        axes.set_xticks(ticks, [f"{date.fromordinal(tick):%d/%m/%y}" for tick in ticks])
        axes.tick_params(
            axis="x", labelbottom=True, labelsize=8 if not self._narrow else 7, colors=self._theme.quiet, length=2
        )

    def notes(self) -> None:
        """Write below how it is read."""
        size, limit = (7.5, 128) if not self._narrow else (6.5, 66)
        site = f"{capital(self._words['history.site'])}: {self._words['history.site_legend']}."
        lines = textwrap.wrap(f"{self._words['history.chart_note']} {site}", limit)
        for number, line in enumerate(reversed(lines)):
            self._write(0.12, self._height - 0.12 - number * 0.145, line, size, self._theme.quiet)

    def _label(self, top: float, text: str) -> None:
        self._write(0.12, top, capital(text), 7.5 if self._narrow else 9, self._theme.ink)

    def _axes(self, top: float, height: float) -> Any:
        wide = self._width - self._left - self._right
        place = (self._left / self._width, 1 - (top + height) / self._height, wide / self._width, height / self._height)
        axes = self._figure.add_axes(place, facecolor=self._theme.paper)
        axes.set_xlim(self._first, self._last)
        axes.tick_params(length=0, colors=self._theme.quiet, labelbottom=False)
        axes.set_axisbelow(True)
        for side in axes.spines.values():
            side.set_visible(False)
        return axes

    def _scale(self, axes: Any, most: int, absent: float, with_absent: bool) -> None:
        shown = [0, most] if most <= _LEAST_SCALE + 2 else [0, most // 2, most]
        labels = [self._words.number(one) for one in shown]
        axes.set_yticks([*shown, *([absent] if with_absent else [])], [*labels, *(["×"] if with_absent else [])])
        axes.tick_params(axis="y", labelsize=7 if not self._narrow else 6)
        axes.grid(axis="y", color=self._theme.rule, linewidth=0.5)

    def _span(self, axes: Any, begin: int, end: int, depth: Depth, absent: float) -> None:
        theme, ends = self._theme, [begin - 0.5, end + 0.5]
        if depth.most == ABSENT:
            axes.plot(ends, [absent, absent], color=theme.absent, linewidth=2.2, solid_capstyle="butt", gid="absent")
            if depth.least < ABSENT:
                axes.fill_between(ends, depth.least, absent, color=theme.absent, alpha=0.15, linewidth=0, gid="bound")
            return
        exact = depth.least == depth.most
        clicks = min(depth.most, DEEPEST)
        if not exact:
            axes.fill_between(ends, depth.least, clicks, color=theme.line, alpha=0.22, linewidth=0, gid="bound")
        axes.plot(
            ends, [clicks, clicks], color=theme.line, linewidth=2.2, solid_capstyle="butt", alpha=1 if exact else 0.55,
            gid="exact" if exact else "at-most",
        )  # fmt: skip

    def _joints(self, axes: Any, depths: Sequence[tuple[date, Depth]], absent: float) -> None:
        """Join the steps of two nights that follow each other by a thin line."""
        for (day, one), (next_day, other) in pairwise(depths):
            heights = [min(each.most, DEEPEST) if each.most < ABSENT else absent for each in (one, other)]
            if (next_day - day).days == 1 and heights[0] != heights[1]:
                at = day.toordinal() + 0.5
                axes.plot([at, at], heights, color=self._theme.quiet, linewidth=0.6)

    def _marks(self, axes: Any, changes: Sequence[Change], absent: float) -> None:
        """Mark the days of *changes* and say there what moved, as far as there is room beside the mark before."""
        by_day: dict[date, list[str]] = {}
        for change in sorted(changes, key=lambda change: change.first.day):
            by_day.setdefault(change.first.day, []).append(_sign(change))
        share, before = (0.13 if self._narrow else 0.06) * (self._last - self._first), -math.inf
        for day, signs in by_day.items():
            at = day.toordinal() - 0.5
            axes.axvline(at, color=self._theme.moved, linewidth=0.9, linestyle=(0, (2, 1.5)), zorder=3, gid="change")
            if at - before < share:
                continue
            before = at
            late = at > self._last - 1.5 * share
            axes.annotate(
                " ".join(signs), (at, absent + 0.3), xytext=(-2 if late else 2, 0), textcoords="offset points", fontsize=6.5,
                va="bottom", ha="right" if late else "left", color=self._theme.moved, annotation_clip=False, parse_math=False,
            )  # fmt: skip

    def _write(self, left: float, top: float, text: str, size: float, colour: str, **more: Any) -> None:
        self._figure.text(
            left / self._width, 1 - top / self._height, text, fontsize=size, color=colour, va="baseline", parse_math=False,
            **more,
        )  # fmt: skip


def _sign(change: Change) -> str:
    """Return a change in a few characters: from where to where, another value (≠), another price (€)."""
    if change.facet is Facet.DEPTH:
        return f"{_short(change.before)}→{_short(change.after)}"
    return "€" if change.facet is Facet.PRICE else "≠"


def _short(depth: Depth) -> str:
    if depth.most == ABSENT:
        return "×"
    return f"{depth.most}" if depth.least == depth.most else f"≤{depth.most}"


def _spans(depths: Sequence[tuple[date, Depth]]) -> list[tuple[int, int, Depth]]:
    """Return the days, first and last, on which the same was read night after night."""
    found: list[tuple[int, int, Depth]] = []
    for day, depth in depths:
        at = day.toordinal()
        if found and found[-1][1] == at - 1 and found[-1][2] == depth:
            found[-1] = (found[-1][0], at, depth)
        else:
            found.append((at, at, depth))
    return found


def _runs(nights: Sequence[Night]) -> list[tuple[int, int, Site | None]]:
    found: list[tuple[int, int, Site | None]] = []
    for night in nights:
        at = night.day.toordinal()
        if found and found[-1][1] == at - 1 and found[-1][2] == night.site:
            found[-1] = (found[-1][0], at, night.site)
        else:
            found.append((at, at, night.site))
    return found


def _ticks(first: float, last: float, most: int) -> list[int]:
    """Return days that are evenly apart, at most so many."""
    begin, days = math.ceil(first), math.floor(last) - math.ceil(first) + 1
    step = next((one for one in (1, 2, 7, 14, 28, 56, 91, 182, 365) if days / one <= most), math.ceil(days / most))
    return list(range(begin, begin + days, step))
