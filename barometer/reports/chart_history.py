"""A drawing of our figures beside those that Open to Dialog published: dots, never a line over years that have none."""

from collections.abc import Sequence
from typing import Any

from barometer.figures import Figures
from barometer.figures.disclosure import Told
from barometer.figures.reference_series import Reference, reference_series
from barometer.reports.barometer_words import BarometerWords
from barometer.reports.chart_frame import INK, MAIN, QUIET, RULE, WIDTH, Drawing, sheet

OURS = {
    "phone.shown": ("phone", "shown"), "phone.visible": ("phone", "visible"), "phone.premium": ("phone", "premium"),
    "calls.within_30": ("answers.phone", "within_30"), "email.shown": ("writing", "email"),
    "email.within_3600": ("answers.email", "within_3600"), "social.facebook": ("social", "facebook"),
    "social.x": ("social", "x"),
}  # fmt: skip
"""Which figure of ours asks the same; reachable and unreachable were never defined by a delay, and have none."""
DRAWN = ("phone.shown", "phone.premium", "email.shown", "email.within_3600")
YEARS = (2009, 2010, 2011, 2012, 2013, 2014, 2015)
_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
_GAP = 2
"""Years that the pause between their last edition and ours is drawn as."""


def ours(figures: Figures, measure: str) -> Told | None:
    """Return our figure for *measure*, or ``None`` where there is none or it is not told."""
    family, question = OURS.get(measure, ("", ""))
    found = figures.families[family].overall.get(question) if family in figures.families else None
    return found if isinstance(found, Told) else None


def history_chart(figures: Figures, words: BarometerWords) -> Drawing:
    """Return the drawing; theirs is there even where ours may not be told."""
    title, height = words["chart.history"], 4.6
    told: list[str] = []
    with sheet(height, title, words["chart.history_unit"], words, figures.edition, [words["chart.history_note"]]) as (
        paper,
        svg,
    ):
        wide, tall = (WIDTH - 0.6) / 2, height / 2
        for number, measure in enumerate(DRAWN):
            column, row = number % 2, number // 2
            axes = paper.axes(0.55 + column * wide, 0.3 + row * tall, wide - 0.45, tall - 0.72)
            published, own = reference_series().of(measure), ours(figures, measure)
            _panel(axes, published, own, figures.edition.tests_from.year, words)
            denominator = words[f"of.{published[0].of}"]
            axes.set_title(words[f"measure.{measure}"], loc="left", fontsize=9, color=INK, weight="bold", pad=14)
            axes.text(0, 1.03, denominator, transform=axes.transAxes, fontsize=7.5, color=QUIET, va="bottom")
            told.append(f"{words[f'measure.{measure}']}: {words.figure(own) if own else words['chart.not_told']}")
    return Drawing("history", title, "; ".join(told), svg.text)


def _panel(axes: Any, published: Sequence[Reference], own: Told | None, year: int, words: BarometerWords) -> None:
    last = YEARS[-1] + _GAP
    axes.set_xlim(YEARS[0] - 0.6, last + 0.8)
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.5, 1], [words.percent(0), words.percent(0.5), words.percent(1)])
    axes.tick_params(labelsize=7.5)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_xticks([*YEARS, last], [*(f"{one}" if one % 2 else "" for one in YEARS), f"{year}"])
    axes.axvspan(YEARS[-1] + 0.6, last - 0.6, color="#f4f4f4", linewidth=0)
    for one in published:
        share = one.percent / 100
        axes.plot(
            [one.year],
            [share],
            "o",
            markersize=6,
            color="white" if one.approximate else "#7a7a7a",
            markeredgecolor="#7a7a7a",
        )
        text = f"≈ {one.percent}" if one.approximate else f"{one.percent}"
        axes.text(one.year, share + 0.055, text, ha="center", va="bottom", fontsize=8, color=INK, bbox=_PAPER)
    if own is None:
        axes.text(last, 0.5, "\u2013", ha="center", va="center", fontsize=10, color=QUIET)
        return
    axes.plot([last, last], [own.low, own.high], color=MAIN, linewidth=1.4)
    axes.plot([last], [own.share], "o", markersize=7, color=MAIN, markeredgecolor="white")
    axes.text(
        last + 0.22,
        own.share,
        words.figure(own).replace("\u00a0%", ""),
        ha="left",
        va="center",
        fontsize=9,
        color=MAIN,
        weight="bold",
    )
