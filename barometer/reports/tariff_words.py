"""What a call costs, in words and in the colour that the French plan gives it."""

from typing import NamedTuple

from barometer.reports.audit_contract import FoundValue, Tariff
from barometer.reports.wording import Words
from storage.vocabulary import PriceClass

COLOURS = {PriceClass.FREE: "green", PriceClass.BANALISED: "grey", PriceClass.PREMIUM: "violet"}
"""Colour of a class in the ARCEP plan; the others have none."""
FRENCH_PREFIXES = ("+33", "+262", "+508", "+590", "+594", "+596")
"""Country codes whose numbers the French plan prices (``docs/method.md``, section 2)."""


class TariffWords(NamedTuple):
    """The price class in words, its caps, and its colour, ``None`` where it has none."""

    name: str
    caps: str
    colour: str | None
    colour_words: str


def tariff_words(value: FoundValue, words: Words) -> TariffWords | None:
    """Return what a call to *value* costs, or ``None`` where it is no number."""
    tariff = value.tariff
    if tariff is None:
        return None
    name = words[f"tariff.{tariff.price_class}"]
    if value.value.startswith("+") and not value.value.startswith(FRENCH_PREFIXES):
        return TariffWords(name, words["tariff.foreign"], None, "")
    colour = COLOURS.get(tariff.price_class)
    shown = words["tariff.colour"].format(colour=words[f"tariff.{colour}"]) if colour else ""
    return TariffWords(name, _caps(tariff, words), colour, shown)


def _caps(tariff: Tariff, words: Words) -> str:
    minute, call = tariff.max_eur_per_min, tariff.max_eur_per_call
    if minute and call:
        return words["tariff.cap_both"].format(minute=words.euros(minute), call=words.euros(call))
    if minute:
        return words["tariff.cap_minute"].format(minute=words.euros(minute))
    if call:
        return words["tariff.cap_call"].format(call=words.euros(call))
    return words["tariff.cap_unknown"] if tariff.price_class is PriceClass.PREMIUM else ""
