"""The part of ``barometer demo`` that contacts the market, and what it prints of that."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from barometer.campaign_status import campaigns
from barometer.cli.console import printable, stderr
from barometer.cli.root import opened_database
from barometer.delays import Answering, by_category, delays
from barometer.demo.clock import FACTOR
from barometer.demo.contacts import WINDOW, Contacts, Ran, demo_settings
from barometer.demo.post_office import PostOffice
from barometer.measures.answering import ChannelDelays, channel_delays
from barometer.measures.delay import (
    Answered,
    Blocked,
    Bounced,
    Expired,
    Gap,
    Measured,
    NotMeasured,
    Pending,
)
from barometer.measures.delay import (
    Outcome as Came,
)
from barometer.reports.delay_words import duration, share
from barometer.settings import Settings
from barometer.statistics import LongerThan, Median
from probes.delivering import Told
from storage.database import Database
from storage.vocabulary import Channel, ReplyKind

SCALE = "One second of this demonstration stands for one hour: only the seconds were measured."


def contact(
    settings: Settings,
    office: PostOffice,
    sites: Iterable[str],
    channels: tuple[Channel, ...],
    folder: Path,
    show: bool,
) -> dict[str, Any]:
    """Contact the merchants at *sites* on *channels*, *show* what came of it, and return it as a plain value."""
    settings = demo_settings(settings, office, folder)
    with opened_database(settings) as database:
        with _progress() as (tell, waiting):
            contacts = Contacts(database, settings, office.clock, channels, tell, waiting)
            wanted = contacts.plan(set(sites))
            stderr.print(f"{wanted} attempts planned and let go; one second stands for one hour from here on")
            ran = contacts.run()
        stderr.print(f"sending ended: {printable(ran.ended.why)}")
        found = _found(database, ran)
    if show:
        _print_attempts(ran, found)
        _print_categories(found)
    return _told(ran, found)


@contextmanager
def _progress() -> Iterator[tuple[Any, Any]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[last]}"), TimeElapsedColumn())
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as progress:
        sending = progress.add_task("sending", total=None, last="")
        waited = progress.add_task("waiting for answers", total=1.0, last="", visible=False)

        def tell(told: Told) -> None:
            line = " ".join(printable(f"{told.outcome.state}: {told.channel or ''} {told.target}").split())
            progress.update(sending, last=line)
            if not stderr.is_terminal:
                stderr.print(Text(line), soft_wrap=True)

        def waiting(part: float) -> None:
            progress.update(sending, visible=False)
            progress.update(waited, completed=part, visible=True)

        yield tell, waiting


def _found(database: Database, ran: Ran) -> tuple[Answering, ...]:
    with database.reading() as session:
        return delays(session, campaigns(session, ran.name), ran.until).merchants


def _print_attempts(ran: Ran, found: Iterable[Answering]) -> None:
    table = Table(
        title="Attempts and answers",
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
        collapse_padding=True,
    )
    for column in ("merchant", "channel", "sent at", "acknowledged", "answered"):
        table.add_column(column, overflow="fold", justify="right" if column == "sent at" else "left")
    without = 0
    for category, merchants in by_category(found):
        table.add_row(Text(printable(category), "bold cyan"))
        for merchant in merchants:
            for one in merchant.measured:
                if one.outcome == Blocked("no_address"):
                    without += 1
                    continue
                table.add_row(Text(f" {printable(merchant.name)}"), _short(one.attempt.channel), *_cells(one, ran))
    table.caption = (
        f"{SCALE}\nSilence counts after {duration(WINDOW.total_seconds())}; "
        f"{without} more attempts found no address or no form on the site"
    )
    _out().print(table)


def _print_categories(found: Iterable[Answering]) -> None:
    table = Table(
        title="\nAnswered, by category",
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
        collapse_padding=True,
    )
    for column in ("category", "channel", "answered (95 %)", "median (Kaplan-Meier)"):
        table.add_column(column, overflow="fold")
    for category, merchants in by_category(found):
        for channel, figures in _figures(merchants).items():
            if figures.counts.accepted:
                table.add_row(Text(printable(category)), _short(channel), _answered(figures), _median(figures))
    table.caption = "what bounced counts as not answered, what nobody has answered yet as waited for so long"
    _out().print(table)


def _plain_table(title: str) -> Table:
    """Return an empty table that fits 80 columns."""
    return Table(
        title=title, title_justify="left", caption_justify="left", header_style="bold", box=None, pad_edge=False,
        collapse_padding=True,
    )  # fmt: skip


def _answered(figures: ChannelDelays) -> str:
    from barometer.statistics import wilson  # it loads scipy

    return share(wilson(figures.counts.answered, figures.counts.accepted))


def _median(figures: ChannelDelays) -> str:
    match figures.median:
        case Median(seconds=seconds):
            return _both(seconds)
        case LongerThan():
            return "fewer than half answered"
        case _:
            return "-"


def _figures(merchants: Iterable[Answering]) -> Mapping[Channel, ChannelDelays]:
    return channel_delays(one for merchant in merchants for one in merchant.measured)


def _cells(one: Measured, ran: Ran) -> tuple[str, str, str]:
    t0 = one.attempt.t0
    left = "" if t0 is None else f"{(t0 - ran.began).total_seconds() / FACTOR:.1f} s"
    away = any(reply.counts_as is ReplyKind.OUT_OF_OFFICE for reply in one.attempt.replies)
    return left, _both(one.acknowledged.seconds if one.acknowledged else None), outcome_words(one.outcome, away)


def outcome_words(outcome: Came, away: bool) -> str:
    """Return what came of an attempt of the demonstration, in a few words; *away*: an absence was announced."""
    match outcome:
        case Answered(delay=delay):
            return _both(delay.seconds)
        case Expired(window=window):
            return ("away; " if away else "") + f"not in {_both(window.seconds)}"
        case Pending(age=age):
            return ("away; " if away else "") + f"> {_both(age.seconds)}"
        case Bounced():
            return "bounced"
        case Blocked(why=why):
            return f"blocked: {why}"
        case NotMeasured(reason=reason):
            return "not sent" if reason is Gap.NOT_SENT else f"not measured: {reason}"


def _both(seconds: float | None) -> str:
    """Return a delay as it was measured, and what it stands for."""
    return "" if seconds is None else f"{seconds / FACTOR:.1f} s = {duration(seconds)}"


def _short(channel: Channel) -> str:
    return "e-mail" if channel is Channel.EMAIL else str(channel)


def _told(ran: Ran, found: Iterable[Answering]) -> dict[str, Any]:
    """Return the campaign as JSON shows it; ``seconds`` were measured, ``stands_for_seconds`` were not."""
    return {
        "campaign": ran.name,
        "one_second_stands_for": FACTOR,
        "attempts": [
            {
                "merchant": printable(merchant.name),
                "category": merchant.category,
                "channel": one.attempt.channel,
                "outcome": type(one.outcome).__name__.lower(),
                "why": getattr(one.outcome, "why", None),
                "acknowledged": _scaled(one.acknowledged.seconds if one.acknowledged else None),
                "answered": _scaled(one.outcome.delay.seconds if isinstance(one.outcome, Answered) else None),
                "silent_for": _scaled(_silence(one.outcome)),
                "replies": sorted(str(reply.counts_as) for reply in one.attempt.replies),
            }
            for merchant in found
            for one in merchant.measured
        ],
    }


def _silence(outcome: Came) -> float | None:
    match outcome:
        case Expired(window=span) | Pending(age=span):
            return span.seconds
        case _:
            return None


def _scaled(seconds: float | None) -> dict[str, float] | None:
    return None if seconds is None else {"seconds": round(seconds / FACTOR, 3), "stands_for_seconds": round(seconds)}


def _out() -> Console:
    return Console(highlight=False, stderr=False)
