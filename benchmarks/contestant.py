"""What every contestant of ``search_cost`` is told and tells, so that it can run as a process of its own.

On standard input comes one :class:`Task` as JSON; on standard output go lines of JSON: ``{"pages": n}`` now and then,
for the progress shown, and one :class:`Answer` a site at the end or as soon as it is known.
"""

import json
import sys
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

PROGRESS_EVERY = 200
"""Pages read between two lines of progress."""


class Task(NamedTuple):
    """The sites to read (home addresses), how deep, and what only our spider understands."""

    sites: list[str]
    depth: int = 3
    channels: Sequence[str] = ()
    basis: str | None = None
    exhaustive: bool = False


class Answer(NamedTuple):
    """What a contestant says of the telephone of one site.

    *clicks* is ``None`` where it saw none; *sure* is false where it only gives a bound and says so; *basis* is ours.
    """

    site: str
    clicks: int | None
    sure: bool
    pages: int
    basis: str | None = None


def told() -> Task:
    """Return the task on standard input."""
    return Task(**json.load(sys.stdin))


def tell(answer: Answer) -> None:
    """Write one answer to standard output."""
    print(json.dumps(answer._asdict()), flush=True)


class Nearest:
    """Collects what a crawler sees page by page; a contestant that keeps no record of its own tells this at the end."""

    def __init__(self, sites: Sequence[str]) -> None:
        self._sites = {_place(site): site for site in sites}
        self._clicks: dict[str, int] = {}
        self._pages = dict.fromkeys(self._sites, 0)
        self._read = 0

    def see(self, url: str, depth: int, phones: bool) -> None:
        """Note a page of one of the sites, read *depth* links from its home page, and whether it shows a telephone."""
        place = _place(url)
        self._pages[place] += 1
        if phones:
            self._clicks[place] = min(depth, self._clicks.get(place, depth))
        self._read += 1
        if self._read % PROGRESS_EVERY == 0:
            print(json.dumps({"pages": self._read}), flush=True)

    def tell(self) -> None:
        """Tell the answer for every site."""
        for place, site in self._sites.items():
            tell(Answer(site, self._clicks.get(place), True, self._pages[place]))


def _place(url: str) -> str:
    return urlsplit(url).netloc
