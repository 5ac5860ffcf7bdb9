"""``barometer probe send``: what is due leaves, or is shown as it would leave."""

import asyncio
import signal
from collections import Counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from barometer import campaign_status as seen
from barometer import probing
from barometer.cli import options
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.probe_options import AsJson, Channels, SomeName, said
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.probe_configuration import guard_of, require_configured
from barometer.settings import Settings
from probes.campaign_life import sweep
from probes.delivering import Told
from probes.lease import Busy, Lease, LeaseLost, held_lease
from probes.ledger import read_ledger, waiting_count
from probes.recovery import recover
from probes.sending import ASKED_TO_STOP, Ended, Outbox, send_due
from storage.database import Database
from storage.records import utc_now


def send(
    name: SomeName = None,
    really: Annotated[
        bool, typer.Option("--really", help="Send it. Without this, only show what would be sent, to whom, when.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="With --really: go on until nothing is left to send, through quiet hours.")
    ] = False,
    channel: Channels = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Attempts that a dry run shows.")] = 50,
    as_json: AsJson = False,
    allow_private: options.AllowPrivate = False,
    map_host: options.MapHost = None,
) -> None:
    """Show what would be sent now; with --really, send what is due and allowed, one attempt at a time.

    Broken off by Ctrl-C it ends after the attempt in hand; killed at any moment, the next one goes on: nothing is sent
    twice, and what may or may not have left is listed as unknown. Attempts that people make wait at the desk.

    Example: [bold]barometer probe send spring --really --watch[/bold]
    """
    settings = current_settings()
    channels = channel or list(probing.written_channels(settings))
    with opened_database(settings) as database:
        with database.reading() as session:
            contests = [one.contest for one in seen.campaigns(session, name)]
        if not really:
            _preview(database, settings, name, limit, as_json)
            return
        with database.reading() as session:
            waiting = waiting_count(session, channels, name)
            require_configured(settings, set(waiting), any(contests))
            probing.require_operator(settings, session)
            probes = probing.probes_for(
                settings, channels, unchecked_domains=probing.reserved_domains(settings, session),
                allow_private=allow_private, map_hosts=tuple(map_host or ()),
            )  # fmt: skip
        outbox = probing.outbox(database, settings, probes)
        ended, counts = _sent(outbox, database, name, watch, sum(waiting.values()))
    if as_json:
        said(json_text({"ended": ended.why, "broken": ended.broken, "attempts": dict(sorted(counts.items()))}))
    if ended.broken:
        raise UserError(ended.why, "mend it, and run the same command again: nothing was lost")
    stderr.print(Text(printable(f"ended: {ended.why}")), soft_wrap=True)
    if ended.why == ASKED_TO_STOP:
        raise typer.Exit(130)


def _sent(outbox: Outbox, database: Database, name: str | None, watch: bool, total: int) -> tuple[Ended, Counter[str]]:
    """Hold the lease, settle what a dead sender left, and send; return why that ended and what became of how many."""
    counts: Counter[str] = Counter()
    columns = (
        TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[last]}"), TimeElapsedColumn(),
    )  # fmt: skip
    try:
        with (
            held_lease(database) as lease,
            Progress(*columns, console=stderr, disable=not stderr.is_terminal) as progress,
        ):
            task = progress.add_task("", total=total, last="")
            _recover(database, lease)

            def tell(told: Told) -> None:
                counts[str(told.outcome.state)] += bool(told.attempt_id)
                line = printable(f"{told.outcome.state}: {told.channel or ''} {told.target}: {told.outcome.why}")
                progress.console.print(Text(" ".join(line.split())), soft_wrap=True)
                progress.update(task, advance=1, last=str(told.outcome.state))

            outbox.tell = tell
            return asyncio.run(_until_stopped(outbox, lease, name, watch)), counts
    except Busy as busy:
        raise UserError(str(busy), "one sender at a time is enough; wait for it, or end it") from None
    except LeaseLost as lost:
        raise UserError(str(lost), "let that one finish") from None


def _recover(database: Database, lease: Lease) -> None:
    recovered = recover(database, lease)
    with database.session() as session:
        lease.renew(session)
        sweep(session, utc_now())
    if recovered.released or recovered.unknown:
        stderr.print(
            f"a sender had been broken off: {len(recovered.released)} attempts put back, {len(recovered.unknown)} unknown"
        )


async def _until_stopped(outbox: Outbox, lease: Lease, name: str | None, watch: bool) -> Ended:
    """Send until nothing is left, or until somebody asks to stop: once politely, a second time at once."""
    stopping = asyncio.Event()
    sending = asyncio.current_task()

    def stop() -> None:
        if stopping.is_set() and sending is not None:
            sending.cancel()
        stderr.print("ending after the attempt in hand; once more to end at once")
        stopping.set()

    async def pause(seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await stopping.wait()
        except TimeoutError:
            pass

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    outbox.pause, outbox.stopping = pause, stopping.is_set
    try:
        return await send_due(outbox, lease, name, watch)
    except asyncio.CancelledError:
        return Ended(ASKED_TO_STOP)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _preview(database: Database, settings: Settings, name: str | None, limit: int, as_json: bool) -> None:
    now = utc_now()
    with database.reading() as session:
        guard = guard_of(settings, session)
        ledger = read_ledger(session, guard, now, settings.probes.stop_file)
        rows = seen.previewed(session, guard, ledger, now, name, limit)
    if as_json:
        said(json_text({"dry_run": True, "attempts": rows}))
        return
    if rows:
        table = Table(box=None, pad_edge=False)
        for heading in ("when (UTC)", "campaign", "merchant", "channel", "to", "subject", "guard"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(str(cell or ""))) for cell in _cells(row)))
        Console(highlight=False).print(table)
    stderr.print(f"dry run: {len(rows)} attempts shown, nothing was sent" if rows else "nothing is left to send")
    if rows:
        stderr.print("send what is due with: barometer probe send --really")


def _cells(row: dict[str, Any]) -> list[Any]:
    when = row["planned_for"].replace("T", " ").removesuffix("Z")
    until = f" (until {row['until']})" if row["until"] and row["verdict"] not in ("planned", "leaves now") else ""
    return [
        when,
        row["campaign"],
        row["merchant"],
        row["channel"],
        row["target"],
        row["subject"],
        row["verdict"] + until,
    ]
