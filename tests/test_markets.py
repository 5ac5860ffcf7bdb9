"""Every test market is read as its truth says."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts import complaints as broken_contract
from tests.crawling import results
from tests.markets.judge import complaints
from tests.markets.orders import map_hosts_of, order_of
from tests.markets.serve import expected, serve_markets, slugs


@pytest.fixture(scope="module")
def readings() -> Iterator[dict[str, dict[str, Any]]]:
    with serve_markets() as addresses:
        orders = [order_of(slug, address) for slug, address in addresses.items()]
        map_hosts = [mapped for slug, address in addresses.items() for mapped in map_hosts_of(slug, address)]
        yield dict(zip(addresses, results(orders, map_hosts), strict=True))


@pytest.mark.parametrize("slug", slugs())
def test_a_market_is_read_as_its_truth_says(slug: str, readings: dict[str, dict[str, Any]]) -> None:
    assert complaints(expected(slug), readings[slug]) == []


@pytest.mark.parametrize("slug", slugs())
def test_a_result_keeps_the_public_contract(slug: str, readings: dict[str, dict[str, Any]]) -> None:
    assert broken_contract("audit", readings[slug]) == []
