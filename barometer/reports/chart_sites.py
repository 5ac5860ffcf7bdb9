"""Drawings of what sites show: the ways to reach them, how many clicks away, and at what price."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from barometer.figures import Figures
from barometer.figures.disclosure import Bounded, Figure, Level, Told, Withheld
from barometer.reports.barometer_words import BarometerWords
from barometer.reports.chart_frame import (
    FOURTH,
    INK,
    MAIN,
    PALE,
    QUIET,
    TEXT,
    WIDTH,
    Drawing,
    bar,
    base_of,
    percent_axis,
    sheet,
)

WAYS = (
    ("phone", "shown", "phone"), ("writing", "shown", "writing"), ("writing", "email", "email_address"),
    ("writing", "form", "form"), ("contact_page", "shown", "contact_page"), ("chat", "shown", "chat"),
    ("callback", "shown", "callback"), ("social", "shown", "social"), ("social", "facebook", "facebook"),
    ("social", "x", "x"),
)  # fmt: skip
"""What is drawn, from the top: family, question, and the word for it."""
PARTS = frozenset(("email_address", "form", "facebook", "x"))
"""Ways that are part of the one above them."""
FAR = ("phone", "writing", "contact_page", "chat")
_STEPS: Mapping[str, str] = {"0": "#08519c", "1": "#3182bd", "2": "#85bcdc", "3": "#c9dff0", "none": PALE}
"""The nearer, the darker: one hue, so that it reads in print and in any colour vision."""
_PRICES: Mapping[str, str] = {
    "premium": FOURTH, "unknown": "#c7a9bf", "ordinary": "#5b9bc8", "banalised": "#a8adb3", "free": "#2f8f5b",
}  # fmt: skip
"""After the colours of the numbering plan: violet, grey, green."""
_COMMON = ("ordinary", "banalised", "free", "premium", "unknown")
"""Prices from the most common to the least: classes told together bear the name and the colour of the first."""
_LETTER, _BELOW, _FURTHER = 0.0125, 0.34, 0.53
"""How wide a small letter is, as a part of the bar, and how far below it names stand, in rows."""
_LEFT, _RIGHT, _ROW = 1.9, 1.0, 0.32


def shown_chart(figures: Figures, words: BarometerWords) -> Drawing | None:
    """Return the ways that sites show, or ``None`` where none may be told."""
    rows = [(name, figures.families[family].overall[question]) for family, question, name in WAYS]
    if all(isinstance(figure, Withheld) for _, figure in rows):
        return None
    title = words["chart.shown"]
    height = _ROW * len(rows) + 0.3
    with sheet(height, title, words["chart.shown_unit"], words, figures.edition, [words["page.interval_note"]]) as (
        paper,
        svg,
    ):
        axes = paper.axes(_LEFT, 0, WIDTH - _LEFT - _RIGHT, height - 0.2)
        percent_axis(axes, words)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks([])
        for place, (name, figure) in enumerate(rows):
            part = name in PARTS
            bar(axes, place, figure, "#7fb2d6" if part else MAIN, words, 0.4 if part else 0.6)
            label = words[f"channel.{name}"]
            axes.text(
                -0.015, place, label, ha="right", va="center", fontsize=8.5 if part else TEXT,
                color=QUIET if part else INK, parse_math=False,
            )  # fmt: skip
            axes.text(1.18, place, base_of(figure, words), ha="right", va="center", fontsize=7.5, color=QUIET)
    return Drawing(
        "shown", title, _told(words, ((words[f"channel.{name}"], figure) for name, figure in rows)), svg.text
    )


def depth_chart(figures: Figures, words: BarometerWords) -> Drawing | None:
    """Return how many clicks away channels are, or ``None`` where no distribution may be told."""
    rows = [(words[f"channel.{key}"], figures.families[key].levels("depth")) for key in FAR]
    rows = [(label, levels) for label, levels in rows if len(levels) > 1]
    if not rows:
        return None
    return _stacked("depth", rows, [_STEPS[level] for level in _STEPS], list(_STEPS), figures, words)


def price_chart(figures: Figures, words: BarometerWords) -> Drawing | None:
    """Return what calls cost, or ``None`` where it may not be told."""
    levels = figures.families["phone"].levels("price")
    if len(levels) < 2:
        return None
    return _stacked("price", [(words["channel.phone"], levels)], list(_PRICES.values()), list(_PRICES), figures, words)


def level_word(block: str, atoms: Sequence[str], words: BarometerWords) -> str:
    """Return what steps of a distribution that are told together are called."""
    if len(atoms) == 1:
        return words[f"{block}.{atoms[0]}"]
    if block == "depth":
        return words[f"depth.from_{atoms[0]}_to_{atoms[-1]}"]
    return words["price.join"].join(words[f"{block}.{atom}"] for atom in sorted(atoms, key=_COMMON.index))


def _stacked(
    name: str, rows: Sequence[tuple[str, Sequence[Level]]], colours: Sequence[str], order: Sequence[str], figures: Figures,
    words: BarometerWords,
) -> Drawing:  # fmt: skip
    title, colour_of = words[f"chart.{name}"], dict(zip(order, colours, strict=True))
    each = 0.78
    height = each * len(rows) + 0.25
    with sheet(height, title, words[f"chart.{name}_unit"], words, figures.edition) as (paper, svg):
        axes = paper.axes(_LEFT, 0, WIDTH - _LEFT - _RIGHT, height - 0.2)
        percent_axis(axes, words)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks([])
        for place, (label, levels) in enumerate(rows):
            axes.text(-0.015, place - 0.12, label, ha="right", va="center", fontsize=TEXT, color=INK, parse_math=False)
            base = words["chart.base"].format(n=words.number(levels[0].figure.base))
            axes.text(1.18, place - 0.12, base, ha="right", va="center", fontsize=7.5, color=QUIET)
            _stack(axes, place - 0.12, name, levels, colour_of, words)
    told = ((f"{label}, {level_word(name, one.atoms, words)}", one.figure) for label, levels in rows for one in levels)
    return Drawing(name, title, _told(words, told), svg.text)


def _stack(
    axes: Any, place: float, name: str, levels: Sequence[Level], colour_of: Mapping[str, str], words: BarometerWords
) -> None:
    """Draw one distribution, each step with its share inside and its name below; the whole is drawn as 100 %."""
    whole = sum(level.figure.share for level in levels) or 1.0
    left, end = 0.0, -1.0
    for level in levels:
        share = level.figure.share / whole
        colour = colour_of[level.atoms[0] if name == "depth" else min(level.atoms, key=_COMMON.index)]
        axes.barh(place, share, 0.44, left=left, color=colour, edgecolor="white", linewidth=1.2)
        dark = colour in ("#08519c", "#3182bd", FOURTH, "#2f8f5b", "#5b9bc8")
        if share >= 0.035:
            axes.text(
                left + share / 2, place, words.figure(level.figure) if share > 0.06 else words.number(100 * level.figure.share),
                ha="center", va="center", fontsize=TEXT, color="white" if dark else INK, weight="bold",
            )  # fmt: skip
        label = level_word(name, level.atoms, words)
        # A name that would run into its neighbour's goes one line down.
        down, wide = (_BELOW, _LETTER * len(label)) if left >= end else (_FURTHER, 0.0)
        axes.text(
            left + 0.004, place + down, label, ha="left", va="center", fontsize=7.5, color=QUIET, parse_math=False
        )
        end = left + wide if wide else end
        left += share


def _told(words: BarometerWords, rows: Iterable[tuple[str, Figure]]) -> str:
    """Return a drawing in words, for those who do not see it."""
    return "; ".join(
        f"{label}: {words.figure(figure)}" for label, figure in rows if isinstance(figure, (Told, Bounded))
    )
