"""What detection returns: channels seen on one page, and what looked like one and was set aside."""

from decimal import Decimal
from typing import NamedTuple

from storage.vocabulary import Channel, FormKind, PriceClass, SetAsideReason


class Tariff(NamedTuple):
    """Price class of a number and its caps in euros, service part only (ARCEP plan, see ``tariffs.toml``)."""

    price_class: PriceClass
    max_eur_per_min: Decimal | None
    max_eur_per_call: Decimal | None


class Sighting(NamedTuple):
    """One channel of the merchant, on one page.

    ``value`` is normalised (E.164, address, absolute URL, vendor), ``display`` is what the page shows, ``context`` a
    short stretch of the words around it, ``confidence`` lies between 0 and 1.
    """

    channel: Channel
    value: str
    display: str
    context: str = ""
    readable: bool = True
    confidence: float = 1.0
    tariff: Tariff | None = None
    kind: FormKind | None = None
    automatic: bool | None = None


class SetAside(NamedTuple):
    """A value that looks like a channel and is not the merchant's, with the reason."""

    channel: Channel
    value: str
    why: SetAsideReason
    context: str = ""


class Findings(NamedTuple):
    """What one detector found on one page."""

    sightings: list[Sighting]
    set_aside: list[SetAside]
