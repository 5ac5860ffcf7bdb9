"""The cluster for minutes: workers that hang, and whatever is killed at random moments, until every site is closed once."""

import random
import signal
import threading
from contextlib import suppress
from typing import Any

import psutil
import pytest

from storage.vocabulary import RunState
from tests.barometer.cluster.test_cluster_nights import begin, every_site_once, night, patience
from tests.barometer.live import LoggedSite
from tests.barometer.night_market import PAGES, NightMarket, held, wait_until

__all__ = ["begin", "patience"]

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.soak,
    pytest.mark.postgres,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
HASTY = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "8s"}


def test_a_worker_that_hangs_is_given_up_and_stores_nothing_when_it_comes_back(begin: Any) -> None:
    go_on = threading.Event()
    market, cluster = begin([LoggedSite(PAGES), *held(2, go_on)], go_on)
    cluster.start(environment=HASTY)
    hung = cluster.add()
    with market.running(*night(cluster, "--batch-size", "3")) as command:
        wait_until(lambda: len(market.closed()) == 1 and sum(market.asked()[1:]) > 0)
        frozen = [hung.process, hung.worker(), *hung.guardians(), *hung.batches()]
        for one in frozen:
            one.send_signal(signal.SIGSTOP)
        healthy = cluster.add()
        wait_until(lambda: market.batches()[0].starts == 2 and healthy.batches())
        go_on.set()
        wait_until(lambda: len(market.closed()) == 3)
        for one in frozen:
            one.send_signal(signal.SIGCONT)
        ended = command.end()
    assert ended.code == 0, ended.err
    assert every_site_once(market)
    assert market.batches()[0].token == 2
    assert all(batch.state is RunState.CLOSED for batch in market.batches())


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_killed_at_random_every_site_is_closed_once(begin: Any, seed: int) -> None:
    draw = random.Random(seed)
    market, cluster = begin([LoggedSite(PAGES, 0.3) for _ in range(24)])
    cluster.start(environment=HASTY)
    for _ in range(2):
        cluster.add(threads=2)
    words = night(cluster, "--batch-size", "3")
    code = 2
    for _ in range(6):
        with market.running(*words) as command:
            while command.process.poll() is None:
                threading.Event().wait(draw.uniform(1, 6))
                _kill_one(market, cluster, command, draw)
            ended = command.end()
        code = ended.code
        assert "Traceback" not in ended.err, ended.err
        if code in (0, 1):
            break
        if cluster.scheduler_is_gone():
            cluster.start(environment=HASTY)
            cluster.add(threads=2)
    else:
        code = market.night(*words).code
    assert code in (0, 1)
    told = market.report()
    # No site twice (visits() sees to that), none lost: what is not closed stands in the report.
    assert len(market.visits()) + len(told["not_closed"]) == 24
    assert len(market.visits()) >= 20


def _kill_one(market: NightMarket, cluster: Any, command: Any, draw: random.Random) -> None:
    kinds = ["batch", "guardian", "worker", "worker", "hang", "client", "scheduler"]
    kind = draw.choices(kinds, weights=[4, 3, 2, 2, 2, 1, 1])[0]
    with suppress(psutil.Error, IndexError, AssertionError):
        if kind == "client":
            command.process.send_signal(signal.SIGKILL)
        elif kind == "scheduler":
            cluster.kill_scheduler()
        elif kind == "hang":
            worker = draw.choice(cluster.workers).living_worker()
            worker.send_signal(signal.SIGSTOP)
            threading.Timer(12, lambda: _resume(worker)).start()
        else:
            chosen = draw.choice(cluster.workers)
            victims = {
                "batch": chosen.batches, "guardian": chosen.guardians, "worker": lambda: [chosen.living_worker()],
            }[kind]()  # fmt: skip
            draw.choice(victims).send_signal(signal.SIGKILL)


def _resume(process: psutil.Process) -> None:
    with suppress(psutil.Error):
        process.send_signal(signal.SIGCONT)
