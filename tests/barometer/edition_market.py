"""A small market as records, the same to the letter in every database: what an edition is scored from.

``market()`` gives merchants of two categories, a visit a night each, and two e-mails each that a person answered; the first
merchants of a category are the best. Keys are made from what they are of, so that two databases hold equal records.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from storage.records import Attempt, Campaign, Merchant, Record, Reply, Sighting, Visit
from storage.vocabulary import AttemptState, Channel, PriceClass, ReplyKind, VisitStatus

FIRST = datetime(2026, 6, 1, 3, tzinfo=UTC)
"""When the first night's visits began."""
CAMPAIGN = "summer"
NIGHTS = 7
WINDOW = 14 * 86_400


def key(*parts: object) -> str:
    """Return a record's key made from *parts*."""
    return hashlib.sha256("/".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def host(rank: int, category: str) -> str:
    """Return the key in the panel of the merchant that is so far down its category, counted from 0."""
    return f"m{rank}.{key(category)[:6]}.example"


def market(
    names: Sequence[str] = ("Alder", "Birch", "Cedar", "Dogwood"),
    categories: Sequence[str] = ("shoes", "toys"),
    nights: int = NIGHTS,
) -> list[Record]:
    """Return the records of a market: merchants called *names* in each of *categories*, the best first."""
    campaign = a_campaign()
    records: list[Record] = [campaign]
    for category in categories:
        for rank, name in enumerate(names):
            shop = merchant(f"{name} {category}", category, host(rank, category))
            records += [shop, *visits(shop, rank, nights), *mails(campaign, shop, rank)]
    return records


def a_campaign(name: str = CAMPAIGN, **values: Any) -> Campaign:
    """Return a campaign of the first week."""
    given: dict[str, Any] = {
        "starts_at": FIRST,
        "ends_at": FIRST + timedelta(days=7),
        "released_at": FIRST,
        "released_by": "Camille",
        "created_at": FIRST,
        **values,
    }
    return Campaign(id=key("campaign", name), name=name, **given)


def merchant(name: str, category: str, site: str | None = None, **values: Any) -> Merchant:
    """Return a merchant whose site is the host *site*."""
    site = site or f"{key(name)[:8]}.example"
    given = {"name": name, "url": f"https://{site}/", "category": category, "created_at": FIRST, "updated_at": FIRST}
    return Merchant(id=key("merchant", site), key=site, **{**given, **values})


def visits(shop: Merchant, rank: int = 0, nights: int = NIGHTS, **values: Any) -> Iterator[Record]:
    """Yield a visit a night: a phone and an address at so many clicks as *rank* says, in the header of the best."""
    for night in range(nights):
        began = FIRST + timedelta(days=night)
        visit = Visit(
            id=key("visit", shop.key, night), merchant_id=shop.id, url=shop.url, final_url=shop.url, started_at=began,
            finished_at=began + timedelta(minutes=5), status=VisitStatus.COMPLETE, search={"proven": 9, "complete": 9},
        )  # fmt: skip
        yield visit
        seen = {
            Channel.PHONE: f"+3319900{rank:04}",
            Channel.EMAIL: f"bonjour@{shop.key}",
            Channel.CONTACT_PAGE: shop.url,
        }
        for channel, value in seen.items():
            yield sighting(visit, channel, value, rank, **values)


def sighting(visit: Visit, channel: Channel, value: str, clicks: int, **values: Any) -> Sighting:
    """Return a channel seen at *clicks* from the home page."""
    given: dict[str, Any] = {
        "page_url": f"{visit.url}page{clicks}",
        "display": value,
        "confidence": 0.95,
        "price_class": PriceClass.ORDINARY if channel is Channel.PHONE else None,
        "max_eur_per_min": Decimal("0.20") if channel is Channel.PHONE else None,
        "box": [10, 20 if clicks < 2 else 4000, 200, 20],
        "in_header": clicks < 2,
        **values,
    }
    return Sighting(
        id=key("sighting", visit.id, channel, value), visit_id=visit.id, channel=channel, value=value, depth=clicks, **given
    )  # fmt: skip


def mails(
    campaign: Campaign, shop: Merchant, rank: int = 0, count: int = 2, t0: datetime = FIRST, window: int = WINDOW
) -> Iterator[Record]:
    """Yield e-mails that a person answered, the sooner the smaller *rank*; the third and later merchants answer one only."""
    for number in range(count):
        answers = rank < 2 or number == 0
        sent = t0 + timedelta(hours=9 + number)
        attempt = Attempt(
            id=key("attempt", shop.key, number), campaign_id=campaign.id, merchant_id=shop.id, channel=Channel.EMAIL,
            state=AttemptState.ANSWERED if answers else AttemptState.SENT, target=f"bonjour@{shop.key}",
            target_source=f"sighting {key('sighting')}", scenario=f"question-{number}", language="fr", body="Bonjour ?",
            token=key("token", shop.key, number), planned_for=sent, window_seconds=window, t0=sent, created_at=FIRST,
        )  # fmt: skip
        yield attempt
        if answers:
            yield answer(attempt, sent + timedelta(minutes=20 + 100 * rank))


def answer(attempt: Attempt, at: datetime, **values: Any) -> Reply:
    """Return a person's answer to *attempt*."""
    given: dict[str, Any] = {"kind": ReplyKind.HUMAN, "rule": "default.human", "text": "Oui.", **values}
    return Reply(
        id=key("reply", attempt.id, at), attempt_id=attempt.id, received_at=at, kept_at=at, source="maildir",
        evidence=hashlib.sha256(f"{attempt.id}{at}".encode()).hexdigest(), **given,
    )  # fmt: skip
