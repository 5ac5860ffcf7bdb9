"""The card of one channel: what is shown, how far away, at what effort, by which way, and what proves it."""

from collections.abc import Sequence
from typing import NamedTuple

from barometer.reports.audit_contract import AuditResult, ChannelResult, FoundValue
from barometer.reports.merchant_text import bare_address, legible, web_link
from barometer.reports.pictures import Gallery
from barometer.reports.stairs import Stairs, stairs
from barometer.reports.tariff_words import TariffWords, tariff_words
from barometer.reports.verdict import depth_words
from barometer.reports.way import Guide, PageLink, ShownProof, ShownStep, page_link
from barometer.reports.wording import Words, capital
from storage.vocabulary import Basis, Channel, OutcomeKind, Searched

MOST_VALUES = 8
"""Values that one card shows (*ours*)."""
MOST_STEPS = 12
"""Steps that one card shows (*ours*)."""


class ShownValue(NamedTuple):
    """One value on a card."""

    main: str
    link: PageLink | None
    notes: tuple[str, ...]
    tariff: TariffWords | None
    page: PageLink | None
    clicks: str
    context: str


class EffortLine(NamedTuple):
    """One part of the effort, added up over the path."""

    what: str
    times: str
    seconds: str


class ShownEffort(NamedTuple):
    """The effort in words, with its parts."""

    total: str
    parts: tuple[EffortLine, ...]


class Side(NamedTuple):
    """A channel as seen through one window."""

    profile: str
    outcome: OutcomeKind
    depth: str
    stairs: Stairs
    why: tuple[str, ...]
    values: tuple[ShownValue, ...]
    more: str
    effort: ShownEffort | None
    no_effort: str
    steps: tuple[ShownStep, ...]
    more_steps: str
    proof: ShownProof | None
    no_picture: str

    @property
    def found(self) -> bool:
        """Whether there is a way to show."""
        return self.outcome in (OutcomeKind.EXACT, OutcomeKind.AT_MOST)


class Card(NamedTuple):
    """A channel, with a side a profile."""

    channel: Channel
    title: str
    sides: tuple[Side, ...]

    @property
    def found(self) -> bool:
        """Whether some profile shows the channel."""
        return any(side.found for side in self.sides)


def card(channel: Channel, results: Sequence[AuditResult], gallery: Gallery, words: Words) -> Card:
    """Return the card of *channel* in *results*, one a profile; pictures are taken from *gallery*."""
    return Card(
        channel,
        capital(words[f"channel.{channel}"]),
        tuple(_side(channel, result, gallery, words) for result in results),
    )


def _side(name: Channel, result: AuditResult, gallery: Gallery, words: Words) -> Side:
    channel, static = result.channels[name], result.tool.browser is None
    guide = Guide(name, result.profile, gallery, words)
    path = (channel.path or ()) if channel.found else ()
    steps = tuple(guide.step(number, step) for number, step in enumerate(path[:MOST_STEPS], 1))
    proof = guide.proof(channel.proof) if channel.found else None
    pictured = proof is not None or any(step.picture for step in steps)
    found = channel.values if channel.found else ()
    return Side(
        profile=capital(words[f"profile.{result.profile}"]),
        outcome=channel.outcome,
        depth=depth_words(channel, words),
        stairs=stairs(channel),
        why=tuple(_why(name, channel, words)),
        values=tuple(_value(name, value, words) for value in found[:MOST_VALUES]),
        more=words.count("more", len(found) - MOST_VALUES) if len(found) > MOST_VALUES else "",
        effort=_effort(channel, words),
        no_effort="" if static else words["effort.none"],
        steps=steps,
        more_steps=words.count("more", len(path) - MOST_STEPS) if len(path) > MOST_STEPS else "",
        proof=proof,
        no_picture="" if static or pictured else words["picture.none"],
    )


def _why(name: Channel, channel: ChannelResult, words: Words) -> list[str]:
    """Return what the outcome rests on, a sentence each."""
    reason = [words[f"reason.{channel.reason}"]] if channel.reason is not None else []
    if channel.outcome is OutcomeKind.EXACT:
        if channel.clicks == 0:
            return [words["basis.home"]]
        if channel.basis is None:
            return []
        return [_sampled(f"basis.{channel.basis}", channel.basis is Basis.TEMPLATES, channel, words)]
    if channel.outcome is OutcomeKind.AT_MOST:
        key = {0: "basis.at_most_open", 1: "basis.at_most_not_home"}.get(channel.at_least or 0, "basis.at_most")
        least = words.clicks(channel.at_least or 0)
        return [words[key].format(clicks=words.clicks(channel.clicks or 0), least=least), *reason]
    if channel.outcome is OutcomeKind.NOT_FOUND:
        searched = _sampled(f"searched.{channel.searched}", channel.searched is Searched.TEMPLATES, channel, words)
        return [searched, words["searched.counted"].format(what=words[f"channel_counts.{name}"])]
    return reason


def _sampled(key: str, by_templates: bool, channel: ChannelResult, words: Words) -> str:
    size = channel.template_sample or 1
    return words[f"{key}_one" if by_templates and size == 1 else key].format(n=words.number(size))


def _value(name: Channel, value: FoundValue, words: Words) -> ShownValue:
    is_address = name in (Channel.CONTACT_PAGE, Channel.FORM) or web_link(value.value) is not None
    main = value.value if is_address else value.display or value.value
    notes: list[str] = []
    if is_address and value.display and value.display != value.value:
        notes.append(legible(value.display))
    elif not is_address and value.display and _differs(value.display, value.value):
        notes.append(words.plain("value.international", value=value.value))
    if value.kind is not None:
        notes.append(words[f"form.{value.kind}"])
    if value.automatic:
        notes.append(words["value.automatic"])
    if value.readable is False and name in (Channel.PHONE, Channel.EMAIL):
        notes.append(words["value.unreadable"])
    return ShownValue(
        legible(bare_address(main) if is_address else main),
        page_link(value.value) if is_address else None,
        tuple(notes),
        tariff_words(value, words),
        page_link(value.page) if not (is_address and value.page == value.value) else None,
        words.clicks(value.depth),
        legible(value.context or ""),
    )


def _differs(display: str, value: str) -> bool:
    return "".join(display.split()).casefold() != value.casefold()


def _effort(channel: ChannelResult, words: Words) -> ShownEffort | None:
    if channel.effort_seconds is None or not channel.found:
        return None
    sums: dict[str, tuple[int, float]] = {}
    for part in channel.effort.parts if channel.effort is not None else ():
        times, seconds = sums.get(part.what, (0, 0.0))
        sums[part.what] = (times + 1, seconds + part.seconds)
    lines = tuple(
        EffortLine(
            capital(words.get(f"effort.{what}", legible(what, 60))), f"{times}\u00a0×", words.seconds(seconds, 2)
        )
        for what, (times, seconds) in list(sums.items())[:12]
    )
    return ShownEffort(words["effort.total"].format(seconds=words.seconds(channel.effort_seconds)), lines)
