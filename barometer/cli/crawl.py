"""``barometer crawl`` and ``barometer depths``: the whole panel, and what came of it."""

import json
import sys
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from barometer import crawl as work
from barometer import depths as results
from barometer import optout, panel
from barometer.cli import cluster_options, night_progress, options
from barometer.cli.console import printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.measures.depth import Outcome
from barometer.nights.one_pass import claimed_in_batches, read_in_batches
from barometer.nights.terms import Wishes
from barometer.reading import read_and_store
from barometer.reports.terminal import depth_table
from spiders.reading import SiteReading
from storage.database import Database
from storage.problems import StorageProblem
from storage.records import Merchant
from storage.vocabulary import Channel

SHOWN_CHANNELS = (
    Channel.PHONE,
    Channel.EMAIL,
    Channel.CONTACT_PAGE,
    Channel.FORM,
    Channel.CHAT,
    Channel.FACEBOOK,
    Channel.X,
)


def crawl(
    category: Annotated[str | None, typer.Option("--category", help="Only merchants of this category.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="HOST",
            help="Only this merchant, by the host of its site, with its port if it has one. May be repeated.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many merchants.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin a new crawl even if one was broken off.")] = False,
    estimate_only: Annotated[
        bool, typer.Option("--estimate", help="Say what it would take, and read nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    sites_at_once: Annotated[
        int | None, typer.Option("--sites-at-once", min=1, max=1000, help="Sites read side by side.")
    ] = None,
    scheduler: cluster_options.Scheduler = None,
    wait_workers: cluster_options.WaitWorkers = None,
    allow_private: options.AllowPrivate = False,
    map_host: options.MapHost = None,
    channels: options.Channels = None,
    pages: options.Pages = None,
    depth: options.Depth = None,
    seconds: options.Seconds = None,
    delay: options.Delay = None,
    basis: options.BasisOption = None,
    static: options.Static = None,
) -> None:
    """Read the site of every merchant of the panel and store what was seen.

    Broken off by Ctrl-C, a crash or a power cut, the same command goes on where it stopped: no site is read twice, none is
    left out. Merchants on the opt-out list are not visited. Public hosts are read only when the settings say who you are.

    With --scheduler the workers of a Dask cluster read them, in the batches of a night but without its second look; the summary
    is the same. They share one PostgreSQL and one evidence store. Only this option does so, not the scheduler of \\[night].

    Example: [bold]barometer crawl --category shoes --limit 20[/bold]
    """
    settings = current_settings()
    wishes = Wishes(
        category, limit, channels, pages, depth, seconds, delay, basis, static, allow_private, tuple(map_host or ())
    )
    terms = settings.night.model_copy(
        update={"scheduler": cluster_options.checked(scheduler) or ""}
        | ({} if wait_workers is None else {"wait_workers": wait_workers})
    )
    if terms.scheduler and sites_at_once is not None:
        raise UserError(
            "--sites-at-once is for this machine", "with --scheduler, set sites_at_once where a worker runs"
        )
    # With a scheduler it is for the workers to have a browser.
    rendered = settings.render if static is None else not static
    plan = options.plan(
        settings, None, channels, pages, depth, seconds, basis, False, True if terms.scheduler else static
    )
    behaviour = options.behaviour(settings, delay, allow_private, map_host, sites_at_once, settings.evidence)
    executor = cluster_options.executor(settings, wishes, terms) if terms.scheduler and not estimate_only else None
    with opened_database(settings) as database:
        with database.session() as session:
            merchants = _selected(session, category, only, limit)
            settings.require_operator(work.on_public_hosts(merchants, behaviour.map_hosts))
            guess = work.estimate(session, merchants, behaviour, replace(plan, render=rendered))
            _print_estimate(guess)
            if estimate_only:
                return
            if executor is not None:
                claimed, left, resumed = claimed_in_batches(session, merchants, wishes, only or [], terms, new)
            else:
                selection = {
                    "category": category,
                    "only": sorted(only or []),
                    "limit": limit,
                    "channels": sorted(plan.channels),
                }
                run, resumed = work.open_run(session, merchants, selection, new)
                claimed = work.claim(session, run)
                waiting = work.left_to_read(session, run)
                left = len(waiting)
        if resumed:
            stderr.print(f"taking up the crawl {claimed.run_id[:8]}: {left} sites left")
        if executor is not None:
            with night_progress.shown(what="crawl") as told:
                finished = read_in_batches(database, settings, claimed, len(merchants), wishes, terms, told, executor)
        else:
            finished = _read(database, claimed, work.orders(claimed.run_id, waiting, plan), behaviour)
        with database.session() as session:
            closed = work.close(session, claimed)
            counts = {str(status): count for status, count in work.tally(session, claimed.run_id).items()}
    _print_summary(claimed.run_id, closed, counts, as_json)
    if not finished:
        raise typer.Exit(130)


def _selected(session: Session, category: str | None, only: list[str] | None, limit: int | None) -> list[Merchant]:
    merchants = panel.merchants(session, category, only)
    honoured = optout.optouts(session).honoured(merchants)
    if honoured.left_alone:
        stderr.print(f"{len(honoured.left_alone)} merchants on the opt-out list are left alone")
    if not honoured.allowed:
        raise UserError("there is no merchant to read", "bring some in with: barometer panel import FILE.csv")
    return honoured.allowed[:limit]


def _read(
    database: Database, claimed: work.Claim, orders: list[options.SiteOrder], behaviour: options.CrawlOptions
) -> bool:
    columns = (
        TextColumn("reading sites"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    pages = 0
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as progress:
        task = progress.add_task("", total=len(orders), rate="")

        def stored(reading: SiteReading) -> None:
            nonlocal pages
            pages += reading.visit.pages_read
            progress.update(task, advance=1, rate=f"{pages} pages")

        try:
            return read_and_store(database, claimed, orders, behaviour, stored)
        except work.ClaimLost:
            raise UserError("this crawl was taken over by another process", "let that one finish") from None
        except StorageProblem as problem:
            raise UserError(problem.what, problem.remedy) from problem


def _print_estimate(guess: work.Estimate) -> None:
    minutes = guess.seconds / 60
    time = f"{minutes:.0f} min" if minutes >= 2 else f"{guess.seconds:.0f} s"
    basis = f"{guess.from_history} of them visited before" if guess.from_history else "none visited before"
    count = "1 site" if guess.sites == 1 else f"{guess.sites} sites"
    stderr.print(f"{count} ({basis}): about {guess.pages} pages, {guess.bytes / 1e6:.0f} MB, {time}")


def _print_summary(run_id: str, closed: bool, counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"run": run_id, "closed": closed, "visits": counts}) + "\n")
        return
    listed = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing"
    state = "closed" if closed else "still open; run the same command to go on"
    stderr.print(f"crawl {run_id[:8]} {state}: {listed}")
    if closed:
        stderr.print("see the table with: barometer depths")


def depths(
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="ID", help="The crawl, by the first digits of its key. Default: the last one."),
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only merchants of this category.")] = None,
    channels: options.Channels = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a merchant on standard output.")] = False,
) -> None:
    """Print how many clicks each channel of each merchant is away from its home page, as a crawl measured it.

    Example: [bold]barometer depths --category shoes --json[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        found = list(results.rows(session, results.run_of(session, run), category))
    if as_json:
        for row in found:
            sys.stdout.write(json.dumps(_line(row), ensure_ascii=False) + "\n")
        return
    shown = [channel for channel in Channel if channel in options.channel_set(channels)] if channels else SHOWN_CHANNELS
    table = depth_table(
        ((row.merchant.category or "", row.merchant.name, _ended(row), row.outcomes) for row in found), shown
    )
    Console(file=sys.stdout, highlight=False).print(table)


def _ended(row: results.Row) -> str:
    if row.visit is None:
        return "not yet read"
    return f"{row.visit.status}" + (f" ({row.visit.status_reason})" if row.visit.status_reason else "")


def _line(row: results.Row) -> dict[str, object]:
    found = row.outcomes
    return {
        "merchant": printable(row.merchant.name),
        "url": row.merchant.url,
        "category": row.merchant.category,
        "status": row.visit.status if row.visit is not None else None,
        "channels": None if found is None else {channel: _outcome(outcome) for channel, outcome in found.items()},
    }


def _outcome(outcome: Outcome) -> dict[str, object]:
    return {"outcome": outcome.kind, **{key: value for key, value in outcome._asdict().items() if key != "kind"}}
