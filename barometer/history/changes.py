"""What is news of one merchant: its site, and the depth, the values and the price of each channel, each settled by itself."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from barometer.history.night import (
    ABSENT,
    DEPTHS,
    WITH_VALUES,
    Condition,
    Depth,
    Night,
    Site,
    changed_conditions,
)
from barometer.history.settling import EXACT, Move, Read, Rules, Settled, settle
from storage.vocabulary import Channel, PriceClass

LEAST_ODD = 2
"""Times that something has to come and go before it is called unsettled (*ours*): once may be an accident."""


class Facet(StrEnum):
    """What is settled by itself."""

    SITE = "site"
    DEPTH = "depth"
    VALUES = "values"
    PRICE = "price"


class Kind(StrEnum):
    """What kind of change it is, most important first."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    BLOCKED = "blocked"
    REACHABLE = "reachable"
    VANISHED = "vanished"
    FARTHER = "farther"
    PREMIUM = "premium"
    APPEARED = "appeared"
    NEARER = "nearer"
    NO_LONGER_PREMIUM = "no_longer_premium"
    PRICE = "price"
    VALUE_CHANGED = "value_changed"
    VALUE_GONE = "value_gone"
    VALUE_ADDED = "value_added"


class Change(NamedTuple):
    """One change; ``channel`` is ``None`` for the site. ``before`` and ``after`` are states of the facet.

    The nights are the last of the old state, the first of the new one, and the one that confirmed it. ``conditions`` are
    what we changed ourselves between the first two: where there are any, nobody can tell whose change it is.
    """

    kind: Kind
    facet: Facet
    channel: Channel | None
    before: Any
    after: Any
    last: Night
    first: Night
    confirmed: Night
    conditions: tuple[Condition, ...]

    @property
    def on_the_day(self) -> bool:
        """Whether the night before was read too, so that the day is known."""
        return (self.first.day - self.last.day).days == 1


class Unsettled(NamedTuple):
    """What came and went: how often since when until when, and two of the states that took turns."""

    facet: Facet
    channel: Channel | None
    times: int
    since: date
    until: date
    states: tuple[Any, Any]


class News(NamedTuple):
    """What came of a merchant's nights: changes by day, newest first; ``waiting`` moves still have to be confirmed.

    ``now`` holds the states at the end, of what was seen often enough.
    """

    changes: list[Change]
    unsettled: list[Unsettled]
    waiting: int
    now: dict[tuple[Facet, Channel | None], Any]


def news(nights: Sequence[Night], confirm: int, since: date | None = None) -> News:
    """Return what is news in *nights*, one a day and oldest first, where *confirm* nights in a row make a state.

    From *since* on, counted is what was confirmed, or came and went: older nights tell only what was there before.
    """
    found = News([], [], 0, {})
    waiting = 0
    for facet, channel, rules, readings in _series(nights):
        settled = settle(readings, rules, confirm)
        for move in settled.moves:
            if since is None or move.confirmed.day >= since:
                found.changes.extend(_changes(facet, channel, move))
        found.unsettled.extend(_unsettled(facet, channel, settled, since))
        waiting += settled.waiting is not None
        if settled.now is not None:
            found.now[facet, channel] = settled.now
    found.changes.sort(key=_place)
    return found._replace(waiting=waiting)


def _place(change: Change) -> tuple[int, int, int]:
    channel = -1 if change.channel is None else list(Channel).index(change.channel)
    return -change.first.day.toordinal(), list(Kind).index(change.kind), channel


def _series(nights: Sequence[Night]) -> Iterator[tuple[Facet, Channel | None, Rules[Any], list[Read[Any]]]]:
    """Yield what is settled by itself, with its readings; nights on which it was not measured have none."""
    yield Facet.SITE, None, EXACT, [Read(night.day, night.site, night) for night in nights if night.site is not None]
    for channel in Channel:
        seen = [(night, night.channels[channel]) for night in nights if channel in night.channels]
        yield Facet.DEPTH, channel, DEPTHS, [Read(night.day, one.depth, night) for night, one in seen]
        if channel in WITH_VALUES:
            yield (
                Facet.VALUES,
                channel,
                EXACT,
                [Read(night.day, one.values, night) for night, one in seen if one.values],
            )
        if channel is Channel.PHONE:
            priced = [Read(night.day, one.price, night) for night, one in seen if one.price is not None]
            yield Facet.PRICE, channel, EXACT, priced


def _changes(facet: Facet, channel: Channel | None, move: Move[Any]) -> Iterator[Change]:
    last, first = move.last.night, move.first.night
    kind = _kind(facet, channel, move)
    if kind is not None:
        conditions = changed_conditions(last.conditions, first.conditions)
        yield Change(kind, facet, channel, move.before, move.after, last, first, move.confirmed.night, conditions)


def _kind(facet: Facet, channel: Channel | None, move: Move[Any]) -> Kind | None:
    match facet:
        case Facet.SITE:
            return Kind.REACHABLE if move.after is Site.READ else Kind(move.after)
        case Facet.DEPTH:
            return depth_kind(move.before, move.after)
        case Facet.PRICE:
            if move.after is PriceClass.PREMIUM:
                return Kind.PREMIUM
            return Kind.NO_LONGER_PREMIUM if move.before is PriceClass.PREMIUM else Kind.PRICE
        case _:
            return _value_kind(channel, move)


def depth_kind(before: Depth, after: Depth) -> Kind:
    """Return what it is called when one depth takes the place of another that contradicts it."""
    if after.least > before.most:
        return Kind.VANISHED if after.least == ABSENT else Kind.FARTHER
    return Kind.APPEARED if before.least == ABSENT else Kind.NEARER


def _value_kind(channel: Channel | None, move: Move[frozenset[str]]) -> Kind | None:
    """Return what became of the values nearest to the home page.

    Where the depth moved too, another place is looked at, which may show more or less of the same: that is no change of values.
    """
    gone, come = move.before - move.after, move.after - move.before
    depths = [read.night.channels[channel].depth.most for read in (move.last, move.first)]
    if move.before & move.after and depths[0] != depths[1]:
        return None
    if gone and come:
        return Kind.VALUE_CHANGED
    return Kind.VALUE_ADDED if come else Kind.VALUE_GONE


def _unsettled(facet: Facet, channel: Channel | None, settled: Settled[Any], since: date | None) -> Iterator[Unsettled]:
    odd = [one for one in settled.odd if since is None or one.ended.day >= since]
    if len(odd) >= LEAST_ODD:
        states = (odd[-1].began.state, odd[-1].ended.state)
        yield Unsettled(facet, channel, len(odd), odd[0].began.day, odd[-1].ended.day, states)
