"""The terms on which attempts are made: the operator's limits and addresses, and how long an answer is awaited."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from probes.addresses import Addresses
from probes.guard import Limits
from schedules import slots
from schedules.calendars import Calendar
from storage.vocabulary import Channel

WINDOWS = {
    Channel.X: timedelta(days=7),
    Channel.FACEBOOK: timedelta(days=7),
    Channel.WHATSAPP: timedelta(days=7),
    Channel.PHONE: timedelta(minutes=3),
    Channel.CHAT: timedelta(minutes=30),
    Channel.CONTACT_PAGE: timedelta(minutes=30),
}
"""How long an answer is awaited (method, section 3; chat and a search on the site: *ours*). E-mail, forms and requests to
be called back have the window of the settings.
"""


class Terms(NamedTuple):
    """What the operator's settings say: limits, calendar, window of e-mail and forms, who signs, where answers go."""

    limits: Limits
    calendar: Calendar
    window: timedelta
    sender: str
    addresses: Addresses
    may_post_on_x: bool = False


def slot_limits(terms: Terms, start: datetime, end: datetime, channels: Iterable[Channel]) -> slots.Limits:
    """Return within what attempts on *channels* are spread."""
    paces = {
        str(channel): slots.Pace(terms.calendar, terms.limits.merchant_gap, window_of(channel, terms))
        for channel in sorted(channels)
    }
    return slots.Limits(start, end, paces, terms.limits.per_day, terms.limits.per_day_and_domain)


def window_of(channel: Channel, terms: Terms) -> timedelta:
    """Return how long an answer is awaited on *channel*."""
    return WINDOWS.get(channel, terms.window)


def is_assisted(channel: Channel, terms: Terms) -> bool:
    """Return whether a person makes the attempts of *channel*, the program only preparing and watching."""
    if channel is Channel.X:
        return not terms.may_post_on_x
    return channel not in (Channel.EMAIL, Channel.FORM)
