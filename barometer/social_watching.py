"""The social networks whose answers the settings let the program read, and a look at each of them."""

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from barometer.errors import UserError
from barometer.probe_settings import secret
from barometer.settings import FILE_NAME, Settings
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import utc_now
from storage.vocabulary import Channel

if TYPE_CHECKING:
    from probes.http import Api
    from probes.social_watch import Network

EVERY = timedelta(minutes=15)
"""How often the networks are asked while a poll goes on (*ours*: the length of most windows of their limits)."""
REMEDIES: Mapping[Channel, str] = {
    Channel.X: "authorise the account again: barometer probe x-login",
    Channel.FACEBOOK: f"give another token in facebook.token_file, or mend [facebook] in {FILE_NAME}",
}


def networks(settings: Settings) -> "list[Network]":
    """Return the networks that are configured: X by a client_id, Facebook by a token. Nothing is asked of them yet.

    Raises :class:`UserError` for a token that cannot be read.
    """
    found: list[Network] = []
    if settings.x.client_id is not None:
        found.append(_x(settings))
    account = settings.facebook
    token = secret(account.token, account.token_file, "facebook.token_file")
    if token is not None:
        found.append(_facebook(settings, token))
    return found


@dataclass
class Watch:
    """Looks at networks, at most once in :data:`EVERY`; ``tell`` hears in one line what could not be read.

    ``problem`` is what a person has to mend, as of the last look, ``None`` where nothing is.
    """

    networks: "list[Network]"
    tell: Callable[[str], None] = lambda _: None
    now: Callable[[], datetime] = utc_now
    problem: UserError | None = None
    _next: datetime | None = field(default=None, init=False)

    async def look(self, database: Database, store: EvidenceStore) -> Counter[str]:
        """Take in what was said, where it is time to look, and return how much that was; see the counts of a poll."""
        counts: Counter[str] = Counter()
        now = self.now()
        if not self.networks or (self._next is not None and now < self._next):
            return counts
        self._next, self.problem = now + EVERY, None
        for network in self.networks:
            counts.update(await self._look_at(network, database, store, now))
        return counts

    async def _look_at(
        self, network: "Network", database: Database, store: EvidenceStore, now: datetime
    ) -> dict[str, int]:
        from probes.social_intake import take_in
        from probes.social_watch import Unauthorised

        try:
            taken = await take_in(database, store, network, now)
        except Unauthorised as error:
            self.problem = UserError(f"{network.name}: {error}", REMEDIES[network.channel])
            return {}
        for one in taken.unheard:
            self.tell(f"{network.name}: not read: {one.feed}: {one.why}")
        return {"replies": taken.replies, "known": taken.known, "others": taken.others}


def _x(settings: Settings) -> "Network":
    from probes.x.client import Account
    from probes.x.login import App
    from probes.x.token_file import TokenFile
    from probes.x.watching import XWatch

    x = settings.x
    account = Account(x.user_id or "", may_dm=x.may_dm)
    opened = _opener(settings, x.base_url)
    return XWatch(opened, App(x.client_id or "", x.client_secret), TokenFile(x.token_file), account)


def _facebook(settings: Settings, token: str) -> "Network":
    from probes.facebook.watching import Access, FacebookWatch

    account = settings.facebook
    access = Access(SecretStr(token), account.app_secret, account.version, account.page_id)
    return FacebookWatch(_opener(settings, account.base_url), access)


def _opener(settings: Settings, address: str) -> "Callable[[], Api]":
    """Return what opens the interface at *address*, saying who asks and where that is explained."""
    from probes.http import Api

    return functools.partial(Api, address, headers={"User-Agent": settings.user_agent})
