"""``barometer delays``: how long merchants took to answer, from the records of campaigns."""

import sys
from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer.campaign_status import campaigns
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.probe_options import AsJson, SomeName, moment
from barometer.cli.root import current_settings, opened_database
from barometer.delays import IN_WRITING, Answering, Found, by_category, delays
from barometer.errors import UserError
from barometer.measures.answer_curve import Curve, answer_curve
from barometer.measures.answering import ChannelDelays, channel_delays
from barometer.measures.consistency import across_channels, alike_share
from barometer.measures.delay import Measured
from barometer.reports.delay_words import horizon, median, narrow_share, share
from barometer.statistics import Median, NotMeasured, wilson
from storage.records import utc_now
from storage.vocabulary import Channel

MOST_NOTES = 2
"""Notes on clocks that stand under a drawing (*ours*: there is room for so many)."""


def show(
    name: SomeName = None,
    category: Annotated[str | None, typer.Option("--category", help="Only merchants of this category.")] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="As it stood then, when replies were last read. Default: now."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg", help="Also draw how the answers came in, by channel.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print how long merchants took to answer, by category and merchant, with what each figure rests on.

    Medians are Kaplan and Meier's: who has not answered yet counts as waited for so long, not as left out. Shares stand
    with their denominator and their interval. Phone calls are timed at the desk, and are not in here.

    Example: [bold]barometer delays spring --category shoes --plot answers.svg[/bold]
    """
    settings = current_settings()
    now = moment(until, ZoneInfo(settings.probes.timezone), time.max, "--until") if until else utc_now()
    with opened_database(settings) as database, database.reading() as session:
        found = delays(session, campaigns(session, name), now, category)
    if not found.merchants:
        what = "no attempt in writing was planned" + (f" in the category '{category}'" if category else "")
        raise UserError(what, "see: barometer probe status")
    if as_json:
        sys.stdout.write(json_text(_told(found)) + "\n")
    else:
        _print(found)
    if plot is not None:
        _draw(plot, found, name or "All campaigns")


def clock_notes(found: Found) -> list[str]:
    """Return a line for each campaign whose hours were not measured: a demonstration's run on a clock of their own."""
    return [
        f"'{printable(name)}' is a demonstration: {factor:,} s of its clock passed in one second, and only that was measured"
        for name, factor in found.clocks.items()
    ]


def _print(found: Found) -> None:
    console = Console(highlight=False)
    for note in clock_notes(found):
        console.print(Text(note, "yellow"), "")
    for channel in IN_WRITING:
        everything = _figures(found.merchants).get(channel)
        if everything is not None and everything.counts.accepted:
            console.print(_table(channel, found, everything))
        elif everything is not None:
            console.print(f"{_shown(channel)}: no attempt was accepted so far; left out: {_left_out(everything)}")
    for line in _across_words(found):
        console.print(line, markup=False)


def _table(channel: Channel, found: Found, everything: ChannelDelays) -> Table:
    """Return the figures of one channel, a line a category and one a merchant that was reached on it."""
    rows = [
        (category, _figures(everyone).get(channel), [(one, _figures([one]).get(channel)) for one in everyone])
        for category, everyone in by_category(found.merchants)
    ]
    table = Table(
        title=f"{_shown(channel)}: answered in person", title_justify="left",
        header_style="bold", box=None, pad_edge=False, collapse_padding=True,
    )  # fmt: skip
    heads = (
        "merchant",
        "answered",
        "median",
        *(f"by {horizon(one.seconds)}" for one in everything.answered_by),
        "receipt",
    )
    for column in heads:
        table.add_column(column, overflow="fold", min_width=24 if column == "merchant" else None)
    for category, figures, merchants in rows:
        if figures is None or not figures.counts.accepted:
            continue
        table.add_row(Text(printable(category or "no category"), "bold cyan"), *_cells(figures), style="bold")
        for merchant, own in merchants:
            if own is not None and own.counts.accepted:
                table.add_row(Text(f" {printable(merchant.name)}"), *_cells(own))
    table.caption = (
        f"receipt: a machine said that the message had arrived, and when; left out: {_left_out(everything)}\n"
    )
    table.caption_justify = "left"
    return table


def _shown(channel: Channel) -> str:
    return "e-mail" if channel is Channel.EMAIL else str(channel)


def _cells(figures: ChannelDelays) -> list[str]:
    counts = figures.counts
    return [
        narrow_share(wilson(counts.answered, counts.accepted)),
        median(figures.median),
        *(narrow_share(one.share) for one in figures.answered_by),
        _receipts(figures),
    ]


def _receipts(figures: ChannelDelays) -> str:
    """Return how many had a receipt, and after which time half of all had one, if half had."""
    found = figures.acknowledged
    if isinstance(found, NotMeasured) or found.part == 0:
        return "-"
    half = figures.acknowledgement_median
    return f"{found.part} of {found.total}" + (f"\n{median(half)}" if isinstance(half, Median) else "")


def _left_out(figures: ChannelDelays) -> str:
    """Return how many attempts say nothing about the merchant's answers, and why."""
    counts = figures.counts
    reasons = {**counts.blocked, **{str(gap): number for gap, number in counts.not_measured.items()}}
    if counts.bounced_elsewhere:
        reasons["bounced elsewhere"] = counts.bounced_elsewhere
    return ", ".join(f"{number} {why}" for why, number in sorted(reasons.items())) or "none"


def _across_words(found: Found) -> Iterable[str]:
    same = alike_share(across_channels(_all(found.merchants)))
    if not isinstance(same, NotMeasured):
        yield f"\nasked the same on several channels, merchants did alike on all of them: {share(same)}"
    for category, everyone in by_category(found.merchants):
        for channel, figures in _figures(everyone).items():
            reminded = figures.reminders.after_a_reminder
            if not isinstance(reminded, NotMeasured):
                yield f"{printable(category)}, {channel}: answered after a reminder {share(reminded)}"


def _all(merchants: Iterable[Answering]) -> list[Measured]:
    return [one for merchant in merchants for one in merchant.measured]


def _figures(merchants: Iterable[Answering]) -> Mapping[Channel, ChannelDelays]:
    return channel_delays(_all(merchants))


def _told(found: Found) -> dict[str, Any]:
    """Return the figures as JSON shows them; times are in seconds, of the clock of the campaign (``clocks``)."""
    return {
        "clocks": dict(found.clocks),
        "categories": [
            {
                "category": category,
                "channels": _channels(everyone),
                "alike_on_all_channels": _plain(alike_share(across_channels(_all(everyone)))),
                "merchants": [
                    {"merchant": one.key, "name": printable(one.name), "channels": _channels([one])} for one in everyone
                ],
            }
            for category, everyone in by_category(found.merchants)
        ],
    }


def _channels(merchants: Iterable[Answering]) -> dict[str, Any]:
    return {str(channel): _plain(figures) for channel, figures in _figures(merchants).items()}


def _plain(value: Any) -> Any:
    """Return figures as JSON can hold them; what was not measured has its reason, a median that is longer says so."""
    if isinstance(value, NotMeasured):
        return {"not_measured": value.reason}
    if hasattr(value, "_asdict"):
        told = {key: _plain(one) for key, one in value._asdict().items()}
        if type(value).__name__ == "LongerThan":
            told["longer_than"] = told.pop("seconds")
        return told
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def _draw(file: Path, found: Found, title: str) -> None:
    """Write the drawing; raises :class:`UserError` when there is nothing to draw, or nowhere to write."""
    from barometer.reports.answer_plot import answer_plot

    measured = _all(found.merchants)
    drawn = {channel: answer_curve(one for one in measured if one.attempt.channel is channel) for channel in IN_WRITING}
    curves = {channel: curve for channel, curve in drawn.items() if isinstance(curve, Curve)}
    if not curves:
        raise UserError("--plot: no attempt has been accepted yet, so there is nothing to draw", "send some first")
    notes = [
        "Kaplan-Meier estimate and its 95 % interval. Attempts still unanswered count as waited for; what bounced, as never.",
        *clock_notes(found)[:MOST_NOTES],
    ]
    try:
        file.write_text(answer_plot(curves, printable(title)[:80], "\n".join(notes)), "utf-8")
    except OSError as error:
        raise UserError(f"--plot {file}: {error.strerror or error}", "name a file in a folder that exists") from None
    stderr.print(f"drawn: {printable(str(file))}", markup=False)
