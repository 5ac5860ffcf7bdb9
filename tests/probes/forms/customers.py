"""A real Chromium and a real probe for the tests: ``customer.writes(pages)`` returns what came of it and what arrived."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from probes.forms.fill import Particulars
from probes.forms.hand import Pace
from probes.forms.send import FormProbe
from probes.forms.watching import Patience
from probes.probe import Checked, Delivery, Outgoing, Sender
from spiders.browser.executable import find_browser
from storage.evidence import EvidenceStore
from tests.probes.forms.shop import Post, Shop, open_shop

PACE = Pace((0.0, 0.0), (0.0, 0.01), 5.0)
PATIENCE = Patience(most=5.0, idle=1.2, sure=0.4)
ADDRESS = "claire+k7x2m9qwerty@reponse.example"
BODY = "Bonjour,\n\nLivrez-vous le vase Colombine dans un point relais, et sous quel délai ?\n\nMerci d'avance,\nClaire Martin"
AGENT = "barometer/0 (+https://barometer.example/about)"


class Told(NamedTuple):
    """What the probe said, how often it said that it hands over, and what the shop received."""

    delivery: Delivery
    hand_overs: int
    posts: list[Post]

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the one submission."""
        assert len(self.posts) == 1, self.posts
        return self.posts[0].fields


class Customer:
    """Writes to shops; one browser for all tests of a module."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: EvidenceStore) -> None:
        self._loop = loop
        self.store = store
        self._probes: dict[tuple[Sender, Particulars], FormProbe] = {}

    def writes(
        self,
        shop: Shop,
        pages: str | dict[str, str],
        *,
        phone: str | None = "06 39 98 12 34",
        particulars: Particulars | None = None,
        subject: str = "Livraison en point relais",
        body: str = BODY,
        path: str = "/",
    ) -> Told:
        """Put *pages* into *shop*, write to it, and return what came of it."""
        shop.pages = {"/": pages} if isinstance(pages, str) else dict(pages)
        shop.posts.clear()
        posts = shop.posts
        told = self.sends(shop.base + path, posts, phone=phone, particulars=particulars, subject=subject, body=body)
        return told._replace(posts=list(posts))

    def sends(
        self,
        target: str,
        posts: list[Post],
        *,
        phone: str | None = None,
        particulars: Particulars | None = None,
        subject: str = "Livraison en point relais",
        body: str = BODY,
    ) -> Told:
        """Write to *target*; *posts* is where what arrives is noted, which nothing may before it is said."""
        probe = self._probe(Sender("Claire Martin", "claire@reponse.example", phone), particulars or Particulars())
        outgoing = Outgoing("a1", target, subject, body, "k7x2m9qwerty", "fr", ADDRESS, None)
        calls: list[bool] = []

        async def handing_over() -> None:
            calls.append(any(body[:7] in value for post in posts for value in post.fields.values()))

        delivery = self._loop.run_until_complete(probe.deliver(outgoing, handing_over))
        assert calls in ([], [False]), "it is said once, before anything leaves"
        return Told(delivery, len(calls), [])

    def checks(self, shop: Shop, pages: str | dict[str, str], path: str = "/") -> Checked:
        """Return what the probe finds at *path*."""
        shop.pages = {"/": pages} if isinstance(pages, str) else dict(pages)
        return self.checks_at(shop.base + path)

    def checks_at(self, target: str) -> Checked:
        """Return what the probe finds at *target*."""
        probe = self._probe(Sender("Claire Martin", "claire@reponse.example"), Particulars())
        return self._loop.run_until_complete(probe.check(target))

    def close(self) -> None:
        """End the browsers."""
        for probe in self._probes.values():
            self._loop.run_until_complete(probe.__aexit__(None, None, None))

    def _probe(self, sender: Sender, particulars: Particulars) -> FormProbe:
        key = (sender, particulars)
        if key not in self._probes:
            self._probes[key] = probe = FormProbe(
                sender, self.store, AGENT, particulars=particulars, allow_private=True, pace=PACE, patience=PATIENCE
            )
            self._loop.run_until_complete(probe.__aenter__())
        return self._probes[key]


@pytest.fixture(scope="module")
def customer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customer]:
    """Give a customer with a browser."""
    if find_browser() is None:
        pytest.skip("no Chromium on this machine: run 'make browser'")
    loop = asyncio.new_event_loop()
    folder: Path = tmp_path_factory.mktemp("evidence")
    one = Customer(loop, EvidenceStore(folder))
    try:
        yield one
    finally:
        one.close()
        loop.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Give a shop that takes forms."""
    with open_shop() as opened:
        yield opened
