"""``barometer review``: what a person must look at before an edition is published, and what they say of it."""

import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from barometer.campaign_status import iso
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.edition_options import AsJson, By, Name, Why
from barometer.cli.root import current_settings, opened_database
from barometer.desk import person

if TYPE_CHECKING:
    from barometer.editions.queue import Item
    from storage.records import Review

app = typer.Typer(
    help="What a person must look at before an edition is published: doubtful depths, replies and places, objections.",
    no_args_is_help=True,
)

KEYS = ("visit", "sighting", "attempt", "reply", "night")
"""Columns that are never broken: people copy what stands in them."""
LONGEST_WHY = 300
"""Characters of a reason that the list shows (*ours*); all of them: barometer review show."""

Ref = Annotated[
    str,
    typer.Argument(
        metavar="ITEM", help="An item of the list, or depth:MERCHANT/CHANNEL, sighting:KEY, reply:KEY, listed or not."
    ),
]


@app.command("list")
def list_items(
    name: Name,
    category: Annotated[str | None, typer.Option("--category", help="Only this category.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what somebody decided already.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what is open in an edition, by category and merchant: doubts, replies, objections, and what is awaited.

    A doubt is about a value that was found: when another one is found later, it is open anew.

    Example: [bold]barometer review list 2027 --category shoes[/bold]
    """
    from barometer.edition import named
    from barometer.editions.queue import queue
    from storage.evidence import EvidenceStore
    from storage.records import utc_now

    settings = current_settings()
    with opened_database(settings) as database, database.reading() as session:
        items = queue(session, EvidenceStore(settings.evidence), named(session, name), utc_now())
    items = [item for item in items if category is None or item.category == category]
    shown = [item for item in items if everything or item.is_open]
    if as_json:
        sys.stdout.write(json_text([_as_json(item) for item in shown]) + "\n")
        return
    if not shown:
        stderr.print(f"nothing is open; {len(items)} decided" if items else "nothing to look at")
        return
    out = Console(highlight=False)
    for item in shown:
        merchant = f"  {item.merchant.name[:60]}, {item.category}" if item.merchant else ""
        out.print(Text.assemble((printable(item.ref), "bold"), printable(f"  {item.what}{merchant}")), soft_wrap=True)
        decided = f" (decided by {item.decided.reviewer}: {item.decided.why})" if item.decided else ""
        out.print(Padding(Text(printable(" ".join(item.why.split())[:LONGEST_WHY] + decided), "dim"), (0, 0, 0, 4)))
    counts = Counter(item.what for item in shown)
    stderr.print(", ".join(f"{number} {what}" for what, number in sorted(counts.items())))


@app.command("show")
def show_item(name: Name, ref: Ref, as_json: AsJson = False) -> None:
    """Show one item with its evidence: what each night saw, the visits to be looked at, and what was decided before.

    Example: [bold]barometer review show 2027 depth:shop.example/phone[/bold]
    """
    from barometer.edition import named
    from barometer.editions.evidence import evidence_of
    from barometer.editions.queue import queue
    from barometer.editions.reviews import history, target
    from storage.evidence import EvidenceStore
    from storage.records import utc_now

    settings = current_settings()
    store = EvidenceStore(settings.evidence)
    with opened_database(settings) as database, database.reading() as session:
        edition = named(session, name)
        found = target(session, ref, lambda: queue(session, store, edition, utc_now()))
        told = {
            **(_as_json(found.item) if found.item else {"item": ref}),
            "subject": found.subject,
            "subject_id": found.subject_id,
            "evidence": evidence_of(session, store, edition, found),
            "reviews": [_review(one) for one in history(session, found)],
        }
    if as_json:
        sys.stdout.write(json_text(told) + "\n")
        return
    _print(told)


@app.command()
def uphold(
    name: Name,
    by: By,
    why: Why,
    refs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ITEM]...", help="Items of the list, or depth:MERCHANT/CHANNEL, sighting:KEY, reply:KEY."
        ),
    ] = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="WHAT", help="All open doubts of this kind, such as few_nights.")
    ] = None,
    category: Annotated[
        str | None, typer.Option("--category", help="With --every: only those of this category.")
    ] = None,
) -> None:
    """Say that what was found stands. Of a depth, sighting or reply it also undoes what was overruled before.

    Example: [bold]barometer review uphold 2027 4f1c9a02 --by "Camille Durand" --why "seen on both nights"[/bold]
    """
    from barometer.edition import named
    from barometer.editions import reviews
    from barometer.editions.life import reason
    from barometer.editions.queue import queue
    from barometer.errors import UserError
    from storage.evidence import EvidenceStore
    from storage.records import utc_now

    who, told = person(by, "--by"), reason(why)
    if bool(refs) == (every is not None):
        raise UserError("what is upheld is missing, or named twice", "give items, or --every WHAT")
    if category is not None and every is None:
        raise UserError("--category goes with --every", "leave it out, or give --every WHAT")
    settings = current_settings()
    with opened_database(settings) as database, database.session() as session:
        edition = named(session, name)
        store = EvidenceStore(settings.evidence)
        items = cache(lambda: queue(session, store, edition, utc_now()))
        if every is not None:
            found = reviews.doubts_called(items(), every, category)
        else:
            found = [reviews.target(session, ref, items) for ref in dict.fromkeys(refs or ())]
        for one in found:
            reviews.uphold(session, edition, one, who, told)
    sys.stdout.write(f"upheld by {printable(who)}: {len(found)} {'item' if len(found) == 1 else 'items'}\n")
    if any(one.item is None or one.subject == "reply" for one in found):
        stderr.print("score the edition again: what was overruled before may count otherwise now")


@app.command()
def overrule(
    name: Name,
    ref: Ref,
    value: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="VALUE",
            help="What is true instead. Of a depth: clicks, not_found, not_measured. Of a sighting: fax, mediator and the "
            "like, or own. Of a reply: its kind, attempt:KEY or attempt:none.",
        ),
    ],
    by: By,
    why: Why,
) -> None:
    """Say what is true instead of what was found: a record of its own, which counts from the next scoring on.

    A depth then holds for every night of the edition, a sighting's verdict wherever the merchant shows the same value.

    Example: [bold]barometer review overrule 2027 depth:shop.example/phone --as 2 --by "A. Martin" --why "needs a press"[/bold]
    """
    from barometer.edition import named
    from barometer.editions import reviews
    from barometer.editions.life import reason
    from barometer.editions.queue import queue
    from storage.evidence import EvidenceStore
    from storage.records import utc_now

    who, told = person(by, "--by"), reason(why)
    settings = current_settings()
    with opened_database(settings) as database, database.session() as session:
        edition = named(session, name)
        store = EvidenceStore(settings.evidence)
        found = reviews.target(session, ref, lambda: queue(session, store, edition, utc_now()))
        reviews.overrule(session, edition, found, value.strip(), who, told)
    sys.stdout.write(f"overruled by {printable(who)}: {printable(ref)} is {printable(value)}\n")
    stderr.print("score the edition again, so that it counts: barometer edition score")


def _as_json(item: "Item") -> dict[str, Any]:
    return {
        "item": printable(item.ref), "kind": str(item.kind), "what": item.what, "category": printable(item.category),
        "merchant": item.merchant and printable(item.merchant.key),
        "name": item.merchant and printable(item.merchant.name), "why": printable(item.why),
        "until": iso(item.until), "open": item.is_open, "decided": item.decided and _review(item.decided),
    }  # fmt: skip


def _review(review: "Review") -> dict[str, Any]:
    return {
        "at": iso(review.reviewed_at), "by": printable(review.reviewer), "verdict": str(review.verdict),
        "replacement": review.replacement and printable(review.replacement), "why": printable(review.why),
    }  # fmt: skip


def _print(told: dict[str, Any]) -> None:
    out = Console(highlight=False)
    if told.get("name"):
        out.print(Text(f"{told['name'][:80]} ({told['merchant']}), {told['category']}", "bold"), soft_wrap=True)
    out.print(Text(f"{told['item']}  {told.get('what') or told['subject']}"), soft_wrap=True)
    if told.get("why"):
        out.print(Text(" ".join(told["why"].split())), soft_wrap=True)
    for title, rows in told["evidence"].items():
        if rows:
            out.print()
            out.print(_table(title, rows))
    visits = list(dict.fromkeys(row["visit"] for row in told["evidence"].get("nights", []) if row.get("visit")))
    if visits:
        out.print()
        out.print(Text(f"the pages of a night: barometer evidence export {visits[-1][:12]}"), soft_wrap=True)
    for one in told["reviews"]:
        replaced = f" as {one['replacement']}" if one["replacement"] else ""
        out.print(Text(f"{one['at']}  {one['verdict']}{replaced} by {one['by']}: {one['why']}"), soft_wrap=True)


def _table(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    columns = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in KEYS)
    for row in rows:
        table.add_row(*(Text(_cell(name, row[name])) for name in columns))
    return table


def _cell(name: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = printable(str(value))
    return text[:12] if name in KEYS else text
