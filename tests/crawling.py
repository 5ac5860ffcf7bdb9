"""Read many sites in one process of its own, since a reactor cannot restart: orders in, audit results out.

``results(orders)`` starts ``python -m tests.crawling``; an order is a dict with ``url`` and, where needed, ``country``,
``pages``, ``channels``, ``basis``, ``render``, ``profile``.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from barometer.result import audit_result
from spiders import settings
from spiders.frontier import Budget
from spiders.orders import CrawlOptions, SiteOrder
from spiders.plan import Plan
from spiders.reading import SiteReading
from spiders.run import read_sites
from storage.vocabulary import Basis, Channel, Profile

ROOT = Path(__file__).parents[1]


def results(
    orders: Sequence[dict[str, Any]], map_hosts: Sequence[str] = (), deadline: float | None = None
) -> list[dict[str, Any]]:
    """Return the audit result of every order, in order.

    *map_hosts* is what ``--map-host`` takes; *deadline* is how many seconds a request may take, where the usual is long.
    """
    told = json.dumps({"orders": list(orders), "map_hosts": list(map_hosts), "deadline": deadline})
    done = subprocess.run(
        [sys.executable, "-m", "tests.crawling"],
        input=told,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    told_of = {(one["site"]["url"], one["profile"]): one for one in map(json.loads, done.stdout.splitlines())}
    return [told_of[order["url"], order.get("profile", Profile.DESKTOP)] for order in orders]


def _order(told: dict[str, Any]) -> SiteOrder:
    budget = Budget()._replace(**({"pages": told["pages"]} if "pages" in told else {}))
    channels = frozenset(map(Channel, told["channels"])) if "channels" in told else frozenset(Channel)
    basis = Basis(told["basis"]) if told.get("basis") else None
    plan = Plan(
        told.get("country", "FR"), channels, budget, basis, told.get("exhaustive", False), told.get("render", False)
    )
    return SiteOrder(told["url"], plan, Profile(told.get("profile", Profile.DESKTOP)))


def main() -> None:
    """Read the orders on standard input; write one result a line."""
    told = json.load(sys.stdin)
    if told["deadline"] is not None:
        settings.DOWNLOAD_TIMEOUT = told["deadline"]
    options = CrawlOptions("barometer-test", allow_private=True, sites_at_once=8, map_hosts=told["map_hosts"])

    def deliver(reading: SiteReading) -> None:
        sys.stdout.write(json.dumps(audit_result(reading)) + "\n")

    read_sites(map(_order, told["orders"]), options, deliver)


if __name__ == "__main__":
    main()
