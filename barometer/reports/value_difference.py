"""Which numbers, addresses and accounts of a channel came, went or changed between two audits."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from barometer.reports.audit_contract import AuditResult, FoundValue
from barometer.reports.merchant_text import bare_address, host_of, legible, web_link
from barometer.reports.tariff_words import tariff_words
from barometer.reports.verdict import is_premium
from barometer.reports.wording import Words, capital
from storage.vocabulary import Channel, PriceClass, SetAsideReason


class ValueChange(NamedTuple):
    """One change: ``value``, ``tariff``, ``readable`` or ``automatic``, as it stands in the results and in words."""

    kind: str
    before: str | None
    after: str | None
    sentence: str


def value_changes(channel: Channel, old: AuditResult, new: AuditResult, words: Words) -> Iterator[ValueChange]:
    """Yield the changes of *channel*, found in both results."""
    before, after = _by_identity(old, channel), _by_identity(new, channel)
    writer = _Writer(channel, words)
    gone = [value for key, value in before.items() if key not in after]
    come = [value for key, value in after.items() if key not in before]
    dropped, cleared = _reasons(new, channel), _reasons(old, channel)
    if len(gone) == len(come) == 1 and gone[0].value not in dropped and come[0].value not in cleared:
        yield writer.told("value", "value_changed", gone[0].value, come[0].value, before=gone[0], after=come[0])
    else:
        yield from (writer.gone(value, dropped.get(value.value)) for value in gone)
        yield from (writer.come(value, cleared.get(value.value)) for value in come)
    for key in (key for key in before if key in after):
        yield from writer.moved(before[key], after[key])
    if before and after and next(iter(before)) not in after:
        premium = is_premium(old.channels[channel]), is_premium(new.channels[channel])
        if premium[0] is not premium[1]:
            yield writer.nearest(next(iter(before.values())), next(iter(after.values())), premium[1])


def _by_identity(result: AuditResult, channel: Channel) -> dict[str, FoundValue]:
    """Return the values of a channel; the site's own addresses without their host, which a redirect may change."""
    hosts = {host_of(url) for url in (result.site.url, result.site.final_url) if url}
    return {_identity(value.value, hosts): value for value in result.channels[channel].values}


def _identity(value: str, hosts: set[str]) -> str:
    if "://" in value and host_of(value) in hosts:
        parts = urlsplit(value)
        return f"{parts.path.rstrip('/')}?{parts.query}"
    return value.casefold()


def _reasons(result: AuditResult, channel: Channel) -> dict[str, SetAsideReason]:
    return {entry.value: entry.why for entry in result.set_aside if entry.channel is channel}


def spoken(value: FoundValue) -> str:
    """Return *value* as it is told in a sentence: an address without its scheme, anything else as the page shows it."""
    if web_link(value.value) is not None:
        return legible(bare_address(value.value))
    return legible(value.display or value.value)


class _Writer:
    """Writes the sentences on one channel."""

    def __init__(self, channel: Channel, words: Words) -> None:
        self._channel = capital(words[f"channel.{channel}"])
        self._words = words

    def told(self, kind: str, key: str, was: str | None, now: str | None, **more: str | FoundValue) -> ValueChange:
        filled = {name: spoken(part) if isinstance(part, FoundValue) else part for name, part in more.items()}
        return ValueChange(kind, was, now, self._words[f"difference.{key}"].format(channel=self._channel, **filled))

    def gone(self, value: FoundValue, why: SetAsideReason | None) -> ValueChange:
        if why is None:
            return self.told("value", "value_vanished", value.value, None, before=value)
        because = {"why": self._words[f"set_aside.{why}"], "note": self._words[f"set_aside.{why}_note"]}
        return self.told("value", "value_set_aside", value.value, None, before=value, **because)

    def come(self, value: FoundValue, why: SetAsideReason | None) -> ValueChange:
        if why is not None:
            word = self._words[f"set_aside.{why}"]
            return self.told("value", "value_cleared", None, value.value, after=value, why=word)
        where = self._words["difference.where"].format(clicks=self._words.clicks(value.depth))
        return self.told("value", "value_appeared", None, value.value, after=value, where=where)

    def moved(self, before: FoundValue, after: FoundValue) -> Iterator[ValueChange]:
        yield from self._tariff(before, after)
        if before.readable is not after.readable and None not in (before.readable, after.readable):
            key = "readable" if after.readable else "unreadable"
            yield self.told("readable", key, _flag(before.readable), _flag(after.readable), value=after)
        if bool(before.automatic) is not bool(after.automatic) and None not in (before.automatic, after.automatic):
            key = "automatic" if after.automatic else "not_automatic"
            yield self.told("automatic", key, _flag(before.automatic), _flag(after.automatic), value=after)

    def nearest(self, before: FoundValue, after: FoundValue, premium: bool) -> ValueChange:
        key = "tariff_premium_other" if premium else "tariff_not_premium_other"
        prices = {"before": self._price(before, key), "after": self._price(after, key)}
        classes = (str(one.tariff.price_class) if one.tariff else None for one in (before, after))
        return self.told("tariff", key, *classes, value=after, **prices)

    def _tariff(self, before: FoundValue, after: FoundValue) -> Iterator[ValueChange]:
        was, now = before.tariff, after.tariff
        if was is None or now is None or was == now:
            return
        premium = [tariff.price_class is PriceClass.PREMIUM for tariff in (was, now)]
        key = "tariff" if premium[0] == premium[1] else "tariff_premium" if premium[1] else "tariff_not_premium"
        prices = {"before": self._price(before, key), "after": self._price(after, key)}
        yield self.told("tariff", key, str(was.price_class), str(now.price_class), value=after, **prices)

    def _price(self, value: FoundValue, key: str) -> str:
        """Return the price in words; the caps alone where the sentence says premium already."""
        price = tariff_words(value, self._words)
        if price is None:
            return ""
        if key.startswith("tariff_premium") and price.caps and price.colour == "violet":
            return price.caps
        return f"{price.name}, {price.caps}" if price.caps else price.name


def _flag(value: bool | None) -> str:
    return str(value).lower()
