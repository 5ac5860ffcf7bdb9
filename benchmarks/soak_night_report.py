"""What a soak of nights did and what came of it, as values and as a table."""

from dataclasses import dataclass, field

from benchmarks.soak_night_checks import Night


@dataclass
class Report:
    """What was done and what came of it."""

    seed: int
    database: str
    kills: dict[str, int] = field(default_factory=dict)
    nights: list[Night] = field(default_factory=list)
    restarts: int = 0
    by_hand: int = 0
    jobs: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def table(report: Report) -> str:
    """Return *report* for people."""
    nights = report.nights
    rows = [(f"killed: {what}", str(count)) for what, count in report.kills.items()]
    rows += [
        ("kills", str(sum(report.kills.values()))),
        ("schedulers started again", str(report.restarts)),
        ("nights", str(len(nights))),
        ("  given up after too many kills, ended by hand", str(report.by_hand)),
        ("  batches that ended badly", str(sum(one.bad_batches for one in nights))),
        ("  batches begun again", str(sum(one.begun_again for one in nights))),
        ("  second looks", str(sum(one.second_looks for one in nights))),
        ("sites of all nights", str(sum(one.sites for one in nights))),
        ("  closed once", str(sum(one.closed for one in nights))),
        ("  reported as not closed", str(sum(one.not_closed for one in nights))),
        *((f"times of the job {name}", str(count)) for name, count in report.jobs.items()),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}} {count:>6}" for name, count in rows]
    lines += [f"WRONG: {complaint}" for complaint in report.wrong] or [
        "nothing lost, nothing doubled, nothing left behind"
    ]
    return "\n".join([*lines, f"{report.database}, seed {report.seed}, {report.seconds} s"])
