"""``barometer audit``: one site, now."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from barometer import audit as work
from barometer import audit_files, optout
from barometer.cli import options
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.reports.terminal import audit_summary
from barometer.settings import Settings
from barometer.site_address import site_url
from spiders.orders import Step
from storage.vocabulary import Profile


def audit(
    url: Annotated[str, typer.Argument(metavar="URL", help="The merchant's site, such as https://www.shop.example")],
    country: options.Country = None,
    profile: Annotated[str, typer.Option("--profile", help="desktop, mobile or both.")] = "desktop",
    json_to: Annotated[
        str | None,
        typer.Option(
            "--json",
            metavar="FILE|-",
            help="Write the result as JSON; - is standard output, and nothing else goes there.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write result.json, the pictures and the evidence into this folder."),
    ] = None,
    allow_private: options.AllowPrivate = False,
    map_host: options.MapHost = None,
    channels: options.Channels = None,
    pages: options.Pages = None,
    depth: options.Depth = None,
    seconds: options.Seconds = None,
    delay: options.Delay = None,
    basis: options.BasisOption = None,
    exhaustive: options.Exhaustive = False,
    static: options.Static = None,
) -> None:
    """Read one site and say how many clicks each contact channel is away from its home page, and prove it.

    The site is read politely: robots.txt is obeyed, one page at a time, a pause between two pages of a public host. The
    search ends when no unread page can shorten a path any more, or when the budget is spent. The home page, and every page
    on a winning path, is shown by a real browser: what no visitor can see does not count.

    Example: [bold]barometer audit https://www.shop.example --out shop[/bold], then [bold]barometer report audit shop[/bold]
    """
    settings = current_settings()
    address = site_url(url)
    profiles = _profiles(profile)
    _respect_optout(settings, address)
    plan = options.plan(settings, country, channels, pages, depth, seconds, basis, exhaustive, static)
    behaviour = options.behaviour(settings, delay, allow_private, map_host)
    if out is not None:
        audit_files.prepare_folder(out)
    if json_to is not None and json_to != "-":
        audit_files.prepare_folder(Path(json_to).parent)
    results = _audited(address, plan, behaviour, profiles, out)
    if json_to is not None:
        _write_json(results, json_to)
    if json_to != "-":
        console = Console(file=sys.stdout, highlight=False)
        for result in results:
            console.print(audit_summary(result))


def _respect_optout(settings: Settings, address: str) -> None:
    """Raise :class:`UserError` when the merchant asked to be left alone; a database that is not there yet knows nobody."""
    if settings.database.startswith("sqlite:///") and not Path(settings.database.removeprefix("sqlite:///")).exists():
        return
    with opened_database(settings) as database, database.reading() as session:
        wish = optout.optouts(session).covers(url=address)
    if wish is not None:
        raise UserError(
            f"{address} is on the opt-out list ({wish.value})", "it may not be visited; see: barometer optout list"
        )


def _profiles(word: str) -> list[Profile]:
    if word == "both":
        return [Profile.DESKTOP, Profile.MOBILE]
    try:
        return [Profile(word)]
    except ValueError:
        raise UserError(f"--profile {word!r} is none", "give desktop, mobile or both") from None


def _audited(
    address: str, plan: options.Plan, behaviour: options.CrawlOptions, profiles: list[Profile], out: Path | None
) -> list[dict[str, object]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        task = progress.add_task(f"reading {address}")

        def on_step(step: Step) -> None:
            shown = printable(step.url)[-80:]
            progress.update(
                task, description=f"{step.pages} pages, {step.bytes / 1e6:.1f} MB  {shown}".replace("[", r"\[")
            )

        try:
            return work.audit(address, plan, behaviour, profiles, on_step, out)
        except work.Interrupted:
            stderr.print("barometer: interrupted; nothing was written")
            raise typer.Exit(130) from None


def _write_json(results: list[dict[str, object]], target: str) -> None:
    document = results[0] if len(results) == 1 else results
    if target == "-":
        sys.stdout.write(json_text(document) + "\n")
        return
    try:
        audit_files.write_atomically(Path(target), audit_files.json_file(document))
    except OSError as error:
        raise UserError(f"--json {target}: {error.strerror or error}", "give a file that can be written") from None
