"""A night that is claimed in the very moment in which its former process wakes up: what that one wrote is kept.

On SQLite there is no such moment: whoever looks in order to claim keeps all others from writing.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, func, select, update

from barometer import crawl
from barometer.errors import UserError
from barometer.nights import batches, closing
from storage.database import Database, open_database
from storage.records import Batch, Merchant, Run, utc_now
from storage.vocabulary import RunState
from tests.databases import fresh_database

pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgresql_server: URL) -> Iterator[Database]:
    with (
        fresh_database(postgresql_server) as address,
        open_database(address.render_as_string(hide_password=False)) as opened,
    ):
        opened.migrate()
        yield opened


@pytest.fixture
def former(database: Database) -> crawl.Claim:
    """Return the claim of a process that was not heard of until its lease ran out."""
    with database.session() as session:
        shop = Merchant(key="shop.test", name="Shop", url="http://shop.test/")
        session.add(shop)
        run = Run(kind=crawl.KIND, due="n1", parameters={"merchants": [shop.id], "keys": [shop.key]})
        session.add(run)
        session.flush()
        batches.cut(session, run, 1)
        session.flush()
        claimed = crawl.claim(session, run)
        session.execute(update(Run).values(lease_until=utc_now(), claimed_by="elsewhere:1"))
    return claimed


def test_the_second_look_that_was_cut_meanwhile_is_not_cut_again(database: Database, former: crawl.Claim) -> None:
    with database.session() as session:
        run = session.get_one(Run, former.run_id)
        with database.session() as other:
            assert batches.cut_second(other, former, 1)
            other.get_one(Run, former.run_id).lease_until = utc_now()
        claimed = crawl.claim(session, run)
        run.parameters = {**run.parameters, "at_once": 2}
    with database.session() as session:
        batches.cut_second(session, claimed, 1)
        assert session.scalar(select(func.count()).where(Batch.retry_pass == 1)) == 1


def test_a_night_that_was_closed_meanwhile_is_not_claimed(database: Database, former: crawl.Claim) -> None:
    with database.session() as session:
        run = session.get_one(Run, former.run_id)
        with database.session() as other:
            closing.close(other, former)
        with pytest.raises(UserError, match="another process has just claimed this crawl"):
            crawl.claim(session, run)
    with database.reading() as session:
        run = session.get_one(Run, former.run_id)
        assert (run.state, run.claimed_by) == (RunState.CLOSED, None)
