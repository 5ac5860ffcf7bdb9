"""A panel that is edited while a night is at work: a shop that moved is read where it is now, and stored once."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import update

from storage.records import Merchant
from tests.barometer.live import LoggedSite, serving
from tests.barometer.night_market import PAGES, NightMarket, held, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


@pytest.fixture
def go_on() -> threading.Event:
    return threading.Event()


@pytest.fixture
def market(database_url: str, tmp_path: Path, go_on: threading.Event) -> Iterator[NightMarket]:
    """Give a panel of two shops, of which the first holds its batch up, and a third site that is in no panel."""
    with ExitStack() as stack:
        sites = [*held(1, go_on), LoggedSite(PAGES), LoggedSite(PAGES)]
        addresses = [stack.enter_context(serving([site], f"127.77.0.{n}"))[0] for n, site in enumerate(sites, 1)]
        made = NightMarket(database_url, tmp_path, addresses[:2], sites)
        made.addresses.append(addresses[2])
        stack.callback(made.database.close)
        stack.callback(go_on.set)
        yield made


def test_a_shop_that_moved_before_its_batch_began_is_read_where_it_is_now(
    market: NightMarket, go_on: threading.Event
) -> None:
    first, before, now = market.addresses
    with market.running("--due", "n1", "--batch-size", "1", "--at-once", "1") as command:
        wait_until(lambda: sum(market.asked()) > 0)
        with market.database.session() as session:
            session.execute(update(Merchant).where(Merchant.url == f"{before}/").values(url=f"{now}/"))
        go_on.set()
        ended = command.end()
    assert ended.code == 0, ended.err
    assert set(market.closed()) == {f"{first}/", f"{now}/"}
    assert [count > 0 for count in market.asked()] == [True, False, True]
    assert (market.report()["sites"], market.report()["closed"]) == (2, 2)
