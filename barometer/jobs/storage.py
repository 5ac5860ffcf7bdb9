"""The jobs of the storage: what is too old goes, what is there is backed up."""

from datetime import timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from barometer.jobs.claims import forget_before
from barometer.jobs.running import Report, Work
from barometer.purge import purge
from storage.evidence import EvidenceStore
from storage.records import Edition, Run, utc_now
from storage.retention import retire

JOBS_KEPT = timedelta(days=90)
"""How long it is kept when a job ran (*ours*); a restart looks back a week at most."""


def remove_what_is_old(work: Work) -> Report:
    """Remove evidence that only old visits refer to, raw replies past their time, and the rows of jobs long done.

    Visits that an edition may rest on do not age: those of every run that was at work while its tests were made.
    """
    now, days, replies = utc_now(), work.settings.schedule.retention.days, work.settings.probes.retention_days
    store = EvidenceStore(work.settings.evidence)
    with work.database.reading() as session:
        kept = runs_of_editions(session)
    retired = retire(work.database, store, now - timedelta(days=days), kept_runs=kept)
    purged = purge(work.database, store, now - timedelta(days=replies), now)
    with work.database.session() as session:
        forgotten = forget_before(session, now - JOBS_KEPT)
    freed = retired.bytes + purged.bytes
    said = f"{retired.files} files of evidence and {purged.replies} raw replies removed, {freed / 1e6:.1f} MB"
    return Report(
        True, said, {"files": retired.files, "replies": purged.replies, "bytes": freed, "job_rows": forgotten}
    )


def runs_of_editions(session: Session) -> list[str]:
    """Return the keys of the runs that were at work while the tests of an edition, published or not, were made."""
    ended = func.coalesce(Run.finished_at, Run.started_at)
    while_tested = (Run.started_at <= Edition.tests_until) & (ended >= Edition.tests_from)
    return list(session.scalars(select(Run.id).where(Run.kind.not_like("job:%"), exists().where(while_tested))))


def back_up(work: Work) -> Report:
    """Back up the database and the evidence into the folder of the settings, of which the newest stay."""
    from barometer.backups.backup import create

    terms = work.settings.schedule.backup
    made = create(work.settings, terms.folder, terms.keep)
    outcome = {
        "folder": str(made.folder),
        "new_files": made.new_files,
        "new_bytes": made.new_bytes,
        "pruned": len(made.pruned),
    }
    return Report(True, made.said(), outcome)
