"""``barometer history``: one merchant over the nights, channel by channel."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from barometer.cli.changes import Confirm, Lang, WindowProfile, named_channels, refuse_unwritable, write
from barometer.cli.console import json_text, printable
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.history.asked import CONFIRM
from barometer.reports.wording import Language
from storage.vocabulary import Profile

if TYPE_CHECKING:
    from barometer.history.asked import Asked
    from barometer.history.found import Told


def history(
    merchant: Annotated[str, typer.Argument(metavar="MERCHANT", help="Its key, name, host or address.")],
    channels: Annotated[
        str | None,
        typer.Option("--channel", metavar="NAMES", help="Only these, such as phone,email. Default: all twelve."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="The first night. Default: the first that is stored.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last night. Default: today.")
    ] = None,
    confirm: Confirm = CONFIRM,
    profile: WindowProfile = Profile.DESKTOP,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every night.")] = False,
    svg: Annotated[str | None, typer.Option("--svg", metavar="FILE|-", help="Also draw the nights.")] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE|-", help="Also write a page with the drawing and what moved.")
    ] = None,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Show how many clicks each channel of a merchant was away, night by night, and what moved.

    One line a channel: the higher the bar, the farther; a cross where it was not found, a blank where it was not measured.

    For the operator, and not for publication. A merchant on the opt-out list has no history.

    Example: [bold]barometer history www.shop.example --html shop.html[/bold]
    """
    from barometer.reports.history_words import history_words

    if [as_json, svg == "-", html == "-"].count(True) > 1:
        raise UserError("two formats want standard output", "give a file to one of them")
    for option, target in (("--svg", svg), ("--html", html)):
        refuse_unwritable(option, target)
    words = history_words(lang)
    told, asked = _told(_Question(merchant, since, until, channels, confirm, profile))
    taken = False
    if svg is not None:
        from barometer.reports.history_chart import history_svg

        taken |= write("--svg", svg, history_svg(told, asked, words))
    if html is not None:
        from barometer.reports.history_page import history_page

        taken |= write("--html", html, history_page(told, asked, words))
    if as_json:
        from barometer.reports.history_json import history_json

        sys.stdout.write(printable(json_text(history_json(told, asked, words))) + "\n")
    elif not taken:
        from rich.console import Console

        from barometer.reports.history_terminal import history_text

        console = Console(file=sys.stdout, highlight=False)
        console.print(history_text(told, asked, words, console.width))


@dataclass(frozen=True)
class _Question:
    """The words of the command that say what is asked."""

    merchant: str
    since: str | None
    until: str | None
    channels: str | None
    confirm: int
    profile: Profile


def _told(question: _Question) -> "tuple[Told, Asked]":
    """Return the merchant's history; raises :class:`UserError` for wrong days, and for a merchant that is left alone."""
    from barometer import panel
    from barometer.history.asked import Asked, days_asked, today_in
    from barometer.history.found import told_of
    from barometer.history.named import named_merchant
    from barometer.history.stored_nights import first_day
    from barometer.optout import optouts

    settings = current_settings()
    zone = ZoneInfo(settings.schedule.timezone)
    first, last = days_asked(question.since, question.until, today_in(zone))
    asked = Asked(first, last, zone, named_channels(question.channels), question.confirm, question.profile)
    with opened_database(settings) as database, database.reading() as session:
        found = named_merchant(panel.merchants(session), question.merchant)
        if optouts(session).honoured([found]).left_alone:
            raise UserError(f"'{found.key}' asked to be left alone", "see: barometer optout list")
        if question.since is None:
            begun = first_day(session, found.id, asked)
            asked = asked._replace(since=min(begun or last, last))
        return told_of(session, found, asked), asked
