"""One invented merchant: what its TOML file says, checked when it is read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from storage.vocabulary import Channel, Reason, ReplyKind


class Shown(NamedTuple):
    """Where a visitor first sees a channel: clicks from the home page, page, and what stands in that page's source."""

    channel: Channel
    depth: int
    page: str
    value: str
    marker: str


class Behaviour(NamedTuple):
    """How the merchant takes a message on one channel: the replies it sends, each with its delay in minutes."""

    replies: tuple[tuple[ReplyKind, int], ...]


class Product(NamedTuple):
    """An article of the shop; *price* is in euros, as printed."""

    slug: str
    name: str
    price: str
    family: str
    text: str


class OwnPage(NamedTuple):
    """A page that only this merchant has; *bare* pages stand without the shop's header and footer."""

    path: str
    title: str
    body: str
    bare: bool


@dataclass(frozen=True)
class DemoMerchant:
    """An invented merchant: who it is, how its pages look, and the truth about its channels.

    ``truth`` gives, for each of the twelve channels, the clicks a visitor needs, or ``None`` where there is no way;
    ``closed`` the channels of which an obedient crawler may say nothing exact, with the reason. ``hides`` tells people
    in a sentence what is peculiar about the merchant.
    """

    slug: str
    name: str
    host: str
    category: str
    hides: str
    truth: Mapping[Channel, int | None]
    shown: tuple[Shown, ...]
    closed: Mapping[Channel, Reason]
    behaviour: Mapping[Channel, Behaviour]
    products: tuple[Product, ...]
    families: Mapping[str, str]
    pages: tuple[OwnPage, ...]
    standard: Mapping[str, str]
    look: Mapping[str, str]
    words: Mapping[str, Any]
    """Texts and link lists that the templates print as they stand."""


@cache
def merchants() -> tuple[DemoMerchant, ...]:
    """Return the merchants of the demo market, ordered by category, then name.

    Raises ``ValueError`` when a merchant's file is wrong.
    """
    folder = files(__package__) / "merchants"
    found = [
        _merchant(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text("utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda merchant: (merchant.category, merchant.name)))


def _merchant(slug: str, told: dict[str, Any]) -> DemoMerchant:
    try:
        shown = tuple(_shown(entry) for entry in told.get("truth", []))
        return DemoMerchant(
            slug=slug,
            name=told["name"],
            host=f"{slug}.test",
            category=told["category"],
            hides=told["hides"],
            truth=_truth(shown),
            shown=shown,
            closed={Channel(channel): Reason(reason) for channel, reason in told.get("closed", {}).items()},
            behaviour={Channel(channel): _behaviour(entry) for channel, entry in told.get("behaviour", {}).items()},
            products=tuple(Product(**entry) for entry in told["products"]),
            families=told["families"],
            pages=tuple(OwnPage(bare=entry.pop("bare", False), **entry) for entry in told.get("pages", [])),
            standard=told["standard"],
            look=told["look"],
            words=_words(told),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"merchants/{slug}.toml: {problem!r}") from problem


def _shown(entry: dict[str, Any]) -> Shown:
    value = str(entry.get("value", ""))
    return Shown(Channel(entry["channel"]), int(entry["depth"]), entry["page"], value, entry.get("marker", value))


def _truth(shown: tuple[Shown, ...]) -> dict[Channel, int | None]:
    nearest: dict[Channel, int | None] = dict.fromkeys(Channel)
    for sighting in shown:
        known = nearest[sighting.channel]
        nearest[sighting.channel] = sighting.depth if known is None else min(known, sighting.depth)
    return nearest


def _behaviour(entry: dict[str, Any]) -> Behaviour:
    return Behaviour(tuple((ReplyKind(reply["kind"]), int(reply["after_minutes"])) for reply in entry["replies"]))


MARKUP_WORDS = ("top", "foot", "welcome", "legal", "terms", "delivery")
"""Texts of a merchant's file that are HTML; every other one is plain."""


def _words(told: dict[str, Any]) -> dict[str, Any]:
    """Return what the templates print: ``root`` is the path of the shop's first page (``/`` except behind a splash
    page or a frameset), ``rooms`` and ``shop`` what the paths of families and products start with.
    """
    root = told.get("root", "/")
    optional = dict.fromkeys(MARKUP_WORDS, "") | {
        "root": root, "rooms": root, "shop": "/produits/", "menu": [], "footer_links": [], "robots": ["/panier/"],
    }  # fmt: skip
    needed = {key: told[key] for key in ("name", "tagline", "story", "street", "city")}
    return needed | {key: told.get(key, default) for key, default in optional.items()}
