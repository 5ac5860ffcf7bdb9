"""The questions that merchants are asked: one TOML file a scenario, named by its key.

Every question is harmless and asserts nothing: it names no purchase, no parcel and no deadline that does not exist.
``asks`` is what a good answer holds, for whoever marks it; ``phone_script`` what a caller says; ``public`` the same for a
post that anybody may read. A variant is another wording of the same question: its body is the question alone, greeting
and closing are added when it is written out (:mod:`probes.wording`).
"""

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NamedTuple

LANGUAGES = ("fr", "en")
"""The languages that every scenario is written in."""
MIN_VARIANTS = 2
"""Wordings that a scenario has in each language at least, so that a merchant's staff does not recognise it (*ours*)."""
MAX_PUBLIC = 260
"""Characters of a public question: 280 on X, less room for the merchant's name in front (*ours*)."""
MAX_SUBJECT = 78
"""Characters of a subject, placeholders not filled in (RFC 5322 wants lines no longer)."""
MAX_BODY = 1_000
"""Characters of a body or of a script (*ours*)."""

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}?|\}")


class Stage(StrEnum):
    """When a customer would ask: before buying, while buying, afterwards."""

    PRE_SALE = "pre_sale"
    SALE = "sale"
    AFTER_SALE = "after_sale"


class Variant(NamedTuple):
    """One wording of a question; ``{merchant}`` stands for the merchant's name."""

    subject: str
    body: str


class Wording(NamedTuple):
    """A scenario in one language."""

    asks: tuple[str, ...]
    phone_script: str
    public: str
    variants: tuple[Variant, ...]


class Scenario(NamedTuple):
    """A question, in every language.

    ``categories`` are the categories of the panel that it fits, in lower case; none: it fits all. ``order_number``:
    merchants often want an order number before they answer. There is none to give, and a form that insists on one is
    left alone.
    """

    key: str
    stage: Stage
    categories: tuple[str, ...]
    order_number: bool
    wordings: Mapping[str, Wording]

    def fits(self, category: str | None) -> bool:
        """Return whether merchants of *category* can be asked this."""
        return not self.categories or (category or "").strip().casefold() in self.categories


class BadScenario(ValueError):
    """A scenario's file is wrong; the text says which one, where, and what it should hold."""


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return every scenario by its key, in the order of the keys. Raises :class:`BadScenario`."""
    found = {}
    for resource in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if resource.name.endswith(".toml"):
            key = resource.name.removesuffix(".toml")
            found[key] = read_scenario(key, resource.read_text("utf-8"))
    return found


def read_scenario(key: str, text: str) -> Scenario:
    """Return the scenario *key* from the *text* of its file. Raises :class:`BadScenario`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadScenario(f"{key}.toml: is not TOML: {error}") from None
    if not _KEY.fullmatch(key):
        raise BadScenario(f"{key}.toml: its name is no key; write it in lower case, with hyphens, like gift-card.toml")
    _only(table, {"stage", "categories", "order_number", *LANGUAGES}, f"{key}.toml")
    stage = table.get("stage")
    if stage not in set(Stage):
        raise BadScenario(f"{key}.toml: stage: must be one of {', '.join(Stage)}")
    wants_number = table.get("order_number", False)
    if not isinstance(wants_number, bool):
        raise BadScenario(f"{key}.toml: order_number: must be true or false")
    categories = _texts(table.get("categories", []), f"{key}.toml: categories", least=0)
    return Scenario(
        key,
        Stage(stage),
        tuple(name.casefold() for name in categories),
        wants_number,
        {language: _wording(table.get(language), f"{key}.toml: {language}") for language in LANGUAGES},
    )


def _wording(table: object, where: str) -> Wording:
    if not isinstance(table, dict):
        raise BadScenario(f"{where}: is missing; every scenario is written in {' and '.join(LANGUAGES)}")
    _only(table, set(Wording._fields), where)
    variants = table.get("variants")
    if not isinstance(variants, list) or len(variants) < MIN_VARIANTS:
        raise BadScenario(f"{where}.variants: must be {MIN_VARIANTS} tables or more, each [[{where[-2:]}.variants]]")
    found = tuple(_variant(one, f"{where}.variants[{number}]") for number, one in enumerate(variants))
    if len({one.body for one in found}) < len(found):
        raise BadScenario(f"{where}.variants: two of them have the same body")
    return Wording(
        _texts(table.get("asks"), f"{where}.asks", least=1),
        _text(table.get("phone_script"), f"{where}.phone_script", MAX_BODY, placeholders=False),
        _text(table.get("public"), f"{where}.public", MAX_PUBLIC, placeholders=False),
        found,
    )


def _variant(table: object, where: str) -> Variant:
    if not isinstance(table, dict):
        raise BadScenario(f"{where}: is no table")
    _only(table, set(Variant._fields), where)
    subject = _text(table.get("subject"), f"{where}.subject", MAX_SUBJECT)
    return Variant(subject, _text(table.get("body"), f"{where}.body", MAX_BODY))


def _only(table: Mapping[str, object], keys: set[str], where: str) -> None:
    unknown = sorted(set(table) - keys)
    if unknown:
        raise BadScenario(f"{where}: {unknown[0]}: unknown key; known are {', '.join(sorted(keys))}")


def _texts(value: object, where: str, least: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) < least:
        raise BadScenario(f"{where}: must be a list of {least or 'any number of'} or more texts")
    return tuple(_text(one, f"{where}[{number}]", MAX_BODY, placeholders=False) for number, one in enumerate(value))


def _text(value: object, where: str, longest: int, placeholders: bool = True) -> str:
    """Return *value* on one line."""
    if not isinstance(value, str) or not value.strip():
        raise BadScenario(f"{where}: must be a text, and not empty")
    text = " ".join(value.split())
    if not text.isprintable():
        raise BadScenario(f"{where}: holds a character that cannot be printed")
    if len(text) > longest:
        raise BadScenario(f"{where}: has {len(text)} characters, at most {longest} are allowed")
    unknown = [one for one in _PLACEHOLDER.findall(text) if not placeholders or one != "{merchant}"]
    if unknown:
        allowed = "only {merchant} can be filled in" if placeholders else "nothing is filled in here"
        raise BadScenario(f"{where}: {unknown[0]}: {allowed}")
    return text
