"""What the commands of ``barometer probe`` have in common: their options, and how dates and people are read."""

import sys
from datetime import UTC, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from barometer.cli.console import printable, stderr
from barometer.errors import UserError
from schedules.shortfalls import DoesNotFit
from storage.vocabulary import Channel

Name = Annotated[str, typer.Argument(metavar="NAME", help="The campaign, by its name.")]
SomeName = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this campaign. Default: all.")]
By = Annotated[str, typer.Option("--by", metavar="'FIRST LAST'", help="Who decides it: your first and last name.")]
Channels = Annotated[
    list[Channel] | None,
    typer.Option("--channel", help="Only this channel. May be repeated. Default: all on which the program writes."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


SHORTFALLS_SHOWN = 10
"""Limits that a plan breaks which are named before they are only counted (*ours*)."""


def person(by: str) -> str:
    """Return the name of the person who decides; raises :class:`UserError` for anything but a first and a last name."""
    name = " ".join(by.split())
    letters = [part for part in name.split() if any(sign.isalpha() for sign in part)]
    if len(letters) < 2 or len(name) > 100 or not name.isprintable():
        raise UserError("--by: a person's first and last name are wanted", '--by "Camille Durand"')
    return name


def moment(text: str, zone: ZoneInfo, of_day: time, option: str) -> datetime:
    """Return the moment that *text* names, in UTC: ``2027-03-31`` at *of_day*, or ``2027-03-31T14:00``, in *zone*.

    Raises :class:`UserError`, which names *option*, for what is no such moment.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= 10:
            found = datetime.combine(found.date(), of_day)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(f"{option}: '{text[:40]}' is no date", "write it like 2027-03-31 or 2027-03-31T14:00") from None


def said(line: str) -> None:
    """Print *line* on standard output, where results go."""
    sys.stdout.write(printable(line) + "\n")


def refused(unfit: DoesNotFit) -> UserError:
    """Return the error that says that a plan does not fit, after the sums that show why."""
    for short in unfit.shortfalls[:SHORTFALLS_SHOWN]:
        subject = f"{short.subject}: " if short.subject else ""
        stderr.print(Text(printable(f"{short.limit}: {subject}{short.sum}")), soft_wrap=True)
    if len(unfit.shortfalls) > SHORTFALLS_SHOWN:
        stderr.print(f"and {len(unfit.shortfalls) - SHORTFALLS_SHOWN} more limits of the kind")
    return UserError(
        f"{unfit.wanted:,} attempts are wanted and {max(unfit.fit, 0):,} fit",
        "ask for fewer, for a longer time, or raise the limit that is named above",
    )
