"""``barometer status`` as a person reads it on a terminal of 80 columns."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from barometer.nights.status import NightNow, Status
from barometer.reports.merchant_text import legible


def status_lines(status: Status) -> RenderableType:
    """Return the lines; a night that nobody works on comes with the command that goes on with it."""
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=12)
    table.add_column(overflow="fold")
    table.add_row("panel", f"{status.merchants} merchants" if status.merchants != 1 else "1 merchant")
    if not status.open_nights:
        table.add_row("night", "none is running")
    for night in status.open_nights:
        table.add_row("night", _night(night))
    table.add_row("last night", _last(status))
    table.add_row(
        "attempts", f"{status.attempts_waiting} waiting to be made, {status.attempts_unanswered} waiting for an answer"
    )
    if status.due is None:
        table.add_row("next due", "no schedule is set up")
    for number, due in enumerate(status.due or []):
        when = f"{due.at:%Y-%m-%d %H:%M} UTC" if due.at is not None else "never again"
        table.add_row("" if number else "next due", f"{when}  {legible(due.job, 40)}")
    return Group(table)


def _night(night: NightNow) -> Text:
    far = f"{night.closed} of {night.sites} sites closed, {night.batches_ended} of {night.batches} batches ended"
    said = Text(f"{legible(night.key, 64)}: {far}{', second look' if night.second_look else ''}")
    if night.worked_on:
        lease = f", lease until {night.lease_until:%H:%M} UTC" if night.lease_until is not None else ""
        return said.append(f"\n{legible(night.claimed_by or '', 80)} works on it{lease}", "dim")
    due = "" if night.by_hand else f" --due {legible(night.key, 64)}"
    return said.append(f"\nnobody works on it; go on with: barometer night run{due}", "yellow")


def _last(status: Status) -> Text:
    last = status.last_night
    if last is None:
        return Text("there was none yet")
    when = f", ended {last.finished_at:%Y-%m-%d %H:%M} UTC" if last.finished_at is not None else ""
    closed = f"{last.closed} of {last.sites} sites closed"
    short = f", {last.not_closed} could not be" if last.not_closed else ""
    return Text(f"{legible(last.key, 64)}: {closed}{short}{when}", "yellow" if short or last.state == "failed" else "")
