"""What a visit did not find, and what it could not measure: channels that share a reason stand together."""

from collections.abc import Sequence
from typing import NamedTuple

from barometer.reports.audit_contract import AuditResult
from barometer.reports.channel_card import Card
from barometer.reports.wording import Words, capital
from storage.vocabulary import Channel, OutcomeKind


class Missing(NamedTuple):
    """A channel that no profile shows, and what would have counted as one."""

    channel: Channel
    title: str
    counted: str


class NotFound(NamedTuple):
    """How it was searched, and the channels that this did not find."""

    searched: tuple[str, ...]
    channels: list[Missing]


class Unmeasured(NamedTuple):
    """Channels that could not be measured for one reason."""

    channels: str
    reason: str


def not_found(cards: Sequence[Card], words: Words) -> list[NotFound]:
    """Return the channels of *cards* that some profile searched and none shows, grouped by how they were searched."""
    groups: dict[tuple[str, ...], NotFound] = {}
    for card in cards:
        if card.found or all(side.outcome is OutcomeKind.NOT_MEASURED for side in card.sides):
            continue
        told = [" ".join(side.why) for side in card.sides]
        same = len(set(told)) == 1
        searched = (
            (told[0],) if same else tuple(f"{side.profile}: {one}" for side, one in zip(card.sides, told, strict=True))
        )
        counted = words["searched.counted"].format(what=words[f"channel_counts.{card.channel}"])
        groups.setdefault(searched, NotFound(searched, [])).channels.append(Missing(card.channel, card.title, counted))
    return list(groups.values())


def unmeasured(results: Sequence[AuditResult], words: Words) -> list[Unmeasured]:
    """Return the channels that some profile could not measure, grouped by reason and profile."""
    groups: dict[tuple[str, str], list[Channel]] = {}
    for channel in Channel:
        reasons = [result.channels[channel].reason for result in results if not _is_measured(result, channel)]
        everywhere = len(reasons) == len(results) and len(set(reasons)) == 1
        for result in results[:1] if everywhere else results:
            if not _is_measured(result, channel):
                profile = "" if everywhere else words[f"profile.on_{result.profile}"]
                groups.setdefault((words[f"reason.{result.channels[channel].reason}"], profile), []).append(channel)
    return [Unmeasured(_named(channels, profile, words), reason) for (reason, profile), channels in groups.items()]


def _is_measured(result: AuditResult, channel: Channel) -> bool:
    return result.channels[channel].outcome is not OutcomeKind.NOT_MEASURED


def _named(channels: Sequence[Channel], profile: str, words: Words) -> str:
    everything = len(channels) == len(Channel)
    names = words["channels.all"] if everything else words.listed(words[f"channel.{channel}"] for channel in channels)
    return capital(f"{names} ({profile})" if profile else names)
