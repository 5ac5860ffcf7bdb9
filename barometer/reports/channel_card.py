"""The card of one channel: what is shown, how far away, at what effort, by which way, and what proves it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from barometer.reports.audit_contract import AuditResult, ChannelResult, FoundValue
from barometer.reports.merchant_text import bare_address, legible, web_link
from barometer.reports.page_names import PageLink, page_on_site
from barometer.reports.pictures import Gallery
from barometer.reports.stairs import Stairs, stairs
from barometer.reports.tariff_words import TariffWords, tariff_words
from barometer.reports.verdict import depth_words
from barometer.reports.way import Guide, ShownProof, ShownStep
from barometer.reports.wording import Words, capital
from storage.vocabulary import SOCIAL_CHANNELS, Basis, Channel, OutcomeKind, Searched

MOST_VALUES = 8
"""Values that one card shows (*ours*)."""
MOST_STEPS = 12
"""Steps that one card shows (*ours*)."""
_WHOLE_CONTEXT = 100
"""Characters from which on the words around a value are an excerpt (``spiders/detect`` keeps 80 before and 60 after)."""


class ShownValue(NamedTuple):
    """One value on a card; the clicks to it are told where they are not those to the channel."""

    main: str
    href: str | None
    notes: tuple[str, ...]
    tariff: TariffWords | None
    page: PageLink | None
    clicks: str
    context: str


class EffortLine(NamedTuple):
    """One part of the effort, added up over the path; how many times is told from twice on."""

    what: str
    seconds: str
    times: str


class ShownEffort(NamedTuple):
    """The effort in words, and the parts that add up to it."""

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

    @property
    def is_explained(self) -> bool:
        """Whether some profile could look, so that the channel has a place of its own in the report."""
        return any(side.outcome is not OutcomeKind.NOT_MEASURED for side in self.sides)

    @property
    def is_small(self) -> bool:
        """Whether the card is one of the many alike of social networks."""
        return self.channel in SOCIAL_CHANNELS


def card(channel: Channel, results: Sequence[AuditResult], gallery: Gallery, words: Words) -> Card:
    """Return the card of *channel* in *results*, one a profile; pictures are taken from *gallery*."""
    return Card(
        channel,
        capital(words[f"channel.{channel}"]),
        tuple(_side(channel, result, gallery, words) for result in results),
    )


def _side(name: Channel, result: AuditResult, gallery: Gallery, words: Words) -> Side:
    channel, static = result.channels[name], result.tool.browser is None
    home = result.site.final_url or result.site.url
    guide = Guide(name, home, result.profile, gallery, words)
    path = (channel.path or ()) if channel.found else ()
    steps = tuple(guide.step(number, step) for number, step in enumerate(path[:MOST_STEPS], 1))
    proof = guide.proof(channel.proof, path[-1].target if path else home) if channel.found else None
    pictured = proof is not None or any(step.picture for step in steps)
    found = channel.values if channel.found else ()
    return Side(
        profile=capital(words[f"profile.{result.profile}"]),
        outcome=channel.outcome,
        depth=depth_words(channel, words),
        stairs=stairs(channel),
        why=tuple(_why(channel, words)),
        values=tuple(_value(name, value, channel, home, words) for value in found[:MOST_VALUES]),
        more=words.count("more", len(found) - MOST_VALUES) if len(found) > MOST_VALUES else "",
        effort=_effort(channel, words),
        no_effort="" if static else words["effort.none"],
        steps=steps,
        more_steps=words.count("more", len(path) - MOST_STEPS) if len(path) > MOST_STEPS else "",
        proof=proof,
        no_picture="" if static or pictured else words["picture.none"],
    )


def _why(channel: ChannelResult, words: Words) -> list[str]:
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
        return [_sampled(f"searched.{channel.searched}", channel.searched is Searched.TEMPLATES, channel, words)]
    return reason


def _sampled(key: str, by_templates: bool, channel: ChannelResult, words: Words) -> str:
    size = channel.template_sample or 1
    return words[f"{key}_one" if by_templates and size == 1 else key].format(n=words.number(size))


def _value(name: Channel, value: FoundValue, channel: ChannelResult, home: str, words: Words) -> ShownValue:
    is_page = name in (Channel.CONTACT_PAGE, Channel.FORM)
    is_address = is_page or web_link(value.value) is not None
    return ShownValue(
        legible(bare_address(value.value) if is_address else value.display or value.value),
        web_link(value.value) if is_address else None,
        tuple(_notes(name, value, is_address, words)),
        tariff_words(value, words),
        None if is_page and value.page == value.value else page_on_site(value.page, home, words),
        "" if value.depth == channel.clicks else words.clicks(value.depth),
        # What stands around a form are its field names, around a page its title: neither tells a reader more.
        "" if is_page else _excerpt(value.context or ""),
    )


def _excerpt(context: str) -> str:
    """Return *context* for display; a long one was cut anywhere, so the half words at its ends give way to dots."""
    words = context.split()
    return legible(f"… {' '.join(words[1:-1])} …" if len(context) > _WHOLE_CONTEXT and len(words) > 2 else context)


def _notes(name: Channel, value: FoundValue, is_address: bool, words: Words) -> Iterator[str]:
    if is_address and value.display and bare_address(value.display) != bare_address(value.value):
        yield legible(value.display)
    elif not is_address and value.display and _differs(value.display, value.value):
        yield words.plain("value.international", value=value.value)
    if value.kind is not None:
        yield words[f"form.{value.kind}"]
    if value.automatic:
        yield words["value.automatic"]
    if value.readable is False and name in (Channel.PHONE, Channel.EMAIL):
        yield words["value.unreadable"]


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
            words.get(f"effort.{what}", legible(what, 60)),
            words.seconds(seconds, 2),
            f"({times}\u00a0×)" if times > 1 else "",
        )
        for what, (times, seconds) in list(sums.items())[:12]
    )
    total = words["effort.total"].format(seconds=words.seconds(channel.effort_seconds))
    return ShownEffort(
        total if channel.effort_seconds else words["effort.zero"], lines if channel.effort_seconds else ()
    )
