"""A real night under random kills: nothing is lost, nothing doubled, nothing left behind; ``make soak`` does it a hundred times."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.barometer.command_line import ROOT

SEED, KILLS, SITES = 11, 8, 8
SOAK = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from benchmarks.soak_night import soak
from benchmarks.soak_night_market import die_with_parent
die_with_parent()
url, folder, seed, kills, sites = sys.argv[1:]
report = soak(url, Path(folder), int(seed), kills=int(kills), sites=int(sites), a_night=int(kills), rendered_every=0, pause=(0.2, 1.5))
print(json.dumps(asdict(report)))
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_whatever_is_killed_every_merchant_is_closed_once_or_reported(database_url: str, tmp_path: Path) -> None:
    # In a process of its own, to which whatever outlives its parent falls.
    words = [sys.executable, "-c", SOAK, database_url, str(tmp_path), str(SEED), str(KILLS), str(SITES)]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=280, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert sum(report["kills"].values()) == KILLS
    assert sum(closed + reported for _, closed, reported, *_ in report["nights"]) == SITES * len(report["nights"])
