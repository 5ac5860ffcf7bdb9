"""Attempts that a person makes: which are due, to whom, and how far they have come."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, count, islice
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from probes import journal
from probes.desk_outcomes import DeskOutcome, Ends, Told, offered, told
from probes.stamps import KIND_OF, Press, TaskKind, following, live
from spiders.detect.sighting import Tariff
from spiders.detect.tariffs import tariff_of_value
from storage.records import Attempt, Campaign, Merchant, Stamp
from storage.vocabulary import AttemptState, BlockedBy, Channel, StampKind

S = AttemptState
FOR_A_PERSON = frozenset(set(BlockedBy) - {BlockedBy.NO_ADDRESS, BlockedBy.OPT_OUT})
"""What may stand in the program's way and not in a person's."""
OPEN_TO_A_PERSON = frozenset({S.RELEASED, S.BLOCKED, S.SENDING, S.UNKNOWN})
"""States in which a person may make the attempt, or go on making it."""
SMALLEST_PAGE = 200
"""Tasks read at once, where fewer are asked for (*ours*): the first ones may not be wanted."""
AWAITING = frozenset({S.SENT, S.ACKNOWLEDGED})
"""States in which an answer is still expected."""


class NoSuchTask(Exception):
    """No attempt, or more than one, answers to a key as it was given."""


class Task(NamedTuple):
    """One attempt as a person sees it: to whom, on behalf of which campaign, and the stamps that count so far."""

    attempt: Attempt
    merchant: Merchant
    campaign: Campaign
    counting: list[Press]

    @property
    def kind(self) -> TaskKind:
        """What is asked of the person."""
        return KIND_OF[self.attempt.channel]

    @property
    def price(self) -> Tariff | None:
        """What a call to the target costs, ``None`` where the task is no call or the target no number."""
        if self.kind is not TaskKind.CALL or not self.attempt.target:
            return None
        try:
            return tariff_of_value(self.attempt.target, self.merchant.country)
        except ValueError:
            return None

    @property
    def told(self) -> Told | None:
        """How the task ended, ``None`` while it has not."""
        return told(self.counting)

    @property
    def at_work(self) -> str | None:
        """Who began the task and has not ended it, ``None`` where nobody has."""
        return self.counting[-1].actor if self.counting and not self.told else None

    @property
    def next_stamps(self) -> tuple[StampKind, ...]:
        """What may be stamped next."""
        return following(self.kind, self.counting)

    @property
    def outcomes(self) -> list[DeskOutcome]:
        """The outcomes that may be told now."""
        settled = self.attempt.state in journal.ACCEPTED
        allowed = [] if self.told else offered(self.kind, self.counting)
        return [one for one in allowed if not (settled and one.ends is Ends.NOT_MEASURED)]


def tasks(
    session: Session, now: datetime, actor: str | None = None, wanted: Callable[[Task], bool] | None = None,
    limit: int = 1_000, beginning: Collection[Channel] = tuple(KIND_OF),
) -> list[Task]:  # fmt: skip
    """Return what is to be done at *now*: what was begun and not ended first, then by the hour it is planned for.

    Only attempts of campaigns that run, and only those that are *wanted* (opt-outs, the guard); what nobody has begun, only on
    the channels *beginning*. With *actor*, what others have begun is left out.
    """
    touched = select(Stamp.attempt_id).where(Stamp.attempt_id == Attempt.id).exists()
    begun = [task for task in _tasks(session, _due(now).where(touched)) if not task.told]
    mine = [task for task in begun if actor is None or task.at_work in {None, actor}]
    mine.sort(key=lambda task: (task.at_work is None, task.attempt.planned_for))
    untouched = _due(now).where(~touched, Attempt.channel.in_(beginning))
    found = chain(mine, _by_pages(session, untouched, max(limit, SMALLEST_PAGE)))
    return list(islice((task for task in found if wanted is None or wanted(task)), limit))


def awaiting(session: Session) -> list[Task]:
    """Return the posts made at the desk whose answer is still to come, the oldest first."""
    posts = [channel for channel, kind in KIND_OF.items() if kind is TaskKind.POST]
    wanted = _selection().where(Attempt.state.in_(AWAITING), Attempt.assisted, Attempt.channel.in_(posts))
    return [task for task in _tasks(session, wanted.order_by(Attempt.t0)) if task.counting]


def unclear(session: Session) -> int:
    """Return how many attempts of the program may or may not have left; a person finds out and says so."""
    wanted = select(func.count()).select_from(Attempt).where(Attempt.state == S.UNKNOWN, Attempt.assisted.is_(False))
    return session.scalar(wanted) or 0


def find(session: Session, beginning: str) -> Task:
    """Return the task of the attempt whose key begins so; raises :class:`NoSuchTask` where there is not exactly one."""
    wanted = _selection().where(Attempt.id.startswith(beginning, autoescape=True), Attempt.channel.in_(KIND_OF))
    found = _tasks(session, wanted.limit(2))
    if len(found) != 1:
        why = "there is no task" if not found else "there are several tasks"
        raise NoSuchTask(f"{why} whose key begins with '{beginning[:40]}'")
    return found[0]


def refusal(task: Task, at: datetime) -> str | None:
    """Return why a person may not begin *task* at *at*, or ``None`` where they may.

    Its campaign must have been released and running then, and a person must be asked for: the attempt is assisted, or the
    program was stopped by something that does not stop a person.
    """
    attempt, campaign = task.attempt, task.campaign
    if campaign.released_at is None or at < campaign.released_at:
        return f"campaign {campaign.name} was not released then"
    if campaign.stopped_at and at >= campaign.stopped_at:
        return f"campaign {campaign.name} was stopped"
    if not campaign.starts_at <= at <= campaign.ends_at:
        return f"that is outside the dates of campaign {campaign.name}"
    if attempt.state is S.BLOCKED and attempt.blocked_by not in FOR_A_PERSON:
        return f"it is blocked by {attempt.blocked_by}, for a person too"
    return None if attempt.assisted or attempt.state is S.BLOCKED else "the program makes this attempt itself"


def press_of(record: Stamp) -> Press:
    """Return a stamp's record as a plain value."""
    return Press(record.sequence, record.kind, record.at, record.actor, record.note, record.undoes)


def presses(session: Session, attempt_ids: Iterable[str]) -> dict[str, list[Press]]:
    """Return every stamp of the attempts, undone ones included, by attempt and in order."""
    found: dict[str, list[Press]] = {key: [] for key in attempt_ids}
    keys = list(found)
    for start in range(0, len(keys), 500):
        wanted = select(Stamp).where(Stamp.attempt_id.in_(keys[start : start + 500])).order_by(Stamp.sequence)
        for record in session.scalars(wanted):
            found[record.attempt_id].append(press_of(record))
    return found


def locked(session: Session, attempt_id: str) -> Task:
    """Return the task of an attempt, its row held until *session* ends; raises ``NoResultFound`` where there is none."""
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    counting = live(presses(session, [attempt_id])[attempt_id])
    merchant, campaign = session.get_one(Merchant, attempt.merchant_id), session.get_one(Campaign, attempt.campaign_id)
    return Task(attempt, merchant, campaign, counting)


def _selection() -> Select[Attempt, Merchant, Campaign]:
    return (
        select(Attempt, Merchant, Campaign)
        .join(Merchant, Merchant.id == Attempt.merchant_id)
        .join(Campaign, Campaign.id == Attempt.campaign_id)
    )


def _due(now: datetime) -> Select[Attempt, Merchant, Campaign]:
    blocked = (Attempt.state == S.BLOCKED) & Attempt.blocked_by.in_(FOR_A_PERSON)
    assisted = Attempt.assisted & Attempt.state.in_(OPEN_TO_A_PERSON - {S.BLOCKED})
    running = Campaign.released_at.is_not(None) & Campaign.stopped_at.is_(None) & Campaign.closed_at.is_(None)
    return (
        _selection()
        .where(blocked | assisted, running, Campaign.starts_at <= now, Campaign.ends_at >= now)
        .where(Attempt.planned_for <= now, Attempt.channel.in_(KIND_OF))
        .order_by(Attempt.planned_for, Attempt.id)
    )


def _by_pages(session: Session, wanted: Select[Attempt, Merchant, Campaign], size: int) -> Iterator[Task]:
    """Give tasks as they are asked for: a campaign may have tens of thousands due, and a person takes one."""
    for start in count(0, size):
        page = _tasks(session, wanted.offset(start).limit(size))
        yield from page
        if len(page) < size:
            return


def _tasks(session: Session, wanted: Select[Attempt, Merchant, Campaign]) -> list[Task]:
    rows: Sequence[tuple[Attempt, Merchant, Campaign]] = [(row[0], row[1], row[2]) for row in session.execute(wanted)]
    stamps = presses(session, [attempt.id for attempt, _, _ in rows])
    return [Task(attempt, merchant, campaign, live(stamps[attempt.id])) for attempt, merchant, campaign in rows]
