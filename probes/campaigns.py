"""A campaign planned: who is asked what, on which channel, in which words, and when.

The same order, panel and seed give the same schedule and the same words; only the tokens that tell answers apart are new
each time, since nobody may guess them.
"""

from base64 import b32encode
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from secrets import token_bytes
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes import journal
from probes.scenarios import LANGUAGES, Scenario, Stage
from probes.targets import CHANNELS, NoTarget, Target, domain_of, languages, targets
from probes.terms import Terms, is_assisted, slot_limits, window_of
from probes.wording import words
from schedules import slots
from schedules.shortfalls import DoesNotFit
from storage.records import Attempt, Campaign, Merchant, new_id
from storage.vocabulary import AttemptState, BlockedBy, Channel

ACTOR = "planner"
MAX_QUOTA = 1_000
"""Attempts that a merchant may get on one channel in one campaign (*ours*)."""
TOKEN_BYTES = 10
"""Random bytes of a token: 80 bits, 16 characters (*ours*)."""
OPTED_OUT = NoTarget("its owner asked to be left alone", looked=True, by=BlockedBy.OPT_OUT)
FRENCH_SPEAKING = frozenset({"FR", "RE", "GP", "MQ", "GF", "YT", "PM", "BL", "MF", "MC"})
"""Countries written to in French where nobody knows better: France, its overseas parts, Monaco."""


class CannotPlan(Exception):
    """What was ordered cannot be planned: ``what`` is wrong and its ``remedy``."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what}; {remedy}")


class Order(NamedTuple):
    """What is asked for: attempts a merchant by channel, scenarios, from when to when attempts leave, and the seed.

    ``language`` is ``None`` where each merchant's own is meant. ``selection`` says how the merchants were chosen.
    """

    name: str
    quotas: Mapping[Channel, int]
    scenarios: Sequence[Scenario]
    start: datetime
    end: datetime
    seed: str
    language: str | None = None
    contest: bool = False
    selection: Mapping[str, Any] = {}


class Planned(NamedTuple):
    """What was planned: attempts that can be released, attempts without a target, and how many of these nobody looked for."""

    campaign: Campaign
    attempts: int
    without_target: int
    not_looked: int


class _Draft(NamedTuple):
    merchant: Merchant
    channel: Channel
    scenario: Scenario
    language: str
    variant: int
    target: Target | NoTarget
    at: datetime


def plan(
    session: Session,
    order: Order,
    merchants: Sequence[Merchant],
    terms: Terms,
    now: datetime,
    left_alone: Callable[[Target], bool] = lambda _: False,
) -> Planned | DoesNotFit:
    """Plan *order* for *merchants* and return what came of it; nothing is written where it does not fit.

    A merchant that cannot be reached on a channel gets its attempts there too, ``blocked`` by ``no_address``, or by
    ``opt_out`` where its target is *left_alone*, so that they are counted. Raises :class:`CannotPlan`.
    """
    _check(session, order, merchants, terms, now)
    reached = {
        place: OPTED_OUT if isinstance(target, Target) and left_alone(target) else target
        for place, target in targets(session, merchants, list(order.quotas)).items()
    }
    asked = {
        (merchant.key, channel): _sequence(order, merchant, quota)
        for merchant in merchants
        for channel, quota in order.quotas.items()
    }
    requests = [
        request
        for merchant in merchants
        for channel in order.quotas
        if isinstance(target := reached[merchant.id, channel], Target)
        for request in _requests(merchant, channel, target, asked[merchant.key, channel], order.contest)
    ]
    start = max(order.start, now)
    limits = slot_limits(terms, start, order.end, order.quotas)
    found = slots.spread(requests, limits, order.seed, taken_slots(session, limits)) if requests else slots.Spread(())
    if isinstance(found, DoesNotFit):
        return found
    campaign = Campaign(
        name=order.name, parameters=_parameters(order, merchants), starts_at=start, ends_at=order.end,
        contest=order.contest, created_at=now,
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    drafts = _drafts(session, order, merchants, reached, asked, found.slots, start)
    return _written(session, campaign, drafts, terms, now)


def taken_slots(session: Session, limits: slots.Limits, leave_out: Collection[str] = ()) -> list[slots.Slot]:
    """Return when attempts leave or left anyway, as far back and ahead as they matter to *limits*, but for *leave_out*."""
    longest = max((max(pace.open_for, pace.gap) for pace in limits.paces.values()), default=timedelta(0))
    idle = (AttemptState.CANCELLED, AttemptState.BLOCKED)
    query = (
        select(
            Attempt.id, Attempt.planned_for, Attempt.t0, Merchant.key, Attempt.channel, Attempt.scenario, Attempt.target
        )
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .where(Attempt.state.not_in(idle))
        .where(Attempt.planned_for >= limits.start - longest, Attempt.planned_for <= limits.end + longest)
        .order_by(Attempt.id)
    )
    return [
        slots.Slot(t0 or planned_for, key, str(channel), scenario, domain_of(channel, target))
        for attempt_id, planned_for, t0, key, channel, scenario, target in session.execute(query)
        if attempt_id not in leave_out
    ]


def attempt_row(
    campaign: Campaign, merchant_id: str, channel: Channel, terms: Terms, now: datetime, **values: Any
) -> dict[str, Any]:
    """Return a planned attempt as a row with a value for every column: its own token and addresses, and *values*."""
    token = b32encode(token_bytes(TOKEN_BYTES)).decode("ascii").lower()
    return {
        "id": new_id(), "campaign_id": campaign.id, "merchant_id": merchant_id, "channel": channel,
        "state": AttemptState.PLANNED, "token": token,
        "reply_address": terms.addresses.reply_address(token) if channel in (Channel.EMAIL, Channel.FORM) else None,
        "message_id": terms.addresses.message_id(token) if channel is Channel.EMAIL else None,
        "link": None, "assisted": is_assisted(channel, terms),
        "window_seconds": int(window_of(channel, terms).total_seconds()),
        "t0": None, "blocked_by": None, "reminder_of": None, "created_at": now, **values,
    }  # fmt: skip


def _check(session: Session, order: Order, merchants: Sequence[Merchant], terms: Terms, now: datetime) -> None:
    if session.scalar(select(Campaign.id).where(Campaign.name == order.name)) is not None:
        raise CannotPlan(f"there is a campaign '{order.name}' already", "choose another name")
    if not merchants:
        raise CannotPlan("there is no merchant to contact", "bring some in with: barometer panel import FILE.csv")
    if order.end <= max(order.start, now) or order.end - order.start > slots.LONGEST:
        raise CannotPlan(
            f"attempts cannot leave from {order.start:%Y-%m-%d %H:%M} to {order.end:%Y-%m-%d %H:%M} UTC",
            f"choose an end that is still to come, within {slots.LONGEST.days} days",
        )
    for channel, quota in order.quotas.items():
        if channel not in CHANNELS:
            raise CannotPlan(f"no attempts are made on {channel}", f"choose from {', '.join(CHANNELS)}")
        if not 1 <= quota <= MAX_QUOTA:
            raise CannotPlan(f"{quota} attempts on {channel} cannot be planned", f"choose 1 to {MAX_QUOTA}")
    if not order.quotas:
        raise CannotPlan("no channel was named", "name one, and how many attempts a merchant: email=2")
    if order.language is not None and order.language not in LANGUAGES:
        raise CannotPlan(f"no scenario is written in '{order.language}'", f"choose {' or '.join(LANGUAGES)}")
    wanted = len(merchants) * sum(order.quotas.values())
    if wanted > terms.limits.per_campaign:
        each = " + ".join(f"{quota} {channel}" for channel, quota in order.quotas.items())
        raise CannotPlan(
            f"{len(merchants):,} merchants x ({each}) make {wanted:,} attempts, and a campaign may have "
            f"{terms.limits.per_campaign:,}",
            "ask for fewer, or raise probes.per_campaign in the settings",
        )


def _sequence(order: Order, merchant: Merchant, quota: int) -> list[Scenario]:
    """Return which scenario each of *quota* attempts asks, stages in turn, in an order of the merchant's own.

    The order does not depend on the channel, so that the first questions are asked on every channel and a firm that
    answers differently on each is seen. Raises :class:`CannotPlan` where no scenario fits the merchant.
    """
    draw = Random(f"{order.seed}\n{merchant.key}")  # noqa: S311 - to be repeated, not to be secret
    stages: dict[Stage, list[Scenario]] = {stage: [] for stage in draw.sample(list(Stage), len(Stage))}
    for scenario in order.scenarios:
        if scenario.fits(merchant.category):
            stages[scenario.stage].append(scenario)
    for listed in stages.values():
        listed.sort(key=lambda scenario: scenario.key)
        draw.shuffle(listed)
    longest = max(map(len, stages.values()))
    turns = [listed[turn] for turn in range(longest) for listed in stages.values() if turn < len(listed)]
    if not turns:
        raise CannotPlan(
            f"none of the scenarios fits {merchant.key}, of category '{merchant.category or ''}'",
            "name one that fits every category; see: barometer probe scenarios",
        )
    return [turns[number % len(turns)] for number in range(quota)]


def _requests(
    merchant: Merchant, channel: Channel, target: Target, asked: Iterable[Scenario], contest: bool
) -> list[slots.Request]:
    domain = domain_of(channel, target.value)
    return [
        slots.Request(merchant.key, str(channel), key, count, domain, contest and merchant.entered)
        for key, count in Counter(scenario.key for scenario in asked).items()
    ]


def _drafts(
    session: Session,
    order: Order,
    merchants: Sequence[Merchant],
    reached: Mapping[tuple[str, Channel], Target | NoTarget],
    asked: Mapping[tuple[str, Channel], Sequence[Scenario]],
    found: Iterable[slots.Slot],
    start: datetime,
) -> list[_Draft]:
    """Return every attempt with its wording: one for each slot, and those that have no target."""
    by_key = {merchant.key: merchant for merchant in merchants}
    known = {scenario.key: scenario for scenario in order.scenarios}
    spoken = languages(session, merchants)
    turns: dict[tuple[str, str], int] = {}

    def draft(merchant: Merchant, channel: Channel, scenario: Scenario, at: datetime) -> _Draft:
        language = order.language or _language(merchant, spoken[merchant.id])
        # Every further time that a merchant is asked the same, on whatever channel, it is asked in the next wording.
        key = merchant.key, scenario.key
        if key not in turns:
            turns[key] = Random("\n".join((order.seed, *key))).randrange(1_000)  # noqa: S311 - as above
        variant = turns[key] % len(scenario.wordings[language].variants)
        turns[key] += 1
        return _Draft(merchant, channel, scenario, language, variant, reached[merchant.id, channel], at)

    drafts = [draft(by_key[slot.merchant], Channel(slot.channel), known[slot.scenario], slot.at) for slot in found]
    return drafts + [
        draft(merchant, channel, scenario, start)
        for merchant in sorted(merchants, key=lambda one: one.key)
        for channel in sorted(order.quotas)
        if isinstance(reached[merchant.id, channel], NoTarget)
        for scenario in asked[merchant.key, channel]
    ]


def _language(merchant: Merchant, spoken: str | None) -> str:
    """Return the language to write in: the site's where there are words in it, English to sites in any other."""
    if spoken is not None:
        return spoken if spoken in LANGUAGES else "en"
    return "fr" if merchant.country in FRENCH_SPEAKING else "en"


def _written(session: Session, campaign: Campaign, drafts: Sequence[_Draft], terms: Terms, now: datetime) -> Planned:
    rows, nowhere = [], defaultdict(list)
    for draft in drafts:
        target = draft.target
        text = words(draft.channel, draft.scenario, draft.language, draft.variant, draft.merchant.name, terms.sender)
        row = attempt_row(
            campaign, draft.merchant.id, draft.channel, terms, now,
            target=target.value if isinstance(target, Target) else None,
            target_source=target.source if isinstance(target, Target) else None,
            scenario=draft.scenario.key, language=draft.language, variant=draft.variant,
            subject=text.subject, body=text.body, planned_for=draft.at,
        )  # fmt: skip
        rows.append(row)
        if isinstance(target, NoTarget):
            nowhere[target].append(row["id"])
    journal.plan_rows(session, rows, ACTOR, now)
    for target, ids in nowhere.items():
        step = journal.Step(AttemptState.BLOCKED, ACTOR, target.why, at=now, blocked_by=target.by)
        journal.take_planned(session, ids, step)
    missing = sum(map(len, nowhere.values()))
    not_looked = sum(len(ids) for target, ids in nowhere.items() if not target.looked)
    return Planned(campaign, len(rows) - missing, missing, not_looked)


def _parameters(order: Order, merchants: Collection[Merchant]) -> dict[str, Any]:
    return {
        "quotas": {str(channel): quota for channel, quota in order.quotas.items()},
        "scenarios": [scenario.key for scenario in order.scenarios],
        "language": order.language,
        "start": order.start.isoformat(),
        "end": order.end.isoformat(),
        "seed": order.seed,
        "contest": order.contest,
        "selection": dict(order.selection),
        "merchants": sorted(merchant.key for merchant in merchants),
    }
