"""``barometer probe poll``: what came back is taken in."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from barometer import probing, social_watching
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.probe_options import AsJson, said
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.last_reading import remember_reading
from barometer.social_watching import Watch
from probes.campaign_life import sweep
from probes.probe import Unreachable
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import utc_now

if TYPE_CHECKING:
    from probes.mail.imap import ImapFolder
    from probes.mail.maildir import Maildir

WAIT_SECONDS = 60.0
"""How long a watching poll waits for the server to tell of something new (*ours*)."""


def poll(
    watch: Annotated[bool, typer.Option("--watch", help="Go on: wait for what arrives, until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read what came back, keep it as it arrived, and say which attempts it answers.

    Reading changes nothing in the mailbox: nothing is marked, moved or deleted. On X and Facebook, where the settings hold
    a token, the answers to posts whose link is known are read. What cannot be tied to one attempt waits for a person:
    barometer replies review. Attempts whose window has passed count as unanswered from now on.

    Example: [bold]barometer probe poll[/bold]
    """
    settings = current_settings()
    with opened_database(settings) as database:
        with database.reading() as session:
            sources = probing.sources(settings, session)
        social = Watch(social_watching.networks(settings), _tell)
        if not sources and not social.networks:
            raise UserError("there is nowhere to read answers from", "fill in mail.imap_host or mail.maildir")
        store = EvidenceStore(settings.evidence)
        began = utc_now()
        try:
            counts = asyncio.run(_polled(database, store, sources, social, watch))
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except Unreachable as error:
            raise UserError(str(error), "mend it, and run the same command again: nothing was lost") from None
        # What was not read because of us is not yet unanswered.
        if social.problem is None:
            with database.session() as session:
                remember_reading(session, began)
                counts |= {str(state): count for state, count in sweep(session, began).items()}
    _tell_counts(counts, as_json)
    if social.problem is not None:
        raise social.problem


def _tell(line: str) -> None:
    stderr.print(Text(printable(line)), soft_wrap=True)


def _tell_counts(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        said(json_text(counts))
        return
    told = f"{counts['replies']} replies, {counts['own_copies']} copies of our own messages, {counts['known']} known already"
    stderr.print(Text(printable(told)))
    if counts["others"]:
        stderr.print(f"{counts['others']} posts or comments by others than the merchant were left aside")
    if counts.get("expired"):
        stderr.print(f"{counts['expired']} attempts count as unanswered: their window has passed")


async def _polled(
    database: Database, store: EvidenceStore, sources: "list[ImapFolder | Maildir]", social: Watch, watch: bool
) -> dict[str, int]:
    """Take in what is there, from every source and network; with *watch* again and again, whatever is away for a while."""
    from probes.mail.imap import ImapFolder

    counts: Counter[str] = Counter(replies=0, own_copies=0, known=0, others=0)
    told: str | None = None
    try:
        while True:
            problem, began = None, utc_now()
            counts.update(await social.look(database, store))
            for source in sources:
                try:
                    counts.update(await _taken_in(database, store, source, watch))
                except Unreachable as error:
                    if not watch:
                        raise
                    problem = f"{error}; looked at again every minute"
            if not watch:
                return dict(counts)
            problem = str(social.problem) if problem is None and social.problem is not None else problem
            if problem is None:
                with database.session() as session:
                    remember_reading(session, began)
                    sweep(session, began)
            elif problem != told:
                _tell(problem)
            told = problem
            # When an answer came in is the mail server's word, so it does not matter how soon it is read.
            waits = [_waited(source) for source in sources] or [asyncio.sleep(WAIT_SECONDS)]
            await asyncio.gather(*waits)
    finally:
        for source in sources:
            if isinstance(source, ImapFolder):
                await source.close()


async def _taken_in(
    database: Database, store: EvidenceStore, source: "ImapFolder | Maildir", watch: bool
) -> dict[str, int]:
    """Take in what *source* holds; raises :class:`Unreachable`."""
    from probes.intake import take_in

    taken = await take_in(database, store, source)
    if watch and taken.replies:
        _tell(f"{source.name}: {taken.replies} replies")
    return taken._asdict()


async def _waited(source: "ImapFolder | Maildir") -> None:
    """Wait until *source* may hold something new, a minute where it is away."""
    try:
        await source.wait(WAIT_SECONDS)
    except Unreachable:
        await asyncio.sleep(WAIT_SECONDS)
