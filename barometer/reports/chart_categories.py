"""A drawing of the same figures in every category, side by side, in the order of their names: it ranks nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

from barometer.figures import Figures
from barometer.figures.disclosure import Bounded, Figure, Told, Withheld
from barometer.reports.barometer_words import BarometerWords
from barometer.reports.chart_frame import INK, MAIN, PALE, QUIET, WIDTH, Drawing, interval, percent_axis, sheet
from barometer.reports.merchant_text import legible

PANELS = (
    ("phone", "shown", "row.phone_shown"), ("phone", "premium", "row.phone_premium"),
    ("answers.phone", "within_60", "panel.calls"), ("answers.email", "within_86400", "panel.emails"),
)  # fmt: skip
"""What is drawn, from the left: family, question, and its title."""
MOST = 26
"""Categories that fit on a page (*ours*); the others stand in the tables."""
LONGEST = 26
"""Characters of a category's name beside its dots (*ours*)."""
_LEFT, _ROW = 1.95, 0.24


def categories_chart(figures: Figures, words: BarometerWords) -> Drawing | None:
    """Return the drawing, or ``None`` where nothing may be told of any category."""
    panels = [
        (
            words[title],
            {name: row[question] for name, row in figures.families[family].by_category.items() if question in row},
        )
        for family, question, title in PANELS
        if family in figures.families
    ]
    panels = [(title, rows) for title, rows in panels if any(not isinstance(one, Withheld) for one in rows.values())]
    if not panels:
        return None
    shown, more = figures.categories[:MOST], len(figures.categories) - MOST
    notes = [words["chart.bases"], *([words["chart.others"].format(n=more)] if more > 0 else [])]
    title, height = words["chart.categories"], _ROW * len(shown) + 0.62
    with sheet(height, title, words["chart.categories_unit"], words, figures.edition, notes) as (paper, svg):
        room = (WIDTH - _LEFT - 0.1) / len(panels)
        for number, (name, rows) in enumerate(panels):
            axes = paper.axes(_LEFT + number * room, 0.3, room - 0.24, height - 0.52)
            percent_axis(axes, words)
            axes.set_xticks([0, 0.5, 1], ["0", "50", words.percent(1)], fontsize=7)
            axes.set_title(name, loc="left", fontsize=8, color=INK, weight="bold", pad=6)
            axes.set_ylim(len(shown) - 0.5, -0.5)
            axes.set_yticks([])
            for place, category in enumerate(shown):
                if place % 2 == 0:
                    axes.axhspan(place - 0.5, place + 0.5, color=PALE, alpha=0.45, linewidth=0, zorder=0)
                _mark(axes, place, rows.get(category), words)
                if number == 0:
                    label = f"{legible(category, LONGEST) or '?'}{_base(category, [rows for _, rows in panels], words)}"
                    axes.text(
                        -0.06,
                        place,
                        label,
                        ha="right",
                        va="center",
                        fontsize=8,
                        color=INK,
                        parse_math=False,
                        clip_on=False,
                    )
    return Drawing("categories", title, "; ".join(name for name, _ in panels), svg.text)


def _base(category: str, panels: Sequence[Mapping[str, Figure]], words: BarometerWords) -> str:
    """Return about how many merchants a category has, where anything is told of it: the most that any panel rests on."""
    figures = [rows[category] for rows in panels if category in rows]
    told = [figure.base for figure in figures if not isinstance(figure, Withheld)]
    return f"  ({words.number(max(told))})" if told else ""


def _mark(axes: Any, place: int, figure: Figure | None, words: BarometerWords) -> None:
    """Draw a dot with its interval; an arrow where only a bound may be told; a dash where nothing may."""
    match figure:
        case Told(share=share, low=low, high=high):
            interval(axes, place, low, high, QUIET)
            axes.plot(
                [share],
                [place],
                "o",
                color=MAIN,
                markersize=5,
                markeredgecolor="white",
                markeredgewidth=0.6,
                zorder=5,
                clip_on=False,
            )
        case Bounded(at_least=None, at_most=share) if share is not None:
            _arrow(axes, place, share, 0.0)
        case Bounded(at_least=share) if share is not None:
            _arrow(axes, place, share, 1.0)
        case _:
            axes.text(0.5, place, "\u2013", ha="center", va="center", fontsize=8, color=QUIET)


def _arrow(axes: Any, place: int, bound: float, end: float) -> None:
    axes.plot([bound, bound], [place - 0.24, place + 0.24], color=MAIN, linewidth=1.6, zorder=4)
    axes.annotate(
        "", (end, place), (bound, place), annotation_clip=False,
        arrowprops={"arrowstyle": "-|>", "color": MAIN, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 7},
    )  # fmt: skip
