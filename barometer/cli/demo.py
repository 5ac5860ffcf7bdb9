"""``barometer demo``: the main job from end to end, on an embedded market of invented merchants."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barometer import depths as results
from barometer.cli import crawl as crawling
from barometer.cli import panel as panels
from barometer.cli.console import json_text, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.demo.market import DemoMerchant, merchants, panel_csv, serve
from barometer.errors import UserError
from barometer.measures.depth import Outcome
from storage.vocabulary import Channel, OutcomeKind

if TYPE_CHECKING:
    from barometer.demo.post_office import PostOffice


def demo(
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="DIR",
            help="Keep panel, database, evidence and mail in this folder. Default: a folder that is removed.",
        ),
    ] = None,
    no_probes: Annotated[
        bool, typer.Option("--no-probes", help="Only crawl; write to nobody and wait for no answer.")
    ] = False,
    static: Annotated[
        bool, typer.Option("--static", help="Do without Chromium: read sources only, and leave forms out.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="One JSON line a merchant with its depths, then one with the attempts and their answers."
        ),
    ] = False,
) -> None:
    """Serve sixteen invented merchants on this machine, crawl them, write to them, and time their answers.

    Nothing leaves the machine. Each merchant hides its phone in another way, and the table is held against what the makers
    of the sites know to be true. Then each is asked a question by e-mail and by form, and answers in its own manner: at
    once by machine, after a while in person, or never. One second stands for one hour.

    Example: [bold]barometer demo --keep demo-out[/bold]
    """
    with _folder(keep) as folder, _post_office(folder) as office, serve(took=office.take_form) as addresses:
        _told(
            "serving the demonstration market",
            f"{len(addresses)} merchants on {next(iter(addresses.values()))} and its neighbours",
        )
        panel_file = folder / "market.csv"
        panel_file.write_text(panel_csv(addresses), "utf-8")
        os.environ["BAROMETER_DATABASE"] = f"sqlite:///{folder / 'barometer.sqlite3'}"
        os.environ["BAROMETER_EVIDENCE"] = str(folder / "evidence")
        _told("barometer panel import market.csv")
        with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
            panels.import_file(panel_file, strict=True, dry_run=False)
        _told("barometer crawl --allow-private --new")
        crawling.crawl(new=True, allow_private=True, static=static or None)
        _told("barometer depths")
        crawling.depths(as_json=as_json)
        _compare(addresses)
        if not no_probes:
            campaign = _contact(office, addresses, folder, static, as_json)
            _publish(campaign, keep, static, as_json)
        if keep is not None:
            stderr.print(f"kept in {keep}: market.csv, barometer.sqlite3, evidence, mail; to go on with it:")
            stderr.print(
                f"  export BAROMETER_DATABASE=sqlite:///{folder / 'barometer.sqlite3'}", markup=False, soft_wrap=True
            )
            stderr.print(f"  export BAROMETER_EVIDENCE={folder / 'evidence'}", markup=False, soft_wrap=True)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="barometer-demo-") as name:
            yield Path(name)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--keep {keep}: {error.strerror or error}", "give a folder that can be written") from None
    yield keep.resolve()


def _post_office(folder: Path) -> contextlib.AbstractContextManager["PostOffice"]:
    from barometer.demo.clock import DemoClock, a_plain_tuesday
    from barometer.demo.post_office import PostOffice
    from storage.records import utc_now

    return PostOffice(DemoClock(a_plain_tuesday(utc_now())), folder / "mail", merchants()).opened()


def _contact(office: "PostOffice", addresses: dict[str, str], folder: Path, static: bool, as_json: bool) -> str:
    """Contact the market by e-mail, and by form where a browser can be had, print what came back, return the campaign's name."""
    from barometer.cli.demo_contacts import contact
    from spiders.browser.executable import find_browser

    settings = current_settings()
    forms = settings.render and not static and find_browser() is not None
    _told("\nbarometer probe plan, release, send; the answers are read as they come")
    if not forms:
        stderr.print("forms are left out: they are filled in by a Chromium, and none is used here")
    channels = (Channel.EMAIL, Channel.FORM) if forms else (Channel.EMAIL,)
    told = contact(settings, office, addresses.values(), channels, folder, show=not as_json)
    if as_json:
        sys.stdout.write(json_text(told) + "\n")
    return str(told["campaign"])


def _publish(campaign: str, keep: Path | None, static: bool, as_json: bool) -> None:
    """Mark the market, publish an edition and, where there is a browser, write what it is published in."""
    from barometer.cli.demo_edition import hold
    from spiders.browser.executable import find_browser

    out = None
    if not static and find_browser() is not None:
        out = keep.resolve() if keep is not None else Path("demo-out").resolve()
    told = hold(campaign, out, as_json)
    if as_json:
        sys.stdout.write(json_text(told) + "\n")


def _told(command: str, about: str = "") -> None:
    stderr.print(f"\n[bold]{command}[/bold]" if not about else f"[bold]{command}[/bold]: {about}")


def _compare(addresses: dict[str, str]) -> None:
    """Say how many depths are what the makers of the market know to be true; a wrong one is a defect (exit code 1)."""
    with opened_database(current_settings()) as database, database.reading() as session:
        found = {row.merchant.url: row.outcomes for row in results.rows(session, results.run_of(session, None))}
    wrong = [
        f"{merchant.name}: {channel} is {_words(outcomes[channel])}, {_truth(merchant, channel)} is true"
        for merchant in merchants()
        if (outcomes := found.get(addresses[merchant.slug])) is not None
        for channel in Channel
        if not _agrees(merchant, channel, outcomes[channel])
    ]
    for line in wrong:
        stderr.print(line, style="red", markup=False)
    if wrong or len(found) < len(addresses):
        raise typer.Exit(1)
    pairs = len(addresses) * len(Channel)
    stderr.print(f"\n{pairs} of {pairs} depths are what the makers of the market know to be true", style="green")


def _agrees(merchant: DemoMerchant, channel: Channel, outcome: Outcome) -> bool:
    if channel in merchant.closed:
        return outcome.kind is OutcomeKind.NOT_MEASURED and outcome.reason is merchant.closed[channel]
    depth = merchant.truth[channel]
    return (
        outcome.kind is OutcomeKind.NOT_FOUND
        if depth is None
        else (outcome.kind is OutcomeKind.EXACT and outcome.clicks == depth)
    )


def _truth(merchant: DemoMerchant, channel: Channel) -> str:
    if channel in merchant.closed:
        return f"not measured ({merchant.closed[channel]})"
    return str(merchant.truth[channel])


def _words(outcome: Outcome) -> str:
    return f"{outcome.kind} {outcome.clicks if outcome.clicks is not None else ''}".strip()
