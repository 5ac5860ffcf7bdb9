"""Where a desktop and a phone are shown different things on one site, in words."""

from collections.abc import Iterator

from barometer.reports.audit_contract import AuditResult, ChannelResult
from barometer.reports.value_difference import spoken
from barometer.reports.verdict import depth_words
from barometer.reports.wording import Words, capital
from storage.vocabulary import Channel

EFFORT_SHARE, EFFORT_SECONDS = 0.2, 1.0
"""Share and seconds from which on two efforts differ for a reader (*ours*): less is the network's mood."""
_MOST_VALUES = 3


def differences_between(first: AuditResult, second: AuditResult, words: Words) -> list[str]:
    """Return where two profiles differ in depth, in effort and in what is shown, one sentence each."""
    return [
        words[f"verdict.{key}"].format(channel=capital(words[f"channel.{channel}"]), first=one, second=other)
        for channel in Channel
        for key, one, other in _contrasts(first.channels[channel], second.channels[channel], words)
    ]


def effort_differs(first: float, second: float) -> bool:
    """Tell whether two efforts, in seconds, differ by more than a reader should overlook."""
    gap = abs(second - first)
    return gap >= EFFORT_SECONDS and gap > EFFORT_SHARE * first


def _contrasts(first: ChannelResult, second: ChannelResult, words: Words) -> Iterator[tuple[str, str, str]]:
    """Return what differs between two views of one channel: the key of its sentence, and both sides in words."""
    depths = depth_words(first, words), depth_words(second, words)
    if depths[0] != depths[1]:
        yield "differs", *depths
    if not (first.found and second.found):
        return
    efforts = first.effort_seconds, second.effort_seconds
    if efforts[0] is not None and efforts[1] is not None and effort_differs(efforts[0], efforts[1]):
        yield "differs_effort", words.seconds(efforts[0]), words.seconds(efforts[1])
    if only := _only(first, second):
        yield "only_first", words.listed(only), ""
    if only := _only(second, first):
        yield "only_second", "", words.listed(only)


def _only(first: ChannelResult, second: ChannelResult) -> list[str]:
    """Return what *first* shows and *second* does not, the nearest values."""
    there = {value.value.casefold() for value in second.values}
    return [spoken(value) for value in first.values if value.value.casefold() not in there][:_MOST_VALUES]
