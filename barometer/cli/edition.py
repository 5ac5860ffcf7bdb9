"""``barometer edition``: a frozen set of marks and places, from its opening to its publication and after."""

import shlex
import sys
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from barometer.cli import edition_show
from barometer.cli.console import printable
from barometer.cli.edition_options import Actor, By, Name, Revision, Why, day, note, progress
from barometer.cli.probe_options import said
from barometer.cli.root import current_settings, opened_database
from barometer.desk import person
from barometer.errors import UserError
from barometer.settings import tool_version

app = typer.Typer(
    help="Editions: open one, score it, have it reviewed, publish it; what is published stays as it is.",
    no_args_is_help=True,
)
edition_show.attach(app)


@app.command("open")
def open_edition(
    name: Annotated[str, typer.Argument(metavar="EDITION", help="Its name: letters, digits, spaces, dots, hyphens.")],
    grid: Annotated[str, typer.Option("--grid", metavar="NAME|FILE", help="The grid: see barometer grid list.")],
    title: Annotated[str, typer.Option("--title", help="What stands on the podium.")],
    year: Annotated[int, typer.Option("--year", help="The year in the title, which may be the one after the tests.")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First day of the tests.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Last day of the tests.")],
    campaign: Annotated[
        list[str] | None,
        typer.Option("--campaign", metavar="NAME", help="A campaign whose attempts count. May be repeated."),
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option("--category", help="Only this category. May be repeated. Default: all.")
    ] = None,
    by: Actor = None,
) -> None:
    """Open a draft: from now on its grid is frozen, whatever becomes of the file.

    Days are those of Paris. Nights on which sites were read count where they lie in the tests; attempts count where their
    campaign is named and they were made in the tests.

    Example: [bold]barometer edition open 2027 --grid escda --title "Prix" --year 2027 --from 2026-05-01 --until 2026-07-15[/bold]
    """
    from barometer.editions import life
    from storage.evidence import EvidenceStore

    settings = current_settings()
    opening = life.Opening(
        name, grid, title, year, day(start, "--from"), day(until, "--until"), campaign or (), category
    )
    with opened_database(settings) as database, database.session() as session:
        edition = life.open_edition(session, EvidenceStore(settings.evidence), opening, _actor(by))
        others = life.campaigns_meanwhile(session, edition)
        said(f"opened: '{edition.name}', a draft under the grid {edition.grid} ({edition.grid_hash[:12]})")
    if not campaign:
        note("no campaign was named: only what sites show will be marked")
    if others:
        note(f"campaigns that ran during the tests and do not count: {', '.join(others)}")


@app.command()
def score(name: Name, by: Actor = None) -> None:
    """Score a draft from the records as they are now, and freeze what that rests on; again as often as you like.

    Example: [bold]barometer edition score 2027[/bold]
    """
    from barometer.edition import named
    from barometer.editions import score as scoring
    from storage.evidence import EvidenceStore

    settings = current_settings()
    with opened_database(settings) as database:
        with database.reading() as session:
            edition = named(session, name)
        with progress("scoring") as tell:
            done = scoring.score(database, EvidenceStore(settings.evidence), edition, _actor(by), tell)
    said(
        f"scored: {_count(done.categories, 'category')}, {_count(done.merchants, 'merchant')}, {done.measured} with a score"
    )
    if edition.scored_at is not None:
        changed = ", ".join(done.changed) or "nothing"
        said(f"different from before: {changed}")
    if scoring.grid_file_changed(edition):
        note(f"{edition.parameters['grid_source']} has changed since the edition was opened, which keeps its own copy")
    if not done.measured:
        note("nothing was measured of anybody: no visit and no attempt of its campaigns falls into the tests")
    note(f"next: barometer review list {shlex.quote(edition.name)}")


@app.command(epilog="Exit code 1 when anything comes out differently.")
def verify(name: Name, revision: Revision = None) -> None:
    """Score an edition again from what it was frozen with, and compare every byte.

    Example: [bold]barometer edition verify 2027[/bold]
    """
    from barometer.edition import named
    from barometer.editions import score as scoring
    from storage.evidence import EvidenceStore

    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        edition = named(session, name, revision)
        with progress("verifying") as tell:
            done = scoring.verify(session, EvidenceStore(settings.evidence), edition, tell)
    for version in done.versions:
        if version != tool_version():
            note(f"it was scored by barometer {version}; this is {tool_version()}")
    for difference in done.differences:
        where = f"category '{difference.category}'" if difference.category else "the edition"
        said(" ".join(f"{where}: {difference.what}".split()))
    if done.differences:
        raise typer.Exit(1)
    said(f"verified: {_count(done.categories, 'category')} of '{edition.name}', byte for byte")


@app.command()
def review(name: Name, by: By) -> None:
    """Mark an edition as reviewed, under your name; refused while anything is open: see barometer review list.

    Example: [bold]barometer edition review 2027 --by "Camille Durand"[/bold]
    """
    _finish(name, by, "approve")
    said(f"reviewed by {person(by, '--by')}: '{name}'; next: barometer edition publish")


@app.command()
def reopen(name: Name, by: By, why: Why) -> None:
    """Make a reviewed edition a draft again.

    Example: [bold]barometer edition reopen 2027 --by "Camille Durand" --why "a visit was missing"[/bold]
    """
    from barometer.edition import named
    from barometer.editions import life

    who, told = person(by, "--by"), life.reason(why)
    with opened_database(current_settings()) as database, database.session() as session:
        life.reopen(session, life.locked(session, named(session, name)), who, told)
    said(f"a draft again: '{name}'")


@app.command()
def publish(name: Name, by: By) -> None:
    """Publish a reviewed edition, under your name; from then on nothing of it changes any more.

    Example: [bold]barometer edition publish 2027 --by "Camille Durand"[/bold]
    """
    _finish(name, by, "publish")
    said(f"published by {person(by, '--by')}: '{name}'; next: barometer podium export")


@app.command()
def revise(name: Name, by: By, why: Why) -> None:
    """Correct a published edition: open its next revision, a draft with the same grid and tests, that says what changed.

    The reason is printed in public, with the new podium: it may name no merchant that is neither on a podium nor labelled.

    Example: [bold]barometer edition revise 2027 --by "Camille Durand" --why "a call was counted twice"[/bold]
    """
    from barometer.edition import named
    from barometer.editions import life
    from barometer.editions.corrections import require_public
    from storage.evidence import EvidenceStore
    from storage.records import EditionState

    settings = current_settings()
    who, told = person(by, "--by"), life.reason(why)
    with opened_database(settings) as database, database.session() as session:
        edition = life.locked(session, named(session, name))
        life.require_state(edition, EditionState.PUBLISHED, "revised")
        require_public(session, EvidenceStore(settings.evidence), edition, told)
        revision = life.revise(session, edition, who, told)
        said(f"revision {revision.revision} of '{name}' is a draft; mend what was wrong, then: barometer edition score")


@app.command()
def notice(
    name: Name,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write the notices.")],
    merchant: Annotated[
        list[str] | None, typer.Option("--merchant", metavar="KEY", help="Only for this merchant. May be repeated.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", metavar="fr|en", help="Language of the notices.")] = "fr",
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day on which objections are taken.")
    ] = None,
    by: Actor = None,
) -> None:
    """Write for each merchant what was found about it, and how to object: confidential, one page and one JSON file each.

    It holds facts, no marks: depths over the nights, the numbers and addresses seen, attempts with their delays. With
    [bold]--until[/bold] the edition cannot be published before that day is over.

    Example: [bold]barometer edition notice 2027 --out notices --until 2026-12-05[/bold]
    """
    from barometer.edition import ZONE, named
    from barometer.editions import notices
    from barometer.reports.wording import Language
    from storage.evidence import EvidenceStore

    settings = current_settings()
    if lang not in set(Language):
        raise UserError(f"--lang: '{lang[:20]}' is no language of the notices", f"give one of {', '.join(Language)}")
    last = datetime.combine(day(until, "--until"), time.max, ZONE) if until else None
    with opened_database(settings) as database:
        with database.reading() as session:
            edition = named(session, name)
        with progress("writing notices") as tell:
            order = notices.Order(out, Language(lang), last, settings.operator, tuple(merchant or ()))
            written = notices.write(database, EvidenceStore(settings.evidence), edition, order, _actor(by), tell)
    for file in written.files:
        sys.stdout.write(f"{printable(str(file))}\n")
    if written.left_alone:
        note(f"without a notice, since they asked to be left alone: {_count(written.left_alone, 'merchant')}")


@app.command()
def dispute(
    name: Name,
    merchant: Annotated[str, typer.Option("--merchant", metavar="KEY", help="Who objects, by its key in the panel.")],
    objection: Annotated[str, typer.Option("--objection", metavar="TEXT", help="What it objects, in its own words.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who records it: your name.")],
    revision: Revision = None,
) -> None:
    """Record a merchant's objection; until somebody says what comes of it, the edition is neither reviewed nor published.

    Example: [bold]barometer edition dispute 2027 --merchant shop.example --objection "Not our number." --by "A. Martin"[/bold]
    """
    from barometer.edition import named
    from barometer.editions import disputes
    from barometer.editions.reviews import merchant_named

    who = person(by, "--by")
    with opened_database(current_settings()) as database, database.session() as session:
        edition = named(session, name, revision)
        recorded = disputes.record(session, edition, merchant_named(session, merchant), objection, who)
        said(f"recorded: dispute {recorded.id[:12]}")


@app.command("resolve-dispute")
def resolve_dispute(
    key: Annotated[str, typer.Argument(metavar="DISPUTE", help="The dispute, by the first digits of its key.")],
    by: By,
    why: Why,
    founded: Annotated[
        bool | None, typer.Option("--founded/--unfounded", help="What comes of it.", show_default=False)
    ] = None,
) -> None:
    """Say what comes of an objection. A founded one changes nothing by itself: overrule what was wrong, and score again.

    Example: [bold]barometer edition resolve-dispute 1f3a9c --founded --by "A. Martin" --why "it is a fax"[/bold]
    """
    from barometer.editions import disputes
    from barometer.editions.life import reason

    who, told = person(by, "--by"), reason(why)
    if founded is None:
        raise UserError("what comes of it is missing", "give --founded or --unfounded")
    with opened_database(current_settings()) as database, database.session() as session:
        found = disputes.dispute_named(session, key)
        disputes.resolve(session, found, founded, who, told)
    said(f"resolved by {who}: dispute {found.id[:12]} is {'founded' if founded else 'unfounded'}")
    if founded:
        note(
            "next: barometer review overrule what was wrong, then score the edition again (a published one: revise it first)"
        )


def _finish(name: str, by: str, step: str) -> None:
    """Take the *step* that only an edition takes of which nothing is open."""
    from barometer.edition import named
    from barometer.editions import life
    from barometer.editions.obstacles import obstacles
    from storage.evidence import EvidenceStore
    from storage.records import EditionState, utc_now

    settings, who = current_settings(), person(by, "--by")
    state, to_be = {
        "approve": (EditionState.DRAFT, "reviewed"),
        "publish": (EditionState.REVIEWED, "published"),
    }[step]
    with opened_database(settings) as database, database.session() as session:
        edition = life.locked(session, named(session, name))
        life.require_state(edition, state, to_be)
        in_the_way = obstacles(session, EvidenceStore(settings.evidence), edition, utc_now())
        (life.approve if step == "approve" else life.publish)(session, edition, who, in_the_way)


def _actor(by: str | None) -> str:
    return person(by, "--by") if by is not None else f"barometer {tool_version()}"


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
