"""Whether an attempt may be made now. Pure: it is told what has happened and what time it is, and says yes, later or no.

What has happened comes from the journal (:mod:`probes.ledger`), never from memory, so that a crash forgets no limit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schedules.calendars import Calendar, is_quiet, next_open
from storage.vocabulary import BlockedBy, Channel

Covers = Callable[[str | None, str | None, str | None], bool]
"""Tells whether the opt-out list covers a web address, an e-mail address or a phone number."""

ANSWERED_APART = frozenset({Channel.EMAIL, Channel.FORM})
"""Channels on which two open attempts are told apart by the address they are answered to, and by nothing else."""


class Allowed(NamedTuple):
    """The attempt may be made now."""


class Held(NamedTuple):
    """Not now: again at ``until`` (UTC) at the earliest, ``None`` where a person must act first."""

    until: datetime | None
    why: str


class Late(NamedTuple):
    """It should have left long ago, and must not leave in a burst with others: it needs another time."""

    why: str


class Refused(NamedTuple):
    """Never: it is cancelled, or ``blocked`` where the merchant's wish or side is the reason."""

    why: str
    blocked: BlockedBy | None = None


Decision = Allowed | Held | Late | Refused


class Limits(NamedTuple):
    """What no campaign may pass: messages a day, in all and to a domain, and in a campaign; what lies between two."""

    per_day: int
    per_day_and_domain: int
    per_campaign: int
    gap: timedelta
    merchant_gap: timedelta
    late: timedelta


class Standing(NamedTuple):
    """What a campaign allows by itself."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    released: bool
    stopped_by: str | None


class Candidate(NamedTuple):
    """An attempt that is due, as far as the guard must know it. ``contest``: its merchant entered this campaign's contest."""

    id: str
    campaign: Standing
    merchant_id: str
    merchant_url: str
    merchant_email: str | None
    merchant_phone: str | None
    channel: Channel
    target: str
    domain: str
    planned_for: datetime
    reply_address: str | None
    contest: bool
    reminder_of: str | None = None


class Contact(NamedTuple):
    """One hand-over that happened, or may have."""

    merchant_id: str
    domain: str
    at: datetime


class OpenAttempt(NamedTuple):
    """An attempt that the merchant has, or may have, and that may still be answered until ``closes_at``.

    ``closes_at`` is ``None`` where nobody knows when it left.
    """

    id: str
    closes_at: datetime | None
    reply_address: str | None


@dataclass(frozen=True)
class Ledger:
    """What has happened: recent hand-overs, attempts that are open, hand-overs a campaign; and whether all is stopped.

    ``contacts`` reach back as far as :meth:`Guard.looks_back_to` says.
    """

    contacts: Sequence[Contact] = ()
    open: Mapping[tuple[str, Channel], Sequence[OpenAttempt]] = field(default_factory=dict)
    per_campaign: Mapping[str, int] = field(default_factory=dict)
    stopped: bool = False


class Guard:
    """Decides by *limits* and *calendar*; *covers* speaks for the opt-out list."""

    def __init__(self, limits: Limits, calendar: Calendar, covers: Covers) -> None:
        self.limits = limits
        self.calendar = calendar
        self._covers = covers

    def looks_back_to(self, now: datetime) -> datetime:
        """Return since when hand-overs matter: the beginning of the local day, or the longest gap ago."""
        gap = max(self.limits.gap, self.limits.merchant_gap)
        return min(self._day_of(now), now - gap)

    def decide(self, candidate: Candidate, ledger: Ledger, now: datetime) -> Decision:
        """Return whether *candidate* may be handed over at *now*; what can never change comes before what can."""
        return (
            self._refused(candidate, ledger, now)
            or self._of_campaign(candidate.campaign, now)
            or self._late(candidate, now)
            or self._of_merchant(candidate, ledger, now)
            or self._of_domain(candidate, ledger, now)
            or self.of_everything(ledger, now)
        )

    def of_everything(self, ledger: Ledger, now: datetime) -> Allowed | Held:
        """Return whether anything at all may be handed over at *now*."""
        if ledger.stopped:
            return Held(None, "the stop file exists")
        if is_quiet(now, self.calendar):
            return Held(next_open(now, self.calendar), "quiet hours, a weekend or a public holiday")
        today = self._today(ledger.contacts, now)
        if len(today) >= self.limits.per_day:
            return Held(self._next_day(now), f"{self.limits.per_day} were sent today, as many as a day may have")
        return self._apart(ledger.contacts, self.limits.gap, now, "the last message") or Allowed()

    def _refused(self, candidate: Candidate, ledger: Ledger, now: datetime) -> Refused | None:
        email = candidate.target if candidate.channel is Channel.EMAIL else None
        phone = candidate.target if candidate.channel is Channel.PHONE else None
        page = candidate.target if "://" in candidate.target else None
        asked = (
            (candidate.merchant_url, candidate.merchant_email, candidate.merchant_phone),
            (page, email, phone),
        )
        if any(self._covers(*one) for one in asked):
            return Refused("the merchant asked to be left alone", BlockedBy.OPT_OUT)
        if now >= candidate.campaign.ends_at:
            return Refused(f"the campaign ended on {candidate.campaign.ends_at:%Y-%m-%d %H:%M} UTC")
        if ledger.per_campaign.get(candidate.campaign.id, 0) >= self.limits.per_campaign:
            return Refused(f"the campaign has reached {self.limits.per_campaign} attempts, as many as it may have")
        return None

    def _of_campaign(self, campaign: Standing, now: datetime) -> Held | None:
        if not campaign.released:
            return Held(None, "the campaign is not released")
        if campaign.stopped_by is not None:
            return Held(None, f"the campaign was stopped by {campaign.stopped_by}")
        if now < campaign.starts_at:
            return Held(campaign.starts_at, "the campaign has not begun")
        return None

    def _late(self, candidate: Candidate, now: datetime) -> Late | None:
        if now - candidate.planned_for <= self.limits.late:
            return None
        return Late(f"it was due at {candidate.planned_for:%Y-%m-%d %H:%M} UTC")

    def _of_merchant(self, candidate: Candidate, ledger: Ledger, now: datetime) -> Held | None:
        others = [
            one
            for one in ledger.open.get((candidate.merchant_id, candidate.channel), ())
            if one.id not in (candidate.id, candidate.reminder_of) and (one.closes_at is None or one.closes_at > now)
        ]
        if others and not (candidate.contest and _told_apart(candidate, others)):
            closing = [one.closes_at for one in others]
            until = None if None in closing else max(at for at in closing if at is not None)
            return Held(until, "another attempt at this merchant on this channel is open")
        mine = [one for one in ledger.contacts if one.merchant_id == candidate.merchant_id]
        return self._apart(mine, self.limits.merchant_gap, now, "the last message to this merchant")

    def _of_domain(self, candidate: Candidate, ledger: Ledger, now: datetime) -> Held | None:
        if not candidate.domain:
            return None
        sent = sum(one.domain == candidate.domain for one in self._today(ledger.contacts, now))
        if sent < self.limits.per_day_and_domain:
            return None
        return Held(self._next_day(now), f"{sent} were sent to {candidate.domain} today, as many as a day may have")

    def _apart(self, contacts: Iterable[Contact], gap: timedelta, now: datetime, what: str) -> Held | None:
        """Return what holds the next message back while *contacts* are less than *gap* ago; clocks may have been set back."""
        last = max((one.at for one in contacts), default=None)
        if last is None or now >= last + gap:
            return None
        return Held(last + gap, f"{what} left less than {gap} ago")

    def _today(self, contacts: Iterable[Contact], now: datetime) -> list[Contact]:
        since = self._day_of(now)
        return [one for one in contacts if one.at >= since]

    def _day_of(self, now: datetime) -> datetime:
        """Return when the local day of *now* began."""
        return now.astimezone(ZoneInfo(self.calendar.zone)).replace(hour=0, minute=0, second=0, microsecond=0)

    def _next_day(self, now: datetime) -> datetime:
        begin = self._day_of(now)
        return next_open((begin.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=begin.tzinfo), self.calendar)


def _told_apart(candidate: Candidate, others: Iterable[OpenAttempt]) -> bool:
    """Return whether the answers to *candidate* and to *others* cannot be taken for each other."""
    if candidate.channel not in ANSWERED_APART:
        return True
    addresses = [one.reply_address for one in others]
    return None not in (candidate.reply_address, *addresses) and candidate.reply_address not in addresses
