"""How the run of a night is closed: with its report, by whoever holds it, or by the next night where nobody came back to it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer import crawl
from barometer.crawl import Claim, ClaimLost
from barometer.errors import UserError
from barometer.jobs.claims import KIND as JOB
from barometer.nights import batches
from barometer.nights.report import NightReport, report_of
from storage.database import Database
from storage.records import Run, utc_now
from storage.vocabulary import RunState


def close(session: Session, claimed: Claim, *, late: bool = False) -> NightReport:
    """Close the run that is *claimed*, and what of its batches is open, and return its report.

    *late* says that its deadline passed. Raises :class:`~barometer.crawl.ClaimLost`.
    """
    batches.give_up_open(session, claimed)
    run = session.get_one(Run, claimed.run_id)
    run.state, run.finished_at, run.claimed_by, run.lease_until = RunState.CLOSED, utc_now(), None, None
    run.outcome = {"late": late}
    session.flush()
    report = report_of(session, run)
    run.outcome = {"late": late, **report.summary()}
    return report


def close_forgotten(database: Database, due: str) -> list[NightReport]:
    """Close the nights of other times than *due* whose jobs were given up and that nobody works on; return their reports.

    Without that they would stay open for ever, and their sites be neither read nor said to be unread.
    """
    with database.reading() as session:
        of_job = select(Run.due).where(Run.kind == f"{JOB}night", Run.state == RunState.FAILED, Run.due != due)
        query = select(Run.id).where(Run.kind == crawl.KIND, Run.state == RunState.OPEN, Run.due.in_(of_job))
        forgotten = list(session.scalars(query.order_by(Run.started_at)))
    reports = []
    for run_id in forgotten:
        with database.session() as session:
            run = session.get_one(Run, run_id)
            try:
                reports.append(close(session, crawl.claim(session, run, batches.NIGHT_LEASE)))
            except (UserError, ClaimLost):  # somebody does work on it
                continue
    return reports
