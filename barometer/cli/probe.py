"""``barometer probe``: contact attempts, planned, let go by a person, sent, watched."""

from collections.abc import Callable
from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text
from sqlalchemy.orm import Session

from barometer import campaign_status as seen
from barometer import optout, panel
from barometer.cli import probe_decide, probe_look, probe_poll, probe_send, probe_targets, x_login
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.probe_options import AsJson, Name, moment, refused, said
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.probe_configuration import require_configured, terms
from probes import campaigns
from probes.campaigns import CannotPlan, Order, Planned
from probes.scenarios import Scenario, Stage, scenarios
from probes.targets import CHANNELS, Target
from schedules.shortfalls import DoesNotFit
from storage.records import Merchant, utc_now
from storage.vocabulary import Channel

app = typer.Typer(
    help="Contact attempts: plan a campaign, let it go under your name, send it, read what comes back. "
    "Nothing leaves without [bold]release[/bold], and [bold]send[/bold] only shows what it would do unless told otherwise.",
    no_args_is_help=True,
)


def plan(
    name: Name,
    channel: Annotated[
        list[str],
        typer.Option(
            "--channel",
            metavar="CHANNEL=N",
            help=f"Attempts a merchant on this channel, such as email=2; from {', '.join(CHANNELS)}. May be repeated.",
        ),
    ],
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="Last day, or moment, at which attempts leave.")
    ],
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day, or moment, at which attempts leave. Default: now."),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="KEY", help="Only this scenario. May be repeated. Default: all that fit."),
    ] = None,
    stage: Annotated[
        list[Stage] | None, typer.Option("--stage", help="Only scenarios of this stage. May be repeated.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="LL", help="fr or en. Default: each merchant's own.")
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only merchants of this category.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="HOST", help="Only this merchant. May be repeated.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many merchants.")] = None,
    seed: Annotated[
        str, typer.Option("--seed", help="Another seed makes another schedule and other words; the same, the same.")
    ] = "1",
    contest: Annotated[
        bool,
        typer.Option(
            "--contest", help="Merchants that the panel says entered may have several attempts open at a time."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be planned, and plan nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Plan a campaign: who is asked what, where, in which words and when. Nothing is sent.

    Attempts are spread over the days and hours between --from and --until, outside quiet hours, weekends and public
    holidays, one open attempt a channel and merchant. A quota that cannot fit is refused with the sum that shows why. A
    date alone means the whole day, in the time zone of the settings.

    Example: [bold]barometer probe plan spring --channel email=2 --channel form=1 --until 2027-03-31 --seed 7[/bold]
    """
    settings = current_settings()
    quotas = _quotas(channel)
    require_configured(settings, set(quotas), contest)
    zone = ZoneInfo(settings.probes.timezone)
    now = utc_now()
    order = Order(
        name=_campaign_name(name),
        quotas=quotas,
        scenarios=_scenarios(scenario, stage),
        start=moment(start, zone, time.min, "--from") if start else now,
        end=moment(until, zone, time.max, "--until"),
        seed=seed,
        language=language,
        contest=contest,
        selection={"category": category, "only": sorted(only or []), "limit": limit},
    )
    with opened_database(settings) as database, database.session() as session:
        merchants = _merchants(session, category, only, limit)
        try:
            planned = campaigns.plan(session, order, merchants, terms(settings), now, _left_alone(session))
        except CannotPlan as error:
            raise UserError(error.what, error.remedy) from None
        if isinstance(planned, DoesNotFit):
            raise refused(planned)
        told = seen.status(session, planned.campaign, now)
        if dry_run:
            session.rollback()
    _tell_plan(planned, len(merchants), dry_run)
    if as_json:
        said(json_text(told))


def _left_alone(session: Session) -> Callable[[Target], bool]:
    """Return what tells whether the opt-out list covers a target, which may be none that the panel knows."""
    wishes = optout.optouts(session)

    def covered(target: Target) -> bool:
        page = target.value if "://" in target.value else None
        return wishes.covers(page, target.value, target.value) is not None

    return covered


def _quotas(given: list[str]) -> dict[Channel, int]:
    quotas: dict[Channel, int] = {}
    for one in given:
        word, _, number = one.partition("=")
        if word not in CHANNELS:
            raise UserError(
                f"--channel: '{word[:40]}' is no channel to contact on", f"choose from {', '.join(CHANNELS)}"
            )
        if not number.isascii() or not number.isdigit() or len(number) > 6:
            raise UserError(f"--channel: '{one[:40]}' does not say how many", f"write {word}=2")
        if Channel(word) in quotas:
            raise UserError(f"--channel: {word} is given twice", "give one number a channel")
        quotas[Channel(word)] = int(number)
    return quotas


def _scenarios(keys: list[str] | None, stages: list[Stage] | None) -> list[Scenario]:
    known = scenarios()
    for key in keys or []:
        if key not in known:
            raise UserError(f"--scenario: there is no '{key[:60]}'", "see: barometer probe scenarios")
    chosen = [known[key] for key in dict.fromkeys(keys)] if keys else list(known.values())
    return [one for one in chosen if not stages or one.stage in stages]


def _campaign_name(name: str) -> str:
    shown = " ".join(name.split())
    if not shown or len(shown) > 80 or not shown.isprintable():
        raise UserError("the campaign's name is empty, too long or not printable", "give up to 80 characters")
    return shown


def _merchants(session: Session, category: str | None, only: list[str] | None, limit: int | None) -> list[Merchant]:
    honoured = optout.optouts(session).honoured(panel.merchants(session, category, only))
    if honoured.left_alone:
        stderr.print(f"{len(honoured.left_alone)} merchants on the opt-out list are left alone")
    return honoured.allowed[:limit]


def _tell_plan(planned: Planned, merchants: int, dry_run: bool) -> None:
    campaign = planned.campaign
    begin = "would be planned" if dry_run else "planned"
    dates = f"{campaign.starts_at:%Y-%m-%d} to {campaign.ends_at:%Y-%m-%d}"
    stderr.print(
        Text(
            printable(
                f"{begin}: {planned.attempts:,} attempts at {merchants:,} merchants, {dates}, as '{campaign.name}'"
            )
        )
    )
    if planned.without_target:
        stderr.print(f"{planned.without_target:,} more have no target that may be used, and count as blocked")
    if planned.not_looked:
        stderr.print(f"of these, {planned.not_looked:,} because the site was never read: barometer crawl finds them")
    if not dry_run:
        stderr.print("nothing leaves before: barometer probe release")


# In the order in which they are used.
app.command("scenarios")(probe_look.list_scenarios)
app.command()(plan)
app.command("targets")(probe_targets.targets)
app.command()(probe_decide.release)
app.command("send")(probe_send.send)
app.command("poll")(probe_poll.poll)
app.command("status")(probe_look.status)
app.command()(probe_decide.remind)
app.command()(probe_decide.stop)
app.command()(probe_decide.resume)
app.command()(probe_decide.resolve)
app.command("export")(probe_look.export)
app.command("x-login")(x_login.x_login)
