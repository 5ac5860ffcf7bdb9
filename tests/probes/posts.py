"""Posts on X and Facebook whose answer is awaited, and networks on loopback that tell what was said to them."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy import select

from probes import journal
from probes.facebook.watching import Access, FacebookWatch
from probes.http import Api, Patience
from probes.social_intake import TakenIn, take_in
from probes.x.client import Account
from probes.x.login import App
from probes.x.token_file import TokenFile, Tokens
from probes.x.watching import XWatch
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import Attempt, Campaign, Event, Merchant, Reply
from storage.vocabulary import AttemptState, Channel
from tests.probes.api_server import Asked, Loopback, Told, told
from tests.probes.clocks import START, StillClock

S = AttemptState
OWN, SHOP, STRANGER = "515000123", "515000456", "515000789"
PAGE, OUR_PAGE = "2000456", "1000123"
ASKED_AT = START - timedelta(hours=2)
WEEK = timedelta(days=7)
AGENT = "barometer/1 (+https://probe.example/about)"


def id_at(moment: datetime, number: int = 0) -> str:
    """Return an ID of X that was made at *moment*."""
    return str(((int(moment.timestamp() * 1000) - 1288834974657) << 22) + number)


OUR_POST = id_at(ASKED_AT)


def link_of(post_id: str = OUR_POST) -> str:
    """Return the link that a person pasted."""
    return f"https://x.com/camille_probe/status/{post_id}"


def x_item(text: str, minutes: float = 60, **changes: object) -> dict[str, Any]:
    """Return what the merchant wrote below our post *minutes* before now, as X gives it."""
    made = START - timedelta(minutes=minutes)
    return {
        "id": id_at(made),
        "text": text,
        "author_id": SHOP,
        "created_at": made.isoformat().replace("+00:00", ".000Z"),
        "conversation_id": OUR_POST,
        "referenced_posts": [{"type": "replied_to", "id": OUR_POST}],
        **changes,
    }


def message(text: str, minutes: float = 60, **changes: object) -> dict[str, Any]:
    """Return a direct message of the merchant, as X gives it."""
    made = START - timedelta(minutes=minutes)
    return {
        "id": id_at(made), "event_type": "MessageCreate", "text": text, "sender_id": SHOP,
        "created_at": made.isoformat(), "dm_conversation_id": f"{OWN}-{SHOP}", **changes,
    }  # fmt: skip


def comment(text: str, minutes: float = 60, **changes: object) -> dict[str, Any]:
    """Return a comment of the merchant's page, as the Graph API gives it."""
    made = START - timedelta(minutes=minutes)
    return {
        "id": f"77_{int(made.timestamp())}", "message": text, "created_time": made.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "from": {"id": PAGE}, **changes,
    }  # fmt: skip


class Says:
    """A network that tells what it is given, by the end of the path; ``instead`` answers in its place."""

    def __init__(self, **by_path: list[dict[str, Any]]) -> None:
        self.by_path: dict[str, Any] = by_path
        self.accounts = {"elan": SHOP, "elan.test": PAGE}
        self.instead: dict[str, Told | Callable[[Asked], Told]] = {}

    def __call__(self, asked: Asked) -> Told:
        end = asked.path.rpartition("/")[2]
        other = self.instead.get(end)
        if other is not None:
            return other if isinstance(other, Told) else other(asked)
        if end.lower() in self.accounts:
            whose = self.accounts[end.lower()]
            return told({"data": {"id": whose}, "id": whose})
        return told({"data": self.by_path.get(end, [])})


NOT_FOUND = told({"errors": [{"title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found"}]})


def limited(until: datetime) -> Told:
    """Return X's refusal until *until*."""
    return told({"title": "Too Many Requests"}, 429, x_rate_limit_reset=str(int(until.timestamp())))


class Desk:
    """A database with one campaign, its evidence, and networks that are looked at as often as wanted."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.store = EvidenceStore(folder / "evidence")
        self.clock = StillClock()
        self._campaign = Campaign(name="autumn", starts_at=START - WEEK, ends_at=START + 4 * WEEK, contest=True)
        with database.session() as session:
            session.add(self._campaign)

    def posted(self, channel: Channel = Channel.X, shop: str = "elan.test", **values: Any) -> str:
        """Store an attempt that a person made two hours ago, and return its key."""
        on_x = channel is Channel.X
        link = values.pop("link", link_of() if on_x else f"https://www.facebook.com/{OUR_PAGE}/posts/77")
        t0 = values.pop("t0", ASKED_AT)
        given = {"target": "https://x.com/Elan" if on_x else "https://www.facebook.com/elan.test", **values}
        with self.database.session() as session:
            merchant = session.scalar(select(Merchant).where(Merchant.key == shop))
            if merchant is None:
                merchant = Merchant(key=shop, name="Élan", url=f"https://{shop}/")
                session.add(merchant)
            attempt = Attempt(
                campaign_id=self._campaign.id, merchant_id=merchant.id, channel=channel, scenario="delivery-day",
                language="fr", body="Bonjour, livrez-vous le samedi ?", token=uuid4().hex, assisted=True,
                planned_for=t0, window_seconds=int(WEEK.total_seconds()), **given,
            )  # fmt: skip
            journal.plan(session, [attempt], "test")
            session.flush()
            journal.append(session, attempt.id, journal.Step(S.RELEASED, "Alix Martin", at=t0))
            for note in (journal.INTENT, journal.HANDING_OVER):
                journal.append(session, attempt.id, journal.Step(S.SENDING, "A. Martin", note, at=t0))
            journal.append(session, attempt.id, journal.Step(S.SENT, "A. Martin", at=t0, t0=t0, link=link))
            return attempt.id

    def x(self, api: Loopback, **account: Any) -> XWatch:
        """Return X at *api*, with tokens that are good for an hour."""
        file = TokenFile(self.folder / "x.json")
        file.save(Tokens(SecretStr("access-token"), SecretStr("refresh-token"), self.clock.now() + timedelta(hours=1)))
        return XWatch(lambda: self.api(api), App("client-1"), file, Account(OWN, **account))

    def facebook(self, api: Loopback, page_id: str | None = None) -> FacebookWatch:
        """Return Facebook at *api*."""
        return FacebookWatch(lambda: self.api(api), Access(SecretStr("EAAtoken0123"), None, "v25.0", page_id))

    def api(self, api: Loopback) -> Api:
        """Return the interface at *api*, which says who asks and tries once."""
        return Api(
            api.address, now=self.clock.now, sleep=self.clock.sleep, headers={"User-Agent": AGENT},
            patience=Patience(tries=1, answer=5),
        )  # fmt: skip

    def look(self, network: XWatch | FacebookWatch) -> TakenIn:
        """Look at *network* now."""
        return asyncio.run(take_in(self.database, self.store, network, self.clock.now()))

    def state(self, attempt_id: str) -> AttemptState:
        """Return the state of an attempt."""
        with self.database.reading() as session:
            return session.get_one(Attempt, attempt_id).state

    def life(self, attempt_id: str) -> list[Event]:
        """Return the events of an attempt since it was sent."""
        with self.database.reading() as session:
            return journal.history(session, attempt_id)[5:]

    def replies(self) -> list[Reply]:
        """Return every reply, the oldest first."""
        with self.database.reading() as session:
            return list(session.scalars(select(Reply).order_by(Reply.received_at, Reply.id)))
