"""The verdict: what an audit found, in one sentence a person can repeat."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from barometer.reports.audit_contract import AuditResult, ChannelResult
from barometer.reports.wording import Words, capital
from storage.vocabulary import SOCIAL_CHANNELS, Channel, OutcomeKind, PriceClass

DIRECT_CHANNELS = tuple(channel for channel in Channel if channel not in SOCIAL_CHANNELS)
"""Channels that reach the merchant without a social network."""
MAIN_CHANNELS = (Channel.PHONE, Channel.EMAIL, Channel.CONTACT_PAGE, Channel.FORM)
"""Channels whose absence belongs into the headline (*ours*)."""


class Verdict(NamedTuple):
    """The sentence, the main channels it lacks, and what completes it: social networks, what else was not found, what was
    not measured; each empty where there is none.
    """

    profile: str
    sentence: str
    missing: str
    social: str
    not_found: str
    not_measured: str
    note: str


def verdict(result: AuditResult, words: Words) -> Verdict:
    """Return the verdict on one result, in plain text."""
    channels = result.channels
    nothing_measured = all(part.outcome is OutcomeKind.NOT_MEASURED for part in channels.values())
    direct = _places(DIRECT_CHANNELS, result, words)
    social = _places(SOCIAL_CHANNELS, result, words)
    return Verdict(
        capital(words[f"profile.on_{result.profile}"]),
        capital(", ".join(direct)) + words["verdict.end"] if direct else _nothing(result, nothing_measured, words),
        _named("not_found", MAIN_CHANNELS, result, words) if direct else "",
        capital(", ".join(social)) + words["verdict.end"] if social else "",
        _named("not_found", [one for one in Channel if not direct or one not in MAIN_CHANNELS], result, words),
        "" if nothing_measured else _named("not_measured", Channel, result, words),
        f"{_common_reason(result, words)} {words['verdict.unmeasured_note']}".strip() if nothing_measured else "",
    )


def depth_words(channel: ChannelResult, words: Words) -> str:
    """Return the outcome of a channel in a few words: ``1 click``, ``3 clicks at most``, ``not found``."""
    clicks = words.clicks(channel.clicks) if channel.clicks is not None else ""
    return words[f"depth.{channel.outcome}"].format(clicks=clicks)


def _places(channels: Sequence[Channel], result: AuditResult, words: Words) -> list[str]:
    return [_place(channel, result.channels[channel], words) for channel in channels if result.channels[channel].found]


def _place(name: Channel, channel: ChannelResult, words: Words) -> str:
    premium = bool(channel.values) and is_premium(channel)
    key = ("premium" if premium else "exact", "premium_at_most" if premium else "at_most")
    return words[f"verdict.{key[channel.outcome is OutcomeKind.AT_MOST]}"].format(
        channel=words[f"channel.{name}"], clicks=words.clicks(channel.clicks or 0)
    )


def is_premium(channel: ChannelResult) -> bool:
    """Tell whether every number seen at the depth that is announced costs more than a call."""
    nearest = [value for value in channel.values if value.depth <= (channel.clicks or 0)] or channel.values[:1]
    return all(value.tariff is not None and value.tariff.price_class is PriceClass.PREMIUM for value in nearest)


def _named(outcome: str, channels: Iterable[Channel], result: AuditResult, words: Words) -> str:
    names = [words[f"channel.{channel}"] for channel in channels if result.channels[channel].outcome == outcome]
    return words[f"verdict.{outcome}"].format(channels=words.listed(names)) if names else ""


def _common_reason(result: AuditResult, words: Words) -> str:
    """Return why nothing was measured, where there is one reason."""
    reasons = {channel.reason for channel in result.channels.values()}
    return words[f"reason.{reasons.pop()}"] if len(reasons) == 1 else ""


def _nothing(result: AuditResult, nothing_measured: bool, words: Words) -> str:
    if nothing_measured:
        return words["verdict.unmeasured"]
    unknown = any(result.channels[channel].outcome is OutcomeKind.NOT_MEASURED for channel in DIRECT_CHANNELS)
    return words["verdict.nothing_but_unmeasured" if unknown else "verdict.nothing"]
