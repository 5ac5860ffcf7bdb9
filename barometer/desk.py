"""Who may be contacted at the desk now: the same guard as for what the program sends, but for the pace of a person."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from barometer.errors import UserError
from barometer.optout import optouts
from barometer.settings import Settings
from probes.desk import Task
from probes.stamps import TaskKind

LONGEST_NAME = 80
"""Characters of an operator's or rater's name (*ours*)."""


def not_opted_out(session: Session) -> Callable[[Task], bool]:
    """Return what tells whether the opt-out list leaves a task be, by its merchant and by its target."""
    wishes = optouts(session)

    def free(task: Task) -> bool:
        merchant, target = task.merchant, task.attempt.target
        asked = ((merchant.url, merchant.email, merchant.phone), (None, target, target))
        return all(wishes.covers(*one) is None for one in asked)

    return free


class Doorkeeper:
    """The guard at the desk at one moment: it judges what would be begun, and lets go on what was begun already.

    A person makes one attempt after another, so neither the gap between two messages nor lateness counts; and who looks
    for an answer on a site contacts nobody, so only the stop file keeps them from it.
    """

    def __init__(self, session: Session, settings: Settings, now: datetime) -> None:
        # Calendars with their holidays take a fifth of a second to load, which --help need not pay.
        from barometer.probe_configuration import calendar, guard_limits
        from probes.guard import Guard
        from probes.ledger import read_ledger

        wishes = optouts(session)
        limits = guard_limits(settings)._replace(gap=timedelta(0), late=timedelta.max)
        self._guard = Guard(limits, calendar(settings), lambda *asked: wishes.covers(*asked) is not None)
        self._ledger = read_ledger(session, self._guard, now, settings.probes.stop_file)
        self._free = not_opted_out(session)
        self._now = now

    def why_not(self, task: Task) -> str | None:
        """Return why *task* may not be begun, or gone on with, now; ``None`` where it may."""
        from probes.guard import Allowed, Late
        from probes.ledger import candidate

        if not self._free(task):
            return "the merchant is on the opt-out list"
        if task.counting:
            return None
        if task.kind is TaskKind.NAVIGATION:
            return "the stop file exists" if self._ledger.stopped else None
        decision = self._guard.decide(candidate(task.attempt, task.campaign, task.merchant), self._ledger, self._now)
        return None if isinstance(decision, Allowed | Late) else decision.why

    def admits(self, task: Task) -> bool:
        """Tell whether *task* may be begun, or gone on with, now."""
        return self.why_not(task) is None

    @property
    def closed(self) -> UserError | None:
        """Why nobody may be contacted, ``None`` where somebody may: the stop file, quiet hours, the day's limit."""
        from probes.guard import Held

        decision = self._guard.of_everything(self._ledger, self._now)
        if not isinstance(decision, Held):
            return None
        until = f"come back after {decision.until:%Y-%m-%d %H:%M} UTC" if decision.until else "ask who stopped it"
        return UserError(f"nobody may be contacted now: {decision.why}", until)


def person(name: str, option: str) -> str:
    """Return the name of a person as it is kept; raises :class:`UserError`, which names *option*, where it is none."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UserError(f"{option}: {name[:40]!r} is no name", "give the name of a person, such as 'A. Martin'")
    return name
