"""Which merchant of an edition is meant by a name, a key, a host or an address."""

from collections.abc import Sequence
from difflib import get_close_matches

from barometer.cli.console import printable
from barometer.errors import UserError
from barometer.observations import MerchantFact
from barometer.reports.merchant_text import bare_address, host_of

MOST_NAMED = 5
"""Merchants that an error names (*ours*)."""
_SHOWN = 60


def chosen(merchants: Sequence[MerchantFact], named: str) -> MerchantFact:
    """Return the one of *merchants* that *named* means: by key, then by name, then by host or address, in any case.

    Raises :class:`UserError` where it means none, with close matches, or several, with their keys.
    """
    wanted = named.strip().casefold()
    place = bare_address(wanted)
    for kind in (_by_key, _by_name, _by_address, _by_host):
        found = [one for one in merchants if wanted and kind(one, wanted, place)]
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(_shown(one.key) for one in found[:MOST_NAMED])
            more = "" if len(found) <= MOST_NAMED else f" and {len(found) - MOST_NAMED} more"
            raise UserError(f"'{_shown(named)}' means {len(found)} merchants", f"give one of the keys: {keys}{more}")
    raise UserError(f"the edition has no merchant '{_shown(named)}'", _close(merchants, wanted, place))


def _by_key(one: MerchantFact, wanted: str, place: str) -> bool:
    return one.key.casefold() == wanted


def _by_name(one: MerchantFact, wanted: str, place: str) -> bool:
    return one.name.strip().casefold() == wanted


def _by_address(one: MerchantFact, wanted: str, place: str) -> bool:
    return place in (bare_address(one.url.casefold()), bare_address(one.key.casefold()))


def _by_host(one: MerchantFact, wanted: str, place: str) -> bool:
    return place == host_of(one.url.casefold())


def _close(merchants: Sequence[MerchantFact], wanted: str, place: str) -> str:
    """Return the remedy: names and keys that are nearly it, else where the merchants are listed."""
    known: dict[str, str] = {}
    for one in merchants:
        for text in (one.name, one.key, host_of(one.url)):
            known.setdefault(text.strip().casefold(), f"{one.name} ({one.key})")
    near = [*get_close_matches(wanted, known, MOST_NAMED, 0.6), *get_close_matches(place, known, MOST_NAMED, 0.6)]
    if wanted and not near:
        near = [text for text in known if wanted in text]
    named = list(dict.fromkeys(known[text] for text in near))[:MOST_NAMED]
    if not named:
        return "see the merchants of the edition: barometer edition show EDITION --marks"
    return f"is it {' or '.join(_shown(one, 2 * _SHOWN) for one in named)}?"


def _shown(text: str, limit: int = _SHOWN) -> str:
    shown = " ".join(printable(text).split())
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
