"""What the clock says of times that it leaves out, told in our words and not in its own."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from barometer.monitoring.log import about

_OFTEN_SECONDS = 3600.0
"""How long nothing more is said of a job that is still at work (*ours*)."""


@contextmanager
def clock_heard(tell: Callable[[str], None]) -> Iterator[None]:
    """While it lasts, what the clock leaves out is told by *tell*, and its own log is silent otherwise."""
    log, heard = logging.getLogger("apscheduler"), _Heard(tell)
    log.addHandler(heard)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(heard)
        log.propagate = True


class _Heard(logging.Handler):
    """Tells of times that the clock leaves out; of each long stretch once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell
        self._told: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of *record*."""
        of = record.args[0] if isinstance(record.args, tuple) and record.args else None
        name = getattr(of, "id", None)
        if name is None:
            with about("clock_warning"):
                self._tell(f"clock: {record.getMessage()}")
        elif time.monotonic() - self._told.get(name, -_OFTEN_SECONDS) >= _OFTEN_SECONDS:
            self._told[name] = time.monotonic()
            with about("job_left_out", job=name):
                self._tell(f"{name}: is still at work; times that come meanwhile are left out")
