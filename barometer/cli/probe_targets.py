"""``barometer probe targets``: whether what attempts are to go to can be written to."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Annotated, Any

import typer

from barometer import campaign_status as seen
from barometer import probing
from barometer.cli import options
from barometer.cli.console import json_text, stderr
from barometer.cli.probe_options import AsJson, Channels, SomeName, said
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.probe_configuration import require_configured
from probes.checks import Place, check, unchecked
from probes.probe import Probe, Unreachable
from storage.database import Database
from storage.vocabulary import Channel


def targets(
    name: SomeName = None,
    channel: Channels = None,
    again: Annotated[bool, typer.Option("--again", help="Also look at those that were looked at before.")] = False,
    as_json: AsJson = False,
    allow_private: options.AllowPrivate = False,
    map_host: options.MapHost = None,
) -> None:
    """Look once at every target that attempts are to go to: does the domain take mail, is the form still there?

    Nothing is written to anybody. What is not looked at here is looked at before its first use.

    Example: [bold]barometer probe targets spring[/bold]
    """
    settings = current_settings()
    channels = channel or list(probing.written_channels(settings))
    with opened_database(settings) as database:
        with database.reading() as session:
            seen.campaigns(session, name)
            places = unchecked(session, channels, name, again)
            require_configured(settings, {place.channel for place in places})
            probing.require_operator(settings, session)
            makers = probing.probes_for(
                settings, channels, unchecked_domains=probing.reserved_domains(settings, session),
                allow_private=allow_private, map_hosts=tuple(map_host or ()),
            )  # fmt: skip

        try:
            found = asyncio.run(_looked_at(database, places, makers))
        except Unreachable as error:
            raise UserError(str(error), "mend it, and run the same command again") from None
    if as_json:
        said(json_text(found))
        return
    for one in found:
        why = f": {one['why']}" if one["why"] else ""
        said(f"{'good' if one['good'] else 'bad'}: {one['channel']} {one['target']}{why}")
    stderr.print(f"{len(found)} targets looked at, {sum(not one['good'] for one in found)} of them bad")


async def _looked_at(
    database: Database, places: list[Place], makers: Mapping[Channel, Callable[[], Probe]]
) -> list[dict[str, Any]]:
    """Look at *places*, a channel at a time, and return what was found."""
    found = []
    for channel, mine in groupby(places, key=lambda place: place.channel):
        async with makers[channel]() as probe:
            for place in mine:
                checked = await check(database, probe, place)
                found.append({"channel": channel, "target": place.target, "good": checked.good, "why": checked.why})
    return found
