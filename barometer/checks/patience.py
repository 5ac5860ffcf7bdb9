"""Checks that wait for others run side by side, and none may keep the doctor for longer than its patience."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from barometer.checks.check import Check, Health

PATIENCE_SECONDS = 20.0
"""How long all checks together may take (*ours*); each has shorter time-outs of its own, but for looking up a name."""

Checking = Callable[[], Sequence[Check]]


def all_at_once(checks: Sequence[tuple[str, Checking]], patience: float = PATIENCE_SECONDS) -> Iterator[Check]:
    """Yield what each of *checks* (its name, and what makes it) finds, in their order, all begun at once.

    One that is not done after *patience* seconds in all is a warning of that name, and so is one that breaks: a defect of the
    doctor must not hide what the others found.
    """
    running = [_Running(name, check) for name, check in checks]
    until = time.monotonic() + patience
    for one in running:
        yield from one.found(max(0.0, until - time.monotonic()), patience)


class _Running:
    """A check at work in a thread that nobody waits for at the end of the program."""

    def __init__(self, name: str, check: Checking) -> None:
        self._name, self._check = name, check
        self._result: Sequence[Check] = ()
        self._thread = threading.Thread(target=self._run, name=f"check of {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._check()
        except Exception as error:
            said = f"the check itself broke: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
            self._result = [Check(self._name, Health.WARN, said, "report it, with this line")]

    def found(self, seconds: float, patience: float) -> Sequence[Check]:
        self._thread.join(seconds)
        if self._thread.is_alive():
            remedy = "try again; is a server, a disk or the name service hanging?"
            return [Check(self._name, Health.WARN, f"no answer in {patience:.0f} s", remedy)]
        return self._result
