"""A child ends in time, in bounds, and with all that it started, whoever is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from schedules.children import ChildEnd, Ended, Limits, run_child
from schedules.guardian import of_mark

PYTHON = sys.executable
GENEROUS = Limits(seconds=60, grace_seconds=5)
# It leaves its session and ignores what a polite end is asked with, as browsers' helpers do.
STUBBORN = "import os,signal,time; os.setsid(); signal.signal(2, 1); signal.signal(15, 1); open({0!r}, 'w').write(str(os.getpid())); time.sleep(600)"


def run(command: list[str], tmp_path: Path, limits: Limits = GENEROUS) -> ChildEnd:
    return asyncio.run(run_child(command, limits, tmp_path / "log" / "child.log"))


def starts_stubborn(pid_file: Path, then: str) -> list[str]:
    inner = STUBBORN.format(str(pid_file))
    return [
        PYTHON,
        "-c",
        f"import subprocess,time,pathlib\nsubprocess.Popen([{PYTHON!r}, '-c', {inner!r}])\nwhile not pathlib.Path({str(pid_file)!r}).exists(): time.sleep(0.02)\n{then}",
    ]


def gone(pid: int, seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def awaited(file: Path, seconds: float = 20.0) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if file.exists() and file.read_text():
            return int(file.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{file.name} was never written")


def test_the_exit_code_and_the_words_of_a_child_are_kept(tmp_path: Path) -> None:
    end = run([PYTHON, "-c", "import sys; print('bonjour'); print('oh', file=sys.stderr); sys.exit(3)"], tmp_path)
    assert (end.ended, end.exit_code, end.well) == (Ended.EXITED, 3, False)
    assert set(end.log.read_text().split()) == {"bonjour", "oh"}


def test_the_log_of_an_earlier_child_is_added_to(tmp_path: Path) -> None:
    for word in ("one", "two"):
        assert run([PYTHON, "-c", f"print({word!r})"], tmp_path).well
    assert (tmp_path / "log" / "child.log").read_text().split() == ["one", "two"]


def test_a_command_that_is_not_there_is_an_end_and_no_exception(tmp_path: Path) -> None:
    end = run([str(tmp_path / "nowhere")], tmp_path)
    assert (end.ended, end.exit_code) == (Ended.NOT_STARTED, None)
    assert "nowhere" in (end.problem or "")


def test_a_child_that_takes_too_long_is_asked_and_may_clean_up(tmp_path: Path) -> None:
    end = run(
        [
            PYTHON,
            "-c",
            "import time\ntry:\n time.sleep(600)\nexcept KeyboardInterrupt:\n print('tidied'); raise SystemExit(7)",
        ],
        tmp_path,
        Limits(seconds=1.5, grace_seconds=10),
    )
    assert (end.ended, end.exit_code) == (Ended.DEADLINE, 7)
    assert end.log.read_text().strip() == "tidied"


def test_a_child_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    child = tmp_path / "pid"
    end = run(
        starts_stubborn(child, "import signal; signal.signal(2, 1); time.sleep(600)"), tmp_path,
        Limits(seconds=2, grace_seconds=0.5),
    )  # fmt: skip
    assert end.ended is Ended.DEADLINE
    assert end.exit_code == -signal.SIGKILL
    assert gone(awaited(child))


def test_what_a_child_left_behind_ends_with_it(tmp_path: Path) -> None:
    child = tmp_path / "pid"
    assert run(starts_stubborn(child, "print('done')"), tmp_path).well
    assert gone(awaited(child))


def test_a_child_that_holds_too_much_is_ended_and_says_how_much(tmp_path: Path) -> None:
    end = run(
        [
            PYTHON,
            "-c",
            "import time; block = bytearray(300_000_000); block[::4096] = b'x' * len(block[::4096]); time.sleep(600)",
        ],
        tmp_path,
        Limits(seconds=60, memory_bytes=150_000_000),
    )
    assert end.ended is Ended.MEMORY
    assert end.peak_bytes > 150_000_000


def test_time_of_the_processor_is_counted_over_all_its_processes(tmp_path: Path) -> None:
    work = "import time; e = time.process_time() + 1.2\nwhile time.process_time() < e: pass"
    end = run([PYTHON, "-c", f"import subprocess,sys; subprocess.run([sys.executable, '-c', {work!r}])"], tmp_path)
    assert 0.5 < end.cpu_seconds < 10


PARENT = """
import asyncio, sys
from pathlib import Path
from schedules.children import Limits, run_child
asyncio.run(run_child(sys.argv[2:], Limits(600), Path(sys.argv[1])))
"""


@pytest.mark.parametrize("victim", ["parent", "guardian"])
def test_nothing_outlives_a_parent_or_a_guardian_that_is_killed(victim: str, tmp_path: Path) -> None:
    child = tmp_path / "pid"
    words = [PYTHON, "-c", PARENT, str(tmp_path / "log"), *starts_stubborn(child, "time.sleep(600)")]
    with (tmp_path / "err").open("wb") as err:
        parent = subprocess.Popen(words, stderr=err)
    try:
        stubborn = awaited(child)
        family = psutil.Process(parent.pid).children(recursive=True)
        assert stubborn in {one.pid for one in family}
        guardian = psutil.Process(parent.pid).children()[0]
        os.kill(parent.pid if victim == "parent" else guardian.pid, signal.SIGKILL)
        assert all(gone(one.pid) for one in family)
        assert victim != "parent" or (tmp_path / "err").read_text() == "", "the guardian has nobody to complain to"
    finally:
        parent.kill()
        parent.wait()


def test_a_child_of_a_child_ends_with_the_first(tmp_path: Path) -> None:
    child = tmp_path / "pid"
    inner = [PYTHON, "-c", PARENT, str(tmp_path / "inner.log"), *starts_stubborn(child, "time.sleep(600)")]

    async def stopped() -> ChildEnd:
        stop = asyncio.Event()
        running = asyncio.create_task(run_child(inner, GENEROUS, tmp_path / "log", stop))
        await asyncio.to_thread(awaited, child)
        stop.set()
        return await running

    assert asyncio.run(stopped()).ended is Ended.STOPPED
    assert gone(awaited(child))


def test_a_cancelled_task_leaves_nothing(tmp_path: Path) -> None:
    child = tmp_path / "pid"

    async def cancelled() -> None:
        running = asyncio.create_task(run_child(starts_stubborn(child, "time.sleep(600)"), GENEROUS, tmp_path / "log"))
        await asyncio.to_thread(awaited, child)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert gone(awaited(child))


def test_children_side_by_side_do_not_end_one_another(tmp_path: Path) -> None:
    async def both() -> list[ChildEnd]:
        slow = [PYTHON, "-c", "import time; time.sleep(3); print('slow')"]
        return await asyncio.gather(
            run_child(slow, GENEROUS, tmp_path / "slow.log"),
            run_child([PYTHON, "-c", "print('quick')"], GENEROUS, tmp_path / "quick.log"),
        )

    slow, quick = asyncio.run(both())
    assert slow.well
    assert quick.well
    assert quick.seconds < slow.seconds


def test_processes_without_the_mark_are_left_alone() -> None:
    assert of_mark("nobody-carries-this") == []
