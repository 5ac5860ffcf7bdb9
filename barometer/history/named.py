"""Which merchant of the panel is meant by a key, a name, a host or an address."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from barometer.cli.console import printable
from barometer.errors import UserError
from barometer.reports.merchant_text import bare_address, host_of
from storage.records import Merchant

MOST_NAMED = 3
"""Merchants that an error names (*ours*)."""
_SHOWN = 60


def named_merchant(merchants: Sequence[Merchant], said: str) -> Merchant:
    """Return the one of *merchants* that *said* means: by key, then name, then address, then host, in any case.

    Raises :class:`UserError` where it means none, with the nearest, or several, with their keys.
    """
    wanted = said.strip().casefold()
    place = bare_address(wanted)
    kinds: tuple[Callable[[Merchant], bool], ...] = (
        lambda one: one.key.casefold() == wanted,
        lambda one: one.name.strip().casefold() == wanted,
        lambda one: place in (bare_address(one.url.casefold()), one.key.casefold()),
        lambda one: place == host_of(one.url.casefold()),
    )
    for fits in kinds:
        found = [one for one in merchants if wanted and fits(one)]
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(_shown(one.key) for one in found[:MOST_NAMED])
            more = "" if len(found) <= MOST_NAMED else f" and {len(found) - MOST_NAMED} more"
            raise UserError(f"'{_shown(said)}' means {len(found)} merchants", f"give one of the keys: {keys}{more}")
    raise UserError(f"the panel has no merchant '{_shown(said)}'", _nearest(merchants, wanted, place))


def _nearest(merchants: Sequence[Merchant], wanted: str, place: str) -> str:
    known: dict[str, str] = {}
    for one in merchants:
        for text in (one.key, one.name, host_of(one.url)):
            known.setdefault(text.strip().casefold(), one.key)
    near = [*get_close_matches(wanted, known, MOST_NAMED, 0.6), *get_close_matches(place, known, MOST_NAMED, 0.6)]
    keys = list(dict.fromkeys(known[text] for text in near))[:MOST_NAMED]
    if not keys:
        return "see: barometer panel list"
    return f"is it {' or '.join(_shown(key) for key in keys)}?"


def _shown(text: str) -> str:
    shown = " ".join(printable(text).split())
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
