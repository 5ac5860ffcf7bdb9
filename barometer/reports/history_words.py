"""What moved, in words: one sentence a change, with its nights."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from barometer.history.changes import Change, Facet, Kind, Unsettled
from barometer.history.found import Turn
from barometer.history.night import ABSENT, Condition, Depth, Site
from barometer.history.stored_nights import Outage
from barometer.reports.merchant_text import bare_address, legible, web_link
from barometer.reports.wording import Language, Words, capital, typeset, words_of
from storage.vocabulary import Channel, PriceClass

MOST_VALUES = 3
"""Values that a sentence names (*ours*); all stand in the JSON."""
_NAME = "history.{language}.toml"


class HistoryWords(Words):
    """The words of the history in one language; channels and prices are named as in every other report."""

    def __init__(self, language: Language, own: Mapping[str, str]) -> None:
        super().__init__(language, {**words_of(language)._words, **own})

    def date(self, day: date) -> str:
        """Return *day* as sentences have it."""
        told = self.day(datetime(day.year, day.month, day.day, tzinfo=UTC))
        return self["when.date"].format(iso=day.isoformat(), day=told)

    def counted(self, key: str, count: int) -> str:
        """Return *count* with its noun."""
        return self.count(key, count)

    def what(self, facet: Facet, channel: Channel | None) -> str:
        """Return what moved: the site, the price of a call, or the channel."""
        if facet is Facet.PRICE:
            return self["what.price"]
        return self[f"what.{channel or 'site'}"]

    def depth(self, depth: Depth) -> str:
        """Return a depth in words: ``1 click``, ``3 clicks at most``, ``not found``."""
        if depth.least == ABSENT:
            return self["depth.absent"]
        if depth.most == ABSENT:
            return self["depth.at_least"].format(clicks=self.clicks(depth.least))
        if depth.least == depth.most:
            return self.clicks(depth.most)
        key = "depth.between" if depth.least else "depth.at_most"
        return self[key].format(least=self.number(depth.least), clicks=self.clicks(depth.most))

    def depths(self, before: Depth, after: Depth) -> str:
        """Return from which depth to which; the noun once where both are exact."""
        exact = before.least == before.most < ABSENT and after.least == after.most < ABSENT
        first = self.number(before.most) if exact else self.depth(before)
        return self["depth.from_to"].format(before=first, after=self.depth(after))

    def values(self, values: Collection[str], channel: Channel | None) -> str:
        """Return *values* as people write them, the first few in order."""
        shown = [spoken(value, channel) for value in sorted(values)[:MOST_VALUES]]
        more = len(values) - len(shown)
        return self.listed([*shown, self.counted("more", more)] if more else shown)

    def state(self, facet: Facet, channel: Channel | None, state: Any) -> str:
        """Return a state of *facet* in words."""
        match state:
            case Depth():
                return self.depth(state)
            case PriceClass():
                return self[f"tariff.{state}"]
            case Site():
                return self[f"site.{state}"]
            case _:
                return self.values(state, channel)

    def sentence(self, change: Change, merchant: str) -> str:
        """Return *change* of *merchant* in words, without its day."""
        facet, channel = change.facet, change.channel
        before, after = change.before, change.after
        more: dict[str, str] = {}
        if facet is Facet.VALUES:
            more["value"] = self[f"values.{channel}"]
            kept = before & after
            before, after = before - kept, after - kept
        if facet is Facet.DEPTH:
            more["depths"] = self.depths(before, after)
        named = {**more, "what": self.what(facet, channel), "merchant": legible(merchant, 80)}
        told = {"before": before, "after": after}
        return self[f"change.{change.kind}"].format(
            **named,
            **{key.capitalize(): capital(text) for key, text in named.items()},
            **{key: self.state(facet, channel, state) for key, state in told.items()},
        )

    def when(self, change: Change) -> str:
        """Return on which day, or between which days where no night in between was measured."""
        first = self.date(change.first.day)
        if change.on_the_day:
            return self["when.day"].format(last=first)
        return self["when.between"].format(first=self.date(change.last.day), last=first)

    def whole(self, change: Change, merchant: str) -> str:
        """Return the sentence with its day, why the site could not be read, and what changed with us at the same time."""
        told = [self["when.sentence"].format(sentence=self.sentence(change, merchant), when=self.when(change))]
        told += [self.reason(change)] if self.reason(change) else []
        if change.conditions:
            told.append(f"{capital(self.ours(change.conditions))}.")
        return " ".join(told)

    def reason(self, change: Change) -> str:
        """Return why a site could not be read, nothing for every other change."""
        told = change.kind in (Kind.UNREACHABLE, Kind.BLOCKED) and change.first.reason is not None
        return self[f"reason.{change.first.reason}"] if told else ""

    def ours(self, conditions: Iterable[Condition]) -> str:
        """Return what changed with us at the same time."""
        return self["conditions.ours"].format(listed=", ".join(self.condition(one) for one in conditions))

    def condition(self, condition: Condition) -> str:
        """Return a condition that changed."""
        before, after = legible(condition.before, 40), legible(condition.after, 40)
        if condition.what == "mode":
            before, after = self[f"conditions.mode_{before}"], self[f"conditions.mode_{after}"]
        return self[f"conditions.{condition.what}"].format(before=before, after=after)

    def turn(self, turn: Turn) -> str:
        """Return from which day on we read otherwise."""
        return self["conditions.turn"].format(
            day=self.date(turn.day),
            what=self.condition(turn.condition),
            merchants=self.counted("merchants", turn.merchants),
        )

    def outage(self, outage: Outage) -> str:
        """Return a day that tells nothing of who was out of reach."""
        return self["conditions.outage"].format(
            day=self.date(outage.day), unreachable=self.number(outage.unreachable), of=self.number(outage.of)
        )

    def unsettled(self, one: Unsettled, merchant: str) -> str:
        """Return what came and went, and how often."""
        first, second = (self._short(one, state) for state in one.states)
        return self["unsettled.sentence"].format(
            What=capital(self.what(one.facet, one.channel)),
            merchant=legible(merchant, 80),
            first=first,
            second=second,
            times=self.counted("times", one.times),
            since=self.date(one.since),
            until=self.date(one.until),
        )

    def _short(self, one: Unsettled, state: Any) -> str:
        many = isinstance(state, frozenset) and len(state) > 1
        if many:
            return self["unsettled.several"].format(count=self.number(len(state)))
        return self.state(one.facet, one.channel, state)


def spoken(value: str, channel: Channel | None) -> str:
    """Return a value as people write it: a number in groups, an address without its scheme."""
    if web_link(value) is not None:
        return legible(bare_address(value), 80)
    if channel in (Channel.PHONE, Channel.WHATSAPP) and value.startswith("+"):
        # The tables of numbers take a moment to load, and most reports name none.
        import phonenumbers

        try:
            parsed = phonenumbers.parse(value)
            return legible(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL), 40)
        except phonenumbers.NumberParseException:
            pass
    return legible(value, 80)


@cache
def history_words(language: Language) -> HistoryWords:
    """Return the words of the history in *language*; raises ``ValueError`` when another language has words that it lacks."""
    own = _flat(language)
    for other in Language:
        missing = sorted(_flat(other).keys() - own.keys())
        if missing:
            raise ValueError(f"words/{_NAME.format(language=language)} lacks {', '.join(missing)}")
    return HistoryWords(language, {key: typeset(text, language) for key, text in own.items()})


def _flat(language: Language) -> dict[str, str]:
    source = files("barometer.reports").joinpath("words", _NAME.format(language=language)).read_text("utf-8")
    return {f"{section}.{name}": text for section, told in tomllib.loads(source).items() for name, text in told.items()}
