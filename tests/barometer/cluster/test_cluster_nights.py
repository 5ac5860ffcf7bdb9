"""A night on a Dask cluster: whoever is killed, no site is left out and none is kept twice."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from storage.vocabulary import RunState
from tests.barometer import live, night_market
from tests.barometer.cluster.dask_cluster import DaskCluster, dask_cluster
from tests.barometer.live import LoggedSite, serving
from tests.barometer.night_market import PAGES, NightMarket, all_gone, held, wait_until

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer than elsewhere: each of these tests starts a dozen processes."""
    for module in (live, night_market):
        monkeypatch.setattr(module, "PATIENCE", 300.0)


@pytest.fixture
def begin(database_url: str, tmp_path: Path) -> Iterator[Any]:
    """Give what makes sites, their panel and a cluster whose workers share its database and evidence."""
    with ExitStack() as stack:

        def make(
            sites: list[LoggedSite] | int, go_on: threading.Event | None = None
        ) -> tuple[NightMarket, DaskCluster]:
            listed = [LoggedSite(PAGES) for _ in range(sites)] if isinstance(sites, int) else sites
            addresses = [
                stack.enter_context(serving([site], f"127.73.0.{number}"))[0] for number, site in enumerate(listed, 1)
            ]
            if go_on is not None:
                stack.callback(go_on.set)
            (tmp_path / "client").mkdir()
            market = NightMarket(database_url, tmp_path / "client", addresses, listed)
            stack.callback(market.database.close)
            return market, stack.enter_context(dask_cluster(tmp_path / "cluster", market.environment))

        yield make


def night(cluster: DaskCluster, *words: str) -> tuple[str, ...]:
    return "--due", "n1", "--scheduler", cluster.address, *words


def every_site_once(market: NightMarket) -> bool:
    """Tell whether each site has one closed visit; one that was held for long may have ended with a time-out of its own."""
    return set(market.closed()) == set(market.all_complete())


def test_two_workers_read_a_night_and_a_crawl_as_one_machine_would(begin: Any) -> None:
    market, cluster = begin(4)
    cluster.start()
    one, two = cluster.add(), cluster.add()
    wait_until(lambda: one.worker() and two.worker())
    ended = market.night(*night(cluster, "--batch-size", "2", "--json"))
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    assert json.loads(ended.out)["batches"] == 2 and market.report()["bad_batches"] == []
    assert {batch.starts for batch in market.batches()} == {1}
    for worker in (one, two):
        assert list((worker.folder / "var" / "logs" / "night-n1").glob("*/batch-*.log"))
    for batch in market.batches():
        assert batch.log is not None
        assert any((worker.folder / "var" / "logs" / batch.log).exists() for worker in (one, two))
    assert not list((market.folder / "var" / "logs").glob("**/batch-*"))
    crawled = market.command("crawl", "--allow-private", "--scheduler", cluster.address, "--json")
    assert crawled.code == 0, crawled.err
    told = json.loads(crawled.out)
    assert (told["closed"], told["visits"]) == (True, {"complete": 4})
    depths = market.command("depths", "--json", "--run", told["run"][:12])
    assert depths.out.count('"status": "complete"') == 4
    assert cluster.batches() == []


def test_a_worker_killed_in_mid_batch_whose_child_reads_on_loses_and_doubles_nothing(begin: Any) -> None:
    go_on = threading.Event()
    market, cluster = begin([LoggedSite(PAGES), *held(3, go_on)], go_on)
    cluster.start()
    worker = cluster.add()
    with market.running(*night(cluster, "--batch-size", "4")) as command:
        wait_until(lambda: len(market.closed()) == 1 and sum(market.asked()[1:]) > 0)
        (orphan,) = worker.batches()
        (guardian,) = worker.guardians()
        # It would notice at once that its worker is gone, and end the child: held up, it lets the child read on.
        guardian.send_signal(signal.SIGSTOP)
        try:
            worker.worker().send_signal(signal.SIGKILL)
            wait_until(lambda: market.batches()[0].starts == 2 and worker.batches())
            assert orphan.status() != psutil.STATUS_ZOMBIE
            go_on.set()
            ended = command.end()
        finally:
            guardian.send_signal(signal.SIGCONT)
        all_gone([orphan, guardian])
    assert ended.code == 0, ended.err
    assert every_site_once(market)
    assert market.asked()[0] == 3
    (log,) = (worker.folder / "var" / "logs" / "night-n1").glob("*/batch-0000.log")
    assert "another process took this batch over; nothing more is stored" in log.read_text("utf-8")
    # On a slow machine the held pages time out, and are looked at again in a batch of their own.
    batch = market.batches()[0]
    assert (batch.token, batch.starts, batch.state) == (2, 2, RunState.CLOSED)
    assert market.report()["begun_again"] == 1


def test_without_its_scheduler_a_night_ends_in_one_line_and_goes_on_where_it_was(begin: Any) -> None:
    go_on = threading.Event()
    market, cluster = begin([LoggedSite(PAGES), *held(2, go_on)], go_on)
    cluster.start()
    cluster.add(threads=2)
    words = night(cluster, "--batch-size", "2")
    with market.running(*words) as command:
        wait_until(lambda: len(market.closed()) == 1 and sum(market.asked()[1:]) > 0)
        children = cluster.batches()
        cluster.kill_scheduler()
        ended = command.end()
        all_gone(children)
    assert ended.code == 2 and "Traceback" not in ended.err, ended.err
    last = ended.err.splitlines()[-1]
    assert cluster.address in last and "run the same command again" in last
    assert [(run.state, run.claimed_by) for run in market.runs()] == [(RunState.OPEN, None)]
    done = market.asked()[0]
    go_on.set()
    cluster.start()
    cluster.add()
    ended = market.night(*words)
    assert ended.code == 0, ended.err
    assert every_site_once(market)
    assert market.asked()[0] == done


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), pytest.param(signal.SIGINT, 130, marks=pytest.mark.soak)]
)
def test_with_its_client_the_children_of_all_workers_end_and_the_same_command_goes_on(
    begin: Any, number: int, code: int
) -> None:
    go_on = threading.Event()
    market, cluster = begin(held(4, go_on), go_on)
    cluster.start()
    cluster.add(threads=2)
    words = night(cluster, "--batch-size", "2")
    with market.running(*words) as command:
        wait_until(lambda: len(cluster.batches()) == 2 and sum(market.asked()) > 1)
        children = cluster.batches()
        command.process.send_signal(number)
        ended = command.end()
        if number == signal.SIGINT:
            assert not any(child.is_running() for child in children), "the client ended before the children did"
            assert {batch.claimed_by for batch in market.batches()} == {None}
            assert "goes on with it" in ended.err
        all_gone(children)
    assert ended.code == code and "Traceback" not in ended.err, ended.err
    assert [run.state for run in market.runs()] == [RunState.OPEN]
    go_on.set()
    ended = market.night(*words)
    assert ended.code == 0, ended.err
    assert every_site_once(market)


def test_workers_that_are_not_of_one_mind_with_the_night_take_no_part_and_say_why(begin: Any, tmp_path: Path) -> None:
    market, cluster = begin(2)
    cluster.start()
    cluster.add(BAROMETER_EVIDENCE=str(tmp_path / "elsewhere"))
    cluster.add(BAROMETER_DELAY="7")
    cluster.add(BAROMETER_DATABASE=f"sqlite:///{tmp_path}/own.sqlite3")
    older = tmp_path / "older.py"
    older.write_text("import barometer.settings\nbarometer.settings.tool_version = lambda: '0.0.1'\n")
    cluster.add("--preload", str(older))
    wait_until(lambda: all(worker.worker() for worker in cluster.workers))
    alone = market.night(*night(cluster, "--batch-size", "1", "--wait-workers", "10"))
    assert alone.code == 2 and "no worker can go on" in alone.err.splitlines()[-1], alone.err
    assert "Traceback" not in alone.err and market.closed() == {}
    good = cluster.add()
    wait_until(lambda: "Registered to" in good.printed.read_text())
    ended = market.night(*night(cluster, "--batch-size", "1"))
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    said = alone.err + ended.err
    for why in (
        "one shared folder",
        "delay = 7.0, the night's 1.0",
        "does not hold this night",
        "it runs barometer 0.0.1",
    ):
        assert why in said, why
    assert not (tmp_path / "elsewhere").exists()


def test_a_night_that_is_shown_goes_to_workers_with_a_browser(begin: Any) -> None:
    market, cluster = begin(2)
    cluster.start()
    blind = cluster.add(threads=2, BAROMETER_RENDER="true")
    wait_until(lambda: "Registered to" in blind.printed.read_text())
    refused = market.night(*night(cluster, "--rendered", "--wait-workers", "0"))
    assert refused.code == 2 and "none of the 1 workers" in refused.err and '--resources "browser=2"' in refused.err
    assert market.runs() == []
    seeing = cluster.add("--resources", "browser=1", threads=2, BAROMETER_RENDER="true")
    ended = market.night(*night(cluster, "--rendered", "--batch-size", "1"))
    assert ended.code == 0, ended.err
    assert market.closed() == market.all_complete()
    assert market.report()["cost"]["pages_rendered"] > 0
    assert len(list((seeing.folder / "var" / "logs" / "night-n1").glob("*/*.log"))) == 2
    assert not (blind.folder / "var").exists()
