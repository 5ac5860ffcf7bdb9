"""An invented market that was tested for ten weeks, as records: merchants, their nights, and the attempts made on them.

What is drawn looks like what is published of such tests: nine merchants in ten show something to contact them by, most of it
one click away; a call is mostly answered in a minute, an e-mail in a day or never; nights differ now and then. Nothing is
computed from the drawn numbers but the records; the same size and seed give the same records on both databases.
"""

import argparse
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks.bulk import Rows, json_text, moment
from benchmarks.edition_attempts import Attempts
from benchmarks.edition_nights import Nights
from storage.database import Database, open_database
from storage.records import Campaign, Merchant, Run
from storage.vocabulary import Channel

PLAN: Mapping[Channel, int] = {
    Channel.PHONE: 140,
    Channel.EMAIL: 30,
    Channel.FORM: 20,
    Channel.CONTACT_PAGE: 15,
    Channel.FACEBOOK: 6,
    Channel.X: 4,
    Channel.CHAT: 10,
}
"""Attempts a merchant: the 225 of "Élu Service Client de l'Année", where written ones and social ones are split by us."""
TESTS_FROM = datetime(2026, 5, 4, tzinfo=UTC)
TESTS_UNTIL = datetime(2026, 7, 13, tzinfo=UTC)
"""Ten weeks; the day they end is not part of them."""
CAMPAIGN = "edition-benchmark"


@dataclass(frozen=True)
class Size:
    """How much there is; ``plan`` counts the attempts a merchant by channel."""

    merchants: int = 400
    categories: int = 20
    nights: int = 60
    plan: Mapping[Channel, int] = field(default_factory=lambda: PLAN)

    def with_attempts(self, attempts: int) -> "Size":
        """Return this size with about so many attempts a merchant, in the same proportions; no channel is left out."""
        whole = sum(PLAN.values())
        plan = {channel: max(1, round(count * attempts / whole)) for channel, count in PLAN.items()} if attempts else {}
        return Size(self.merchants, self.categories, self.nights, plan)


@dataclass(frozen=True)
class Filled:
    """What was written: the campaign's key, and the rows by table."""

    campaign_id: str
    rows: Mapping[str, int]


def fill(database: Database, size: Size, seed: int = 0) -> Filled:
    """Write the records of *size* into an empty *database*, in one transaction."""
    draw = random.Random(seed)
    begins, ends = TESTS_FROM.timestamp(), TESTS_UNTIL.timestamp()
    with database.session() as session:
        connection = session.connection()
        runs = Rows(
            connection, Run, "id started_at finished_at", kind="crawl", state="closed", parameters="{}",
            tool_version="0.1.0", token=1,
        )  # fmt: skip
        campaigns = Rows(connection, Campaign, "id", **_campaign(size, begins, ends))
        merchants = Rows(
            connection, Merchant, "id key name url category email phone sample_order", country="FR", language="fr",
            hours="Mo-Fr 09:00-18:00", entered=True, created_at=moment(begins - 86_400), updated_at=moment(begins),
        )  # fmt: skip
        campaign_id = new_key(draw)
        campaigns.add(campaign_id)
        started = [ends - (size.nights - night) * 86_400 + 7_200 for night in range(size.nights)]
        keys = [new_key(draw) for _ in started]
        for key, at in zip(keys, started, strict=True):
            runs.add(key, moment(at), moment(at + 4 * 3_600))
        nights = Nights(connection, draw, list(zip(keys, started, strict=True)))
        attempts = Attempts(connection, draw, campaign_id, size.plan, begins, ends)
        for number in range(size.merchants):
            host = f"shop-{number:05}.example"
            key, phone = new_key(draw), f"+331{40_000_000 + number:08}"
            category = f"category {number % size.categories + 1:02}"
            merchants.add(
                key, host, f"Maison {number:05}", f"https://{host}/", category, f"bonjour@{host}", phone, number
            )
            quality = draw.betavariate(3, 2)
            nights.add(key, host, phone, quality)
            attempts.add(key, host, phone, quality)
        tables = [runs, campaigns, merchants, *nights.tables, *attempts.tables]
        for rows in tables:
            rows.write()
    return Filled(campaign_id, {rows.table: rows.count for rows in tables})


def new_key(draw: random.Random) -> str:
    """Return a key like those of the records, drawn so that it is the same in every run."""
    return f"{draw.getrandbits(128):032x}"


def _campaign(size: Size, begins: float, ends: float) -> dict[str, object]:
    return {
        "name": CAMPAIGN,
        "parameters": json_text({"channels": {str(channel): count for channel, count in size.plan.items()}}),
        "starts_at": moment(begins),
        "ends_at": moment(ends),
        "contest": True,
        "created_at": moment(begins - 86_400),
        "released_by": "Camille",
        "released_at": moment(begins - 3_600),
        "closed_at": moment(ends + 14 * 86_400),
    }


def main() -> int:
    """Fill the database whose address is given; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.edition_records", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("database", help="an empty one, like sqlite:///edition.db")
    parser.add_argument("--merchants", type=int, default=400)
    parser.add_argument("--categories", type=int, default=20)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--attempts", type=int, default=sum(PLAN.values()))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with open_database(asked.database) as database:
        database.migrate()
        size = Size(asked.merchants, asked.categories, asked.nights).with_attempts(asked.attempts)
        filled = fill(database, size, asked.seed)
    sys.stdout.write(f"campaign {filled.campaign_id}\n")
    for table, count in filled.rows.items():
        sys.stdout.write(f"{table:12} {count:>9}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
