"""``barometer`` whose jobs do as the file ``orders`` says, so that their ends can be chosen; all else is the real thing.

A line ``NAME WORD`` orders a job: ``well``, ``fail``, ``sleep``, ``die`` (killed the first two
times), ``dies`` (every time). While the file ``stumbles`` has a line, a job takes it away and ends before it claims anything,
as it does when its database is away for a moment. Each time that a job is done leaves a line ``NAME DUE PROCESS`` in the file ``done``.
"""

import functools
import os
import signal
import sys
import time
from pathlib import Path

from barometer.cli import main, schedule
from barometer.errors import UserError
from barometer.jobs import claims as job_claims
from barometer.jobs import running as jobs
from barometer.jobs.running import JobKind, Report, Work


def stand_in(name: str) -> JobKind:
    def do(work: Work) -> Report:
        orders = dict(line.split() for line in Path("orders").read_text("utf-8").splitlines())
        with Path("done").open("a", encoding="utf-8") as done:
            done.write(f"{name} {work.due} {os.getpid()}\n")
        times = Path("done").read_text("utf-8").count(f"{name} {work.due} ")
        match orders.get(name, "well"):
            case "fail":
                raise UserError("the oven is cold", "light it")
            case "sleep":
                time.sleep(600)
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            case "die" if times <= 2:
                os.kill(os.getpid(), signal.SIGKILL)
        return Report(True, f"{name} was done", {"times": times})

    return JobKind(name, do, jobs.JOBS[name].apart)


if __name__ == "__main__":
    jobs.JOBS = {name: stand_in(name) for name in jobs.JOBS}  # type: ignore[misc]
    beat = float(os.environ.get("STAND_IN_BEAT", job_claims.BEAT_SECONDS))
    job_claims.heard_of = functools.partial(job_claims.heard_of, beat=beat)  # type: ignore[assignment]
    schedule.COMMAND = (sys.executable, str(Path(__file__).resolve()))  # type: ignore[assignment]
    stumbles = Path("stumbles")
    if "job" in sys.argv and stumbles.exists() and (left := stumbles.read_text("utf-8").splitlines()):
        stumbles.write_text("".join(f"{line}\n" for line in left[1:]), "utf-8")
        sys.exit(2)
    main()
