"""What every drawing of the barometer report has: subject, unit and source, colours, and bars that say how sure they are."""

import io
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from barometer.figures.disclosure import Bounded, Figure, Told, Withheld
from barometer.podium import PublicEdition
from barometer.reports.barometer_words import BarometerWords

WIDTH = 8.2
"""Inches: what a page of A4 is wide between its margins, near enough."""
INK, QUIET, RULE, PALE = "#222222", "#636363", "#d9d9d9", "#ececec"
MAIN, SECOND, THIRD, FOURTH = "#0072B2", "#D55E00", "#009E73", "#8A4F7D"
"""Colours that people with any colour vision tell apart (after Okabe and Ito, 2008; the last one darkened, *ours*)."""
ALARM = "#a3261b"
_TITLE, _UNIT, _NOTE, TEXT = 13, 9.5, 7.5, 9
_INCH_TITLE, _INCH_UNIT, _INCH_TOP, _INCH_FOOT = 0.32, 0.56, 0.80, 0.50


class Drawing(NamedTuple):
    """One picture of the report: its file name without ending, what it shows in words, and the SVG."""

    name: str
    title: str
    description: str
    svg: str


class Sheet(NamedTuple):
    """A sheet to draw on: ``place`` gives axes by inches from the left and from the top of what may be drawn on."""

    figure: Any
    height: float

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Return axes at so many inches from the left and from the top, below the titles."""
        below = self.height - _INCH_TOP - top - height
        axes = self.figure.add_axes((left / WIDTH, below / self.height, width / WIDTH, height / self.height))
        axes.tick_params(length=0, colors=QUIET, labelsize=8.5)
        axes.set_axisbelow(True)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        return axes


class Svg:
    """Where a finished drawing is put."""

    text = ""


@contextmanager
def sheet(
    height: float, title: str, unit: str, words: BarometerWords, edition: PublicEdition, notes: Sequence[str] = ()
) -> Iterator[tuple[Sheet, Svg]]:
    """Give a sheet with so many inches to draw on; when the block ends its SVG is there, the same for the same figures.

    *title* and *notes* are plain text of any kind. A draft says so in a corner.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    whole, done = height + _INCH_TOP + _INCH_FOOT, Svg()
    with mpl.rc_context({"svg.hashsalt": "barometer", "svg.fonttype": "path", "font.family": "DejaVu Sans"}):
        canvas = Canvas(figsize=(WIDTH, whole))
        canvas.text(0.02, 1 - _INCH_TITLE / whole, title, fontsize=_TITLE, color=INK, weight="bold", parse_math=False)
        canvas.text(0.02, 1 - _INCH_UNIT / whole, unit, fontsize=_UNIT, color=QUIET, parse_math=False)
        if edition.published_on is None:
            canvas.text(
                0.98, 1 - _INCH_UNIT / whole, words["page.draft"].upper(), fontsize=8, color=ALARM, weight="bold",
                ha="right", parse_math=False,
            )  # fmt: skip
        yield Sheet(canvas, whole), done
        source = textwrap.shorten(words.source(edition), 150, placeholder=" …")
        foot = "\n".join([" ".join(notes), source] if notes else [source])
        canvas.text(0.02, 0.10 / whole, foot, fontsize=_NOTE, color=QUIET, va="bottom", parse_math=False)
        written = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
            canvas.savefig(written, format="svg", metadata={"Date": None, "Creator": "barometer", "Title": title})
        done.text = written.getvalue()


def percent_axis(axes: Any, words: BarometerWords, labelled: bool = True) -> None:
    """Draw the quiet lines that shares are read by, from 0 to 100 %."""
    axes.set_xlim(0, 1)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(
        ticks, [words.percent(tick) if tick in (0, 0.5, 1) else "" for tick in ticks] if labelled else [""] * 5
    )
    axes.grid(axis="x", color=RULE, linewidth=0.6)


def bar(axes: Any, height: float, figure: Figure, colour: str, words: BarometerWords, thick: float = 0.56) -> None:
    """Draw one share at *height* with its interval and its value; what is only bounded fades, what is not told says so."""
    match figure:
        case Told(share=share, low=low, high=high):
            axes.barh(height, share, thick, color=colour, linewidth=0)
            interval(axes, height, low, high)
            end = max(share, high)
        case Bounded(at_least=None, at_most=share) if share is not None:
            axes.barh(height, share, thick, color="none", edgecolor=colour, linewidth=0.8, hatch="////", alpha=0.6)
            end = share
        case Bounded(at_least=share) if share is not None:
            axes.barh(height, share, thick, color=colour, linewidth=0)
            axes.barh(
                height,
                1 - share,
                thick,
                left=share,
                color="none",
                edgecolor=colour,
                linewidth=0.8,
                hatch="////",
                alpha=0.6,
            )
            _inside(axes, height, share, words.figure(figure), colour)
            return
        case _:
            axes.text(0.01, height, words["chart.not_told"], va="center", fontsize=8, color=QUIET, style="italic")
            return
    axes.text(
        min(end, 1.0) + 0.015,
        height,
        words.figure(figure),
        va="center",
        fontsize=TEXT,
        color=INK,
        weight="bold",
        parse_math=False,
    )


def _inside(axes: Any, height: float, share: float, text: str, colour: str) -> None:
    """Write what a bar that fills the whole width says at the end of its solid part, where nothing else stands."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(colour)
    ink = INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
    axes.text(
        share - 0.015, height, text, ha="right", va="center", fontsize=TEXT, color=ink, weight="bold", parse_math=False
    )


def interval(axes: Any, height: float, low: float, high: float, colour: str = INK) -> None:
    """Draw the interval of a share as a thin line with a pale edge, so that it shows on its bar and beside it."""
    axes.plot([low, high], [height, height], color="white", linewidth=2.6, solid_capstyle="butt", zorder=3)
    axes.plot([low, high], [height, height], color=colour, linewidth=1.1, solid_capstyle="butt", zorder=4)


def base_of(figure: Figure, words: BarometerWords) -> str:
    """Return the denominator as a drawing writes it; nothing where there is none."""
    return "" if isinstance(figure, Withheld) else words["chart.base"].format(n=words.number(figure.base))
