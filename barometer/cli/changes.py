"""``barometer changes``: what moved over the nights, in words, as a table, as a feed."""

import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from barometer.cli import options
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.history.asked import CONFIRM
from barometer.reports.wording import Language
from storage.vocabulary import Channel, Profile

MOST_CONFIRM = 30
"""Nights in a row that may be asked for (*ours*)."""
STANDARD_OUTPUT = "-"

Confirm = Annotated[
    int,
    typer.Option("--confirm", metavar="N", min=1, max=MOST_CONFIRM, help="Measured nights in a row that make a state."),
]
WindowProfile = Annotated[Profile, typer.Option("--profile", help="The window that was looked through.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language of the sentences.")]


def changes(
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="The first night, such as 2026-11-20.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last night, as it stood then. Default: today.")
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only merchants of this category.")] = None,
    merchant: Annotated[
        str | None, typer.Option("--merchant", metavar="NAME", help="Only this one, by its key, name, host or address.")
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option("--channel", metavar="NAMES", help="Only these, such as phone,email. Default: all twelve."),
    ] = None,
    confirm: Confirm = CONFIRM,
    profile: WindowProfile = Profile.DESKTOP,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
    csv: Annotated[
        str | None, typer.Option("--csv", metavar="FILE|-", help="Write the changes as a table; - is standard output.")
    ] = None,
    atom: Annotated[
        str | None, typer.Option("--atom", metavar="FILE|-", help="Write them as an Atom feed; - is standard output.")
    ] = None,
    lang: Lang = Language.ENGLISH,
) -> None:
    """Say in words what moved over the nights: depths, numbers, prices, what vanished or appeared, sites out of reach.

    A move is news once it was seen on two measured nights in a row (--confirm), and what was there before likewise: what
    comes and goes is told apart, once. A night on which something could not be measured changes nothing. What began together
    with a change of ours (version, way of reading) is told apart as well. Told is what was confirmed from --since on.

    For the operator, and not for publication: it names merchants. Those on the opt-out list are left out.

    Example: [bold]barometer changes --since 2026-11-20 --category shoes --atom moved.xml[/bold]
    """
    from barometer import panel
    from barometer.history.asked import Asked, days_asked, today_in
    from barometer.history.found import found_changes
    from barometer.history.named import named_merchant
    from barometer.reports.history_words import history_words

    if [as_json, csv == STANDARD_OUTPUT, atom == STANDARD_OUTPUT].count(True) > 1:
        raise UserError("two formats want standard output", "give a file to one of them")
    settings = current_settings()
    zone = ZoneInfo(settings.schedule.timezone)
    first, last = days_asked(since, until, today_in(zone))
    asked = Asked(first, last, zone, named_channels(channels), confirm, profile)
    for option, target in (("--csv", csv), ("--atom", atom)):
        refuse_unwritable(option, target)
    with opened_database(settings) as database, database.reading() as session:
        selected = panel.merchants(session, category)
        if merchant is not None:
            selected = [named_merchant(selected, merchant)]
        found = found_changes(session, selected, asked)
    words = history_words(lang)
    told = False
    if csv is not None:
        from barometer.reports.history_csv import changes_csv

        told |= write("--csv", csv, changes_csv(found, words))
    if atom is not None:
        from barometer.reports.history_atom import changes_atom

        selection = selected[0].name if merchant is not None else category
        told |= write("--atom", atom, changes_atom(found, asked, words, settings.operator.name, selection))
    if as_json:
        from barometer.reports.history_json import changes_json

        sys.stdout.write(printable(json_text(changes_json(found, asked, words, category))) + "\n")
    elif not told:
        from rich.console import Console

        from barometer.reports.history_terminal import changes_text

        Console(file=sys.stdout, highlight=False).print(changes_text(found, asked, words))
    if found.left_alone:
        stderr.print(f"left out, since they asked to be left alone: {found.left_alone}")


def named_channels(names: str | None) -> frozenset[Channel]:
    """Return the channels that *names* lists, all where it is ``None``; raises :class:`UserError` for another word."""
    try:
        return options.channel_set(names)
    except UserError as error:
        raise UserError(error.what.replace("--channels", "--channel"), error.remedy) from None


def refuse_unwritable(option: str, target: str | None) -> None:
    """Raise :class:`UserError` where *target* cannot be written: that is better said before minutes are spent."""
    if target is None or target == STANDARD_OUTPUT:
        return
    file = Path(target)
    try:
        why = "is a folder" if file.is_dir() else "" if file.parent.is_dir() else "lies in a folder that is not there"
    except OSError as error:
        raise UserError(f"{option} {printable(target)}: {error.strerror}", "give a file that can be written") from None
    if why:
        raise UserError(f"{option} {printable(target)}: {why}", "give a file in a folder that exists")


def write(option: str, target: str, text: str) -> bool:
    """Write *text* to the file *target* as a whole, or to standard output; return whether it went there.

    Raises :class:`UserError` where the file cannot be written.
    """
    from barometer.audit_files import write_atomically

    if target == STANDARD_OUTPUT:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.flush()
        return True
    try:
        write_atomically(Path(target), text)
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(f"{option} {printable(target)}: {why}", "give a file that can be written") from None
    stderr.print(f"written: {printable(target)}", markup=False)
    return False
