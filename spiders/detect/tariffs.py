"""What a call to a number costs the caller, service part only."""

import tomllib
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

from spiders.detect.sighting import Tariff
from storage.vocabulary import PriceClass

FRENCH_PLAN_CODES = frozenset({33, 262, 590, 594, 596})
"""Country codes whose numbers belong to the French plan: the mainland and the overseas regions (ARCEP)."""

_CLASS_OF_TYPE = {
    PhoneNumberType.TOLL_FREE: PriceClass.FREE,
    PhoneNumberType.UAN: PriceClass.BANALISED,
    PhoneNumberType.SHARED_COST: PriceClass.PREMIUM,
    PhoneNumberType.PREMIUM_RATE: PriceClass.PREMIUM,
}
_SHORTEST_E164 = 7


class _Band(NamedTuple):
    """Numbers from ``first`` to ``last``; with ``prefix`` these are the first digits of ten."""

    first: str
    last: str
    prefix: bool
    tariff: Tariff

    def __contains__(self, national: object) -> bool:
        if not isinstance(national, str) or len(national) != (10 if self.prefix else len(self.first)):
            return False
        return self.first <= national[: len(self.first)] <= self.last


def tariff_of(number: phonenumbers.PhoneNumber) -> Tariff:
    """Return the price class of *number*, caps in euros where the French plan sets them.

    Numbers of the French plan, overseas included, are read from ``tariffs.toml``; short numbers outside its bands are
    ``unknown_short``. Others take their class from the type that ``phonenumbers`` gives, which knows no price: both
    caps are then ``None``.
    """
    digits = str(number.national_number)
    if len(digits) < _SHORTEST_E164:
        return (
            _short(digits) if number.country_code in FRENCH_PLAN_CODES else Tariff(PriceClass.UNKNOWN_SHORT, None, None)
        )
    if number.country_code in FRENCH_PLAN_CODES:
        return next(
            (band.tariff for band in french_plan() if f"0{digits}" in band), Tariff(PriceClass.ORDINARY, None, None)
        )
    price_class = _CLASS_OF_TYPE.get(phonenumbers.number_type(number), PriceClass.ORDINARY)
    return Tariff(price_class, None, None)


@lru_cache(maxsize=4096)
def tariff_of_value(value: str, country: str) -> Tariff:
    """Return the price class of *value*, as sightings hold it: E.164, or a short number's national digits in *country*.

    Raises ``ValueError`` when *value* is neither.
    """
    if value.startswith("+"):
        try:
            return tariff_of(phonenumbers.parse(value))
        except phonenumbers.NumberParseException as error:
            raise ValueError(f"{value!r} is no number in E.164") from error
    if not value.isdigit():
        raise ValueError(f"{value!r} is neither a number in E.164 nor the digits of a short number")
    return _short(value) if country.upper() == "FR" else Tariff(PriceClass.UNKNOWN_SHORT, None, None)


def _short(digits: str) -> Tariff:
    return next((band.tariff for band in french_plan() if digits in band), Tariff(PriceClass.UNKNOWN_SHORT, None, None))


@cache
def french_plan() -> tuple[_Band, ...]:
    """Return the bands of ``tariffs.toml``; raises ``ValueError`` when the file does not hold what it should."""
    source = files(__package__).joinpath("tariffs.toml").read_text("utf-8")
    return tuple(_read_band(entry) for entry in tomllib.loads(source)["band"])


def _read_band(entry: dict[str, object]) -> _Band:
    first, last = str(entry["first"]), str(entry["last"])
    if not (first.isdigit() and last.isdigit() and len(first) == len(last) and first <= last):
        raise ValueError(f"tariffs.toml: band {first}-{last}: both ends must be digits of one length, in order")
    caps = [Decimal(str(entry[key])) if key in entry else None for key in ("max_eur_per_min", "max_eur_per_call")]
    return _Band(first, last, bool(entry["prefix"]), Tariff(PriceClass(str(entry["class"])), caps[0], caps[1]))
