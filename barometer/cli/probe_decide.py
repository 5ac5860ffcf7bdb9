"""``barometer probe release``, ``stop``, ``resume``, ``remind`` and ``resolve``: what a person decides, under their name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer import campaign_status as seen
from barometer import optout
from barometer.cli.probe_options import By, Name, person, refused, said
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.probe_configuration import terms
from probes import campaign_life as life
from probes import recovery
from probes.journal import OutOfStep
from probes.reminders import plan_reminders
from schedules.shortfalls import DoesNotFit
from storage.records import Attempt, Merchant, utc_now

Result = TypeVar("Result")


def release(name: Name, by: By) -> None:
    """Let a planned campaign go, under your name: from now on [bold]send[/bold] may send what is due.

    Say it again after [bold]remind[/bold], to let the reminders go.

    Example: [bold]barometer probe release spring --by "Camille Durand"[/bold]
    """
    settings, who = current_settings(), person(by)
    with opened_database(settings) as database, database.session() as session:
        count = _changed(session, name, lambda: life.release(session, name, who, utc_now()))
    said(f"released by {who}: {count} attempts of '{name}'")


def stop(name: Name, by: By) -> None:
    """Stop a campaign: nothing of it leaves any more, not even what a sender is about to hand over.

    To stop everything at once, whatever the campaign, make the stop file that the settings name (var/STOP).

    Example: [bold]barometer probe stop spring --by "Camille Durand"[/bold]
    """
    settings, who = current_settings(), person(by)
    with opened_database(settings) as database, database.session() as session:
        _changed(session, name, lambda: life.stop(session, name, who, utc_now()))
    said(f"stopped by {who}: '{name}'")


def resume(name: Name, by: By) -> None:
    """Let a stopped campaign go on; what is late by then is given another time.

    Example: [bold]barometer probe resume spring --by "Camille Durand"[/bold]
    """
    settings, who = current_settings(), person(by)
    with opened_database(settings) as database, database.session() as session:
        _changed(session, name, lambda: life.resume(session, name, who, utc_now()))
    said(f"resumed by {who}: '{name}'")


def remind(
    name: Name,
    after: Annotated[
        float, typer.Option("--after", min=0.0, max=365.0, metavar="DAYS", help="Days of silence before a reminder.")
    ] = 7.0,
) -> None:
    """Plan one reminder for every e-mail and form that has had no answer for so many days. Release it afterwards.

    Example: [bold]barometer probe remind spring --after 7[/bold]
    """
    settings = current_settings()
    with opened_database(settings) as database, database.session() as session:
        wishes = optout.optouts(session)

        def left_alone(merchant: Merchant) -> bool:
            return wishes.covers(merchant.url, merchant.email, merchant.phone) is not None

        done = _changed(
            session, name,
            lambda: plan_reminders(session, name, timedelta(days=after), terms(settings), utc_now(), left_alone),
        )  # fmt: skip
        if isinstance(done, DoesNotFit):
            raise refused(done)
    said(f"{done.planned} reminders planned for '{name}'; let them go with: barometer probe release")


def resolve(
    attempt: Annotated[
        str, typer.Argument(metavar="ATTEMPT", help="The attempt, as status lists it, or its first digits.")
    ],
    by: By,
    why: Annotated[str, typer.Option("--why", help="How you know, in a few words.")],
    sent: Annotated[
        bool,
        typer.Option(
            "--sent/--not-sent", help="Whether it left. What did not leave may be sent again.", show_default=False
        ),
    ],
) -> None:
    """Say of an attempt that is unknown whether it left, after looking at the mail server's log or asking the merchant.

    Example: [bold]barometer probe resolve 3f2a91c0 --sent --by "Camille Durand" --why "in the server's log, queue 4D1"[/bold]
    """
    settings, who = current_settings(), person(by)
    reason = " ".join(why.split())[:500]
    if not reason:
        raise UserError("--why is empty", "say in a few words how you know")
    with opened_database(settings) as database, database.session() as session:
        key = _attempt(session, attempt)
        try:
            step = recovery.decide_unknown(session, key, who, reason, was_sent=sent, at=utc_now())
        except OutOfStep as error:
            raise UserError(str(error), "see: barometer probe status") from None
    said(f"attempt {key[:8]} is {step.state}, says {who}")


def _changed(session: Session, name: str, change: Callable[[], Result]) -> Result:
    try:
        return change()
    except life.NoCampaign:
        raise seen.no_campaign(session, name) from None
    except life.CannotChange as error:
        raise UserError(error.what, error.remedy) from None


def _attempt(session: Session, digits: str) -> str:
    key = digits.lower()
    if len(key) < 4 or not all(sign in "0123456789abcdef" for sign in key):
        raise UserError(
            f"'{digits[:40]}' is no attempt", "give four of its digits or more; see: barometer probe status"
        )
    found = session.scalars(select(Attempt.id).where(Attempt.id.startswith(key)).limit(2)).all()
    if len(found) != 1:
        what = "more than one attempt begins" if found else "no attempt begins"
        raise UserError(f"{what} with {key[:32]}", "see: barometer probe status")
    return found[0]
