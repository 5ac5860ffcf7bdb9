"""How a night is told: sizes, times and the lines that the terminal and the page share."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from storage.vocabulary import VisitStatus

if TYPE_CHECKING:
    from barometer.nights.report import NightReport

STATUS_WORDS = {
    VisitStatus.COMPLETE: "read to the end",
    VisitStatus.PARTIAL: "read in part",
    VisitStatus.REFUSED: "refused by robots.txt",
    VisitStatus.UNREACHABLE: "could not be reached",
    VisitStatus.BLOCKED: "blocked",
}


class Line(NamedTuple):
    """A line of a table: what is counted, the figure, and a remark on it."""

    label: str
    figure: str
    remark: str


def verdict(report: "NightReport") -> str:
    """Return in one sentence whether every site was closed."""
    wanted = report.sites - len(report.left_alone) - len(report.gone)
    if report.state == "open":
        return f"Not over: {report.closed} of {wanted} sites are closed so far."
    if report.state == "failed":
        return f"Given up: {report.closed} of {wanted} sites were closed."
    if report.cut_off:
        lost = report.visits[VisitStatus.UNREACHABLE]
        return f"{lost} of {wanted} sites could not be reached: look at this machine's own connection and its name servers."
    if report.not_closed:
        return f"{report.closed} of {wanted} sites are closed; {len(report.not_closed)} could not be."
    return f"All {wanted} sites are closed." if wanted != 1 else "The one site is closed."


def site_lines(report: "NightReport") -> list[Line]:
    """Return how the visits ended, then the sites without one."""
    lines = [
        Line(words, str(report.visits[status]), _counted(report.reasons.get(status, {})))
        for status, words in STATUS_WORDS.items()
        if status in report.visits
    ]
    if report.not_closed:
        whys: dict[str, int] = {}
        for entry in report.not_closed:
            whys[entry.why] = whys.get(entry.why, 0) + 1
        lines.append(Line("not closed", str(len(report.not_closed)), _counted(whys)))
    if report.left_alone:
        lines.append(Line("left alone", str(len(report.left_alone)), "on the opt-out list since the night began"))
    if report.gone:
        lines.append(Line("gone from the panel", str(len(report.gone)), "removed since the night began"))
    return lines


def cost_lines(report: "NightReport") -> list[Line]:
    """Return what was read and what it took."""
    cost, second = report.cost, report.second_look
    lines = [
        Line("time", duration(report.seconds), f"begun {report.started_at:%Y-%m-%d %H:%M} UTC"),
        Line("pages", str(cost.pages_read), f"{cost.pages_rendered} shown by a browser, {size(cost.bytes)}"),
        Line(
            "CPU",
            duration(cost.cpu_seconds),
            f"with browsers; our own reading {duration(cost.reading_cpu_seconds)}",
        ),
        Line(
            "memory",
            size(cost.largest_batch_bytes),
            f"in the largest batch; at most {size(cost.at_most_bytes)} in all",
        ),
        Line("batches", str(report.batches), _batch_remark(report)),
    ]
    if second.failed:
        lines.append(
            Line("second look", str(second.failed), f"could not be reached at first; {second.recovered} then could")
        )
    if second.unread:
        lines.append(Line("read alone", str(second.unread), f"left over by their batch; {second.closed} then closed"))
    return lines


def _batch_remark(report: "NightReport") -> str:
    said = [f"{len(report.bad_batches)} ended badly"] if report.bad_batches else []
    if report.begun_again:
        said.append(f"{report.begun_again} begun again")
    return ", ".join(said) or "all ended well"


def _counted(reasons: dict[str, int]) -> str:
    ordered: Iterable[tuple[str, int]] = sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in ordered)


def duration(seconds: float) -> str:
    """Return *seconds* as ``8.4 s``, ``12 min 05 s`` or ``3 h 07 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(count: int) -> str:
    """Return *count* bytes as ``812 kB``, ``3.4 MB`` or ``1.2 GB``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1e3:.0f} kB"
