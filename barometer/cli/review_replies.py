"""``barometer replies list`` and ``review``: what came back, and what a person says of it."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from barometer.cli.console import json_text, printable, stderr
from barometer.cli.root import current_settings, opened_database
from barometer.desk import person
from barometer.errors import UserError
from probes import reviewing
from probes.journal import OutOfStep
from probes.replies_reviewed import ATTEMPT, NO_ATTEMPT, BadReplacement, kind_of
from probes.reviewing import Decision, Listed, NoSuchReply
from storage.records import Attempt, Merchant

SHOWN = 60
"""Characters of a reply shown in the table (*ours*)."""
LONGEST_REASON = 500
"""Characters of a reason that are kept (*ours*)."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one line a reply.")]


def attach(group: typer.Typer) -> None:
    """Add the commands of this module to the group ``barometer replies``."""
    group.command("list")(list_replies)
    group.command()(review)


def list_replies(
    doubtful: Annotated[
        bool, typer.Option("--doubtful", help="Only those that a person should look at, and nobody has.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what came back, oldest first, as it counts: a person's verdict before the program's.

    A person should look at what is unmatched or could answer several attempts, at a verdict from time alone, and at a
    human answer whose words could not be read.

    Example: [bold]barometer replies list --doubtful[/bold]
    """
    with opened_database(current_settings()) as database, database.reading() as session:
        found = [one for one in reviewing.replies(session) if one.doubts or not doubtful]
    if as_json:
        for one in found:
            sys.stdout.write(json_text(_as_json(one)) + "\n")
        return
    if not found:
        stderr.print("no reply needs a look" if doubtful else "nothing has come back yet")
        return
    table = Table("received (UTC)", "kind", "decided by", "attempt", "look", "text", "key", box=None, pad_edge=False)
    for one in found:
        judged, text = one.counts_as, " ".join((one.reply.text or "").split())
        cells = (
            f"{one.reply.received_at:%Y-%m-%d %H:%M}", judged.kind, judged.decided_by, (judged.attempt_id or "-")[:8],
            ", ".join(one.doubts), text[:SHOWN] + ("…" if len(text) > SHOWN else ""), one.reply.id[:8],
        )  # fmt: skip
        table.add_row(*(Text(printable(cell)) for cell in cells))
    Console(highlight=False).print(table)


def review(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The reply, by the first digits of its key.")],
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="What it really is.")] = None,
    attempt: Annotated[
        str | None,
        typer.Option("--attempt", metavar="KEY|none", help="Which attempt it answers, or none of ours."),
    ] = None,
    uphold: Annotated[bool, typer.Option("--uphold", help="The program is right.")] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides: your name.")] = None,
    why: Annotated[str | None, typer.Option("--why", metavar="WORDS", help="Why, in a few words.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one reply; with a decision, record it: the reply itself is never changed, and the latest decision counts.

    Kinds are human, acknowledgement, out_of_office, bounce and other_automatic.

    Example: [bold]barometer replies review 1f3a --kind human --by "A. Martin" --why "signed by a person"[/bold]
    """
    deciding = uphold or kind is not None or attempt is not None
    if uphold and (kind or attempt):
        raise UserError("--uphold leaves nothing to change", "leave out --kind and --attempt, or --uphold")
    with opened_database(current_settings()) as database:
        if deciding:
            with database.session() as session:
                one = _decide(session, key, kind, attempt, by, why)
        else:
            with database.reading() as session:
                one = _found(session, key)
        with database.reading() as session:
            candidates = _candidates(session, one)
    if as_json:
        sys.stdout.write(json_text({**_as_json(one), "candidates": candidates}) + "\n")
        return
    _show(one, candidates)


def _decide(
    session: Session, key: str, kind: str | None, attempt: str | None, by: str | None, why: str | None
) -> Listed:
    name = person(by or "", "--by")
    reason = " ".join((why or "").split())[:LONGEST_REASON]
    if not reason:
        raise UserError("--why is missing", "say in a few words what shows it")
    one = _found(session, key)
    try:
        decided_kind = kind_of(kind) if kind is not None else None
        named = _replacement(session, attempt) if attempt is not None else None
        reviewing.decide(session, one.reply, Decision(decided_kind, named, name, reason))
    except BadReplacement as error:
        raise UserError(f"--kind: {error}") from None
    except NoSuchReply as error:
        raise UserError(f"--attempt: {error}", "give the first digits of its key, or none") from None
    except OutOfStep as error:
        raise UserError(str(error), "try again: another process wrote at the same time") from None
    return _found(session, one.reply.id)


def _replacement(session: Session, attempt: str) -> str:
    if attempt == "none":
        return NO_ATTEMPT
    return f"{ATTEMPT}{reviewing.attempt_named(session, attempt).id}"


def _found(session: Session, key: str) -> Listed:
    try:
        return reviewing.find(session, key)
    except NoSuchReply as error:
        raise UserError(str(error), "see: barometer replies list") from None


def _candidates(session: Session, one: Listed) -> list[dict[str, Any]]:
    """Return the attempts that the reply may answer, as far as a person needs to tell them apart."""
    keys = dict.fromkeys(filter(None, [one.counts_as.attempt_id, *one.reply.candidates]))
    found = []
    for key in keys:
        attempt = session.get(Attempt, key)
        if attempt is not None:
            merchant = session.get_one(Merchant, attempt.merchant_id)
            found.append(
                {
                    "attempt": attempt.id, "merchant": printable(merchant.name), "channel": attempt.channel,
                    "subject": printable(attempt.subject or ""), "sent": attempt.t0 and f"{attempt.t0:%Y-%m-%dT%H:%M:%SZ}",
                }
            )  # fmt: skip
    return found


def _show(one: Listed, candidates: list[dict[str, Any]]) -> None:
    reply, judged = one.reply, one.counts_as
    lines = [
        f"reply     {reply.id}",
        f"received  {reply.received_at:%Y-%m-%d %H:%M:%S} UTC by {reply.source}",
        f"counts as {judged.kind}, says {judged.decided_by}"
        + (f" (look: {', '.join(one.doubts)})" if one.doubts else ""),
        f"answers   {judged.attempt_id or 'no attempt'} ({reply.matched_by or 'not matched'})",
    ]
    lines += [f"attempt   {c['attempt'][:8]}  {c['channel']}  {c['merchant']}  {c['subject']}" for c in candidates]
    lines += [
        f"review    {review.reviewed_at:%Y-%m-%d} {review.reviewer}: {review.replacement or review.verdict}, {review.why}"
        for review in one.reviews
    ]
    out = Console(highlight=False)
    for line in lines:
        out.print(Text(printable(line)))
    out.print(Text("\n" + printable(reply.text or "(no readable words)")))


def _as_json(one: Listed) -> dict[str, Any]:
    reply, judged = one.reply, one.counts_as
    return {
        "reply": reply.id, "received": f"{reply.received_at:%Y-%m-%dT%H:%M:%SZ}", "kind": judged.kind,
        "attempt": judged.attempt_id, "decided_by": printable(judged.decided_by), "rule": reply.rule,
        "matched_by": reply.matched_by, "candidates": reply.candidates, "look": one.doubts,
        "text": printable(reply.text or ""),
        "reviews": [
            {"by": printable(r.reviewer), "verdict": r.verdict, "replacement": r.replacement, "why": printable(r.why)}
            for r in one.reviews
        ],
    }  # fmt: skip
