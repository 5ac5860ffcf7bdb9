"""How a night ended for whoever ran it, and with which exit code."""

from enum import StrEnum
from typing import NamedTuple

from barometer.nights.report import NightReport


class NightState(StrEnum):
    """How the command ended: every site closed, some not, another process at it, or stopped and to be taken up again."""

    CLOSED = "closed"
    NOT_ALL = "not_all"
    BUSY = "busy"
    STOPPED = "stopped"


class NightEnd(NamedTuple):
    """How a night ended for whoever ran it; ``said`` is the reason in words where there is no report."""

    state: NightState
    key: str
    run_id: str
    report: NightReport | None = None
    said: str = ""

    @property
    def exit_code(self) -> int:
        """0 when all sites are closed, or another process is at it; 1 when some are not; 130 when it was stopped."""
        return {NightState.NOT_ALL: 1, NightState.STOPPED: 130}.get(self.state, 0)


def end_of(report: NightReport) -> NightEnd:
    """Return the end of a night that is over."""
    state = NightState.NOT_ALL if report.not_closed else NightState.CLOSED
    return NightEnd(state, report.night, report.run, report)
