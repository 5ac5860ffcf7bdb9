"""What to ask of a crawl for a test market: its plan, and where its host names lead."""

from typing import Any
from urllib.parse import urlsplit

from spiders.frontier import Budget
from spiders.plan import Plan
from tests.markets.serve import expected, home_path, hosts


def plan_of(slug: str) -> Plan:
    """Return the plan by which market *slug* is read."""
    options = expected(slug).get("options", {})
    return Plan(options.get("country", "FR"), budget=Budget(pages=options.get("max_pages", Budget().pages)))


def order_of(slug: str, address: str) -> dict[str, Any]:
    """Return the order to read market *slug*, served at *address*, as ``tests.crawling`` takes it."""
    plan, names = plan_of(slug), hosts(slug)
    url = f"http://{names[0]}{home_path(slug)}" if names else address
    return {"url": url, "country": plan.country, "pages": plan.budget.pages}


def map_hosts_of(slug: str, address: str) -> list[str]:
    """Return what ``--map-host`` is given so that the names of market *slug* lead to *address*."""
    return [f"{name}={urlsplit(address).netloc}" for name in hosts(slug)]
