"""A night where a disk is full or may not be written: one line says it, nothing stored is lost, and it goes on once mended."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage.database import open_database
from storage.records import Merchant
from storage.vocabulary import RunState
from tests.barometer.live import LoggedSite, serving
from tests.barometer.night_market import PAGES, NightMarket
from tests.barometer.small_disks import SmallDisk, small_disk

__all__ = ["small_disk"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EITHER = pytest.mark.parametrize("end", [SmallDisk.fill, SmallDisk.read_only], ids=["full", "read-only"])
SITES = 2


@pytest.fixture
def market(tmp_path: Path) -> Iterator[NightMarket]:
    """Give a panel of two sites over a SQLite database."""
    with ExitStack() as stack:
        sites = [LoggedSite(PAGES) for _ in range(SITES)]
        addresses = stack.enter_context(serving(sites, "127.76.0.1"))
        made = NightMarket(f"sqlite:///{tmp_path / 'b.db'}", tmp_path, addresses, sites)
        stack.callback(made.database.close)
        yield made


def mended(disk: SmallDisk, end: Callable[[SmallDisk], None]) -> None:
    if end is SmallDisk.fill:
        disk.make_room()
    else:
        disk.writable()


@EITHER
def test_logs_that_cannot_be_written_are_told_and_cost_no_site(
    market: NightMarket, small_disk: SmallDisk, end: Callable[[SmallDisk], None]
) -> None:
    market.environment["BAROMETER_NIGHT__LOGS"] = str(small_disk.path / "logs")
    (small_disk.path / "logs").mkdir()
    end(small_disk)
    ended = market.night("--due", "n1")
    assert "Traceback" not in ended.err
    if end is SmallDisk.read_only:
        # Nothing can be begun without its log, and nothing is given up for it.
        assert ended.code == 2 and "a batch could not be started" in ended.err and "Read-only" in ended.err
        assert [batch.state for batch in market.batches()] == [RunState.OPEN]
        mended(small_disk, end)
        ended = market.night("--due", "n1")
    else:
        assert "the report could not be written" in ended.err and "No space left" in ended.err
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    assert [batch.exit_code for batch in market.batches()] == [0]


@EITHER
def test_evidence_that_cannot_be_written_stops_the_night_which_goes_on_once_mended(
    market: NightMarket, small_disk: SmallDisk, end: Callable[[SmallDisk], None]
) -> None:
    market.environment["BAROMETER_EVIDENCE"] = str(small_disk.path / "evidence")
    end(small_disk)
    ended = market.night("--due", "n1")
    assert (ended.code, ended.out) == (2, "") and "Traceback" not in ended.err
    last = ended.err.splitlines()[-1]
    assert "the night cannot go on" in last and "evidence" in last and "run the same command again" in last
    mended(small_disk, end)
    assert market.night("--due", "n1").code == 0
    assert market.closed() == market.all_complete()


@EITHER
def test_a_database_that_cannot_be_written_stops_the_night_which_goes_on_once_mended(
    market: NightMarket, small_disk: SmallDisk, end: Callable[[SmallDisk], None]
) -> None:
    market.database.close()
    shutil.copy(market.folder / "b.db", small_disk.path / "b.db")
    market.environment["BAROMETER_DATABASE"] = f"sqlite:///{small_disk.path / 'b.db'}"
    end(small_disk)
    ended = market.night("--due", "n1")
    assert (ended.code, ended.out) == (2, "") and "Traceback" not in ended.err
    assert len([line for line in ended.err.splitlines() if line.startswith("barometer: ")]) == 1
    mended(small_disk, end)
    with open_database(market.environment["BAROMETER_DATABASE"]) as market.database:
        with market.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Merchant)) == SITES
        assert market.night("--due", "n1").code == 0
        assert market.closed() == market.all_complete()
