"""What is worth a message: the morning after a night, a job that began to fail, and that it works again."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from barometer.jobs.claims import KIND, AlreadyDone
from barometer.jobs.notifying import Message
from barometer.schedule_settings import Notify
from storage.database import Database
from storage.records import Run, utc_now
from storage.vocabulary import RunState


def message_on(database: Database, terms: Notify, zone: str, name: str, due: str, found: AlreadyDone) -> Message | None:
    """Return what to tell of a time of the job *name* that has just ended, ``None`` where it is not worth a message.

    A job that goes on failing is told once a day, by the calendar of *zone*.
    """
    before = _before(database, name, due)
    failed_before = before is not None and before.state is RunState.FAILED
    if found.state is RunState.FAILED:
        if not terms.failures or (before is not None and failed_before and _same_day(before.finished_at, zone)):
            return None
        return Message(f"barometer: {name} failed", f"{due}: {found.said}", bad=True)
    if name == "night" and terms.summary:
        return Message("barometer: the night is done", f"{due}: {found.said}")
    if failed_before and terms.failures:
        return Message(f"barometer: {name} works again", f"{due}: {found.said}")
    return None


def _before(database: Database, name: str, due: str) -> Run | None:
    """Return the row of the time of the job that ended last before *due* did."""
    ended = (Run.kind == KIND + name, Run.due != due, Run.finished_at.is_not(None))
    with database.reading() as session:
        return session.scalar(select(Run).where(*ended).order_by(Run.finished_at.desc()).limit(1))


def _same_day(moment: datetime | None, zone: str) -> bool:
    here = ZoneInfo(zone)
    return moment is not None and moment.astimezone(here).date() == utc_now().astimezone(here).date()
