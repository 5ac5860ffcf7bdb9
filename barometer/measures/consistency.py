"""Whether a firm that is asked the same on several channels answers on all of them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from barometer.measures.answering import waited
from barometer.measures.delay import Answered, Measured
from barometer.statistics import NotMeasured, Share, wilson
from storage.vocabulary import Channel


class Answers(NamedTuple):
    """Of ``asked`` first attempts on a channel, ``answered`` were answered in their window; the quickest took ``seconds``.

    ``seconds`` is ``None`` where none was answered.
    """

    asked: int
    answered: int
    seconds: float | None


class AcrossChannels(NamedTuple):
    """One scenario put to one merchant on two channels or more."""

    merchant: str
    scenario: str
    channels: Mapping[Channel, Answers]

    @property
    def alike(self) -> bool:
        """Whether every attempt on every channel was answered, or none was."""
        shares = {answers.answered / answers.asked for answers in self.channels.values()}
        return shares in ({0.0}, {1.0})


def across_channels(measured: Iterable[Measured]) -> list[AcrossChannels]:
    """Return the scenarios that a merchant was asked on several channels, by merchant and scenario.

    Only first attempts that were accepted and whose window has closed are looked at, so that no channel seems silent
    because it was asked later.
    """
    found: dict[tuple[str, str], dict[Channel, list[Measured]]] = {}
    for one in measured:
        if one.over and one.attempt.reminder_of is None and waited(one) is not None:
            channels = found.setdefault((one.attempt.merchant, one.attempt.scenario), {})
            channels.setdefault(one.attempt.channel, []).append(one)
    return [
        AcrossChannels(*key, {channel: _answers(channels[channel]) for channel in Channel if channel in channels})
        for key, channels in sorted(found.items())
        if len(channels) > 1
    ]


def alike_share(scenarios: Iterable[AcrossChannels]) -> Share | NotMeasured:
    """Return in how many of the *scenarios*, each put to a merchant on several channels, all channels did alike."""
    same = [scenario.alike for scenario in scenarios]
    return wilson(sum(same), len(same))


def _answers(measured: list[Measured]) -> Answers:
    delays = [one.outcome.delay.seconds for one in measured if isinstance(one.outcome, Answered)]
    return Answers(len(measured), len(delays), min(delays, default=None))
