"""``barometer`` for the soak of nights: its scheduled night may read loopback, and it looks every two seconds what is free.

Nothing else differs from the real command. ``SOAK_LIMIT`` says how many merchants a night reads at most.
"""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from barometer import night
from barometer.cli import main, schedule
from barometer.jobs import scheduling

LOOK_AGAIN_SECONDS = 2.0
WORDS = (sys.executable, "-P", str(Path(__file__).resolve()))
"""The words that start this command."""


def _on_loopback() -> None:
    known = night.run_night
    wishes = night.Wishes(limit=int(os.environ.get("SOAK_LIMIT") or 0) or None, allow_private=True)

    def run_night(*arguments: Any, **terms: Any) -> Any:
        return known(*arguments, **{"wishes": wishes, **terms})

    # Before the job's own module has taken the name.
    night.run_night = run_night


if __name__ == "__main__":
    _on_loopback()
    scheduling.Scheduler = partial(scheduling.Scheduler, look_again=LOOK_AGAIN_SECONDS)  # type: ignore[misc, assignment]
    schedule.COMMAND = WORDS
    main()
