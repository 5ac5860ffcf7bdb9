"""What a person stamps, takes back and tells at the desk, written down at once.

Every stamp is kept the moment it is pressed. The journal follows in two steps: with the stamp that starts the clock the
attempt is ``sending`` (it may have reached the merchant, and whoever finds it so knows no more), and when the person says
how the task ended it becomes what the stamps prove. Until then every stamp can be undone.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from probes import journal
from probes.desk import AWAITING, OPEN_TO_A_PERSON, Task, locked, press_of, refusal
from probes.desk_outcomes import DeskOutcome, Ends, as_note
from probes.stamps import LADDERS, Press, answered, begun, is_closing
from storage.records import Stamp
from storage.vocabulary import AttemptState, StampKind

S = AttemptState
LONGEST_NOTE = 2_000
"""Characters of a note or link that are kept (*ours*)."""


class StampRefused(Exception):
    """A stamp, undo or outcome that does not follow from what was stamped before; nothing was written."""


def stamp(
    session: Session, attempt_id: str, kind: StampKind, actor: str, at: datetime, *,
    note: str | None = None, take_over: bool = False,
) -> Press:  # fmt: skip
    """Keep that *actor* marked *kind* at *at*; it counts once *session* commits.

    Raises :class:`StampRefused` when *kind* does not come next, *at* lies before the last stamp, somebody else is at work
    (unless *take_over*), the attempt is over, or no person is to make it.
    """
    task = locked(session, attempt_id)
    _refuse_if_over(task, kind, at)
    if kind not in task.next_stamps:
        allowed = ", ".join(task.next_stamps) or "nothing"
        raise StampRefused(f"{kind} cannot be stamped now; what can: {allowed}")
    _refuse_if_anothers(task, actor, take_over)
    if task.counting and at < task.counting[-1].at:
        raise StampRefused(f"{kind} at {at:%H:%M:%S} UTC lies before {task.counting[-1].kind}")
    pressed = _keep(session, attempt_id, kind, actor, at, note=_bounded(note))
    if kind is LADDERS[task.kind].begins and task.attempt.state is S.RELEASED:
        for step in _handing_over(actor, at):
            journal.append(session, attempt_id, step)
    return pressed


def undo(session: Session, attempt_id: str, actor: str, at: datetime, *, take_over: bool = False) -> Press:
    """Take back the last stamp that counts, and return it; the stamp itself stays on record.

    An attempt that has no stamp left which could have reached the merchant is released again. Raises
    :class:`StampRefused` when there is nothing to undo, the task's end was told, or somebody else is at work.
    """
    task = locked(session, attempt_id)
    if not task.counting or task.told:
        raise StampRefused("the task's end was told" if task.told else "there is nothing to undo")
    _refuse_if_anothers(task, actor, take_over)
    last = task.counting[-1]
    _keep(session, attempt_id, StampKind.UNDO, actor, at, undoes=last.sequence)
    if not begun(task.kind, task.counting[:-1]) and task.attempt.state in {S.SENDING, S.UNKNOWN}:
        for step in _withdrawing(
            session, task, journal.Step(S.RELEASED, actor, f"{last.kind} was undone", by_person=True)
        ):
            journal.append(session, attempt_id, step)
    return last


def annotate(
    session: Session, attempt_id: str, note: str, actor: str, at: datetime, *, take_over: bool = False
) -> None:
    """Add *note* to the last stamp: it is stamped again with the same moment, and the bare one undone.

    Raises :class:`StampRefused` where nothing is stamped yet, or the last stamp is one that goes with an outcome.
    """
    task = locked(session, attempt_id)
    if not task.counting or is_closing(task.kind, task.counting):
        raise StampRefused("a note goes with a stamp or with the outcome; there is no stamp to add it to")
    _refuse_if_anothers(task, actor, take_over)
    last = task.counting[-1]
    both = _bounded("; ".join(filter(None, [last.note, note]))) or ""
    _stamp_again(session, attempt_id, last, both, actor, at)


def close(
    session: Session, attempt_id: str, outcome: DeskOutcome, actor: str, at: datetime, *,
    note: str = "", link: str | None = None, made_at: datetime | None = None, take_over: bool = False,
) -> None:  # fmt: skip
    """Keep how the task ended, and bring the attempt's journal to what its stamps prove.

    The clock (``t0``) starts with the stamp, or at *made_at*, where the network says when the post was made. Raises
    :class:`StampRefused` when *outcome* does not fit the stamps, :class:`~probes.journal.OutOfStep` when the attempt has
    come to another end meanwhile.
    """
    task = locked(session, attempt_id)
    if outcome not in task.outcomes:
        allowed = ", ".join(one.word for one in task.outcomes) or "nothing"
        raise StampRefused(f"{outcome.word} does not fit what was stamped; what fits: {allowed}")
    _refuse_if_anothers(task, actor, take_over)
    note = _bounded(note) or ""
    _stamp_again(session, attempt_id, task.counting[-1], as_note(outcome, note), actor, at)
    for step in _ending(session, task, outcome, actor, as_note(outcome, note)):
        told = step._replace(link=_bounded(link), t0=made_at or step.t0) if step.state is S.SENT else step
        journal.append(session, attempt_id, told)


def _refuse_if_over(task: Task, kind: StampKind, at: datetime) -> None:
    """An answer may come after the window; nothing else is stamped on an attempt that has come to its end."""
    late_answer = task.attempt.state is S.EXPIRED and kind is LADDERS[task.kind].answers
    if task.attempt.state not in OPEN_TO_A_PERSON | AWAITING and not late_answer:
        raise StampRefused(f"the attempt is {task.attempt.state}")
    why = None if task.counting else refusal(task, at)
    if why:
        raise StampRefused(why)


def _refuse_if_anothers(task: Task, actor: str, take_over: bool) -> None:
    if task.at_work not in {None, actor} and not take_over:
        raise StampRefused(f"{task.at_work} is at work on it")


def _ending(session: Session, task: Task, outcome: DeskOutcome, actor: str, said: str) -> list[journal.Step]:
    """Return the steps that lead from the attempt's state to what its stamps prove."""
    state, counting = task.attempt.state, task.counting
    first, answer = begun(task.kind, counting), answered(task.kind, counting)
    if outcome.ends is Ends.NOT_MEASURED:
        return _withdrawing(session, task, journal.Step(S.CANCELLED, actor, said, by_person=True))
    if first is None:
        return [journal.Step(S.BLOCKED, actor, said, blocked_by=outcome.blocked_by)]
    steps = _handing_over(actor, first.at) if state is S.RELEASED else []
    if state not in journal.ACCEPTED:
        steps.append(journal.Step(S.SENT, actor, f"{first.kind} at the desk", at=first.at, t0=first.at))
    if answer is not None:
        steps.append(journal.Step(S.ANSWERED, actor, said, at=answer.at))
    elif outcome.ends is Ends.UNANSWERED:
        steps.append(journal.Step(S.EXPIRED, actor, said, at=counting[-1].at))
    return steps


def _handing_over(actor: str, at: datetime) -> list[journal.Step]:
    return [journal.Step(S.SENDING, actor, note, at=at) for note in (journal.INTENT, journal.HANDING_OVER)]


def _withdrawing(session: Session, task: Task, step: journal.Step) -> list[journal.Step]:
    """Return *step*; what somebody else handed over is unknown first, and then this person decides."""
    last = journal.last_event(session, task.attempt.id)
    if task.attempt.state is S.SENDING and last is not None and last.actor != step.actor:
        return [journal.Step(S.UNKNOWN, step.actor, f"taken over from {last.actor}"), step]
    return [step]


def _stamp_again(session: Session, attempt_id: str, last: Press, note: str, actor: str, at: datetime) -> None:
    _keep(session, attempt_id, StampKind.UNDO, actor, at, undoes=last.sequence)
    _keep(session, attempt_id, last.kind, last.actor, last.at, note=note)


def _keep(
    session: Session, attempt_id: str, kind: StampKind, actor: str, at: datetime, *,
    note: str | None = None, undoes: int | None = None,
) -> Press:  # fmt: skip
    last = select(Stamp.sequence).where(Stamp.attempt_id == attempt_id).order_by(Stamp.sequence.desc()).limit(1)
    previous = session.scalar(last)
    record = Stamp(
        attempt_id=attempt_id,
        sequence=0 if previous is None else previous + 1,
        kind=kind,
        at=at,
        actor=actor,
        note=note,
        undoes=undoes,
    )
    session.add(record)
    session.flush()
    return press_of(record)


def _bounded(text: str | None) -> str | None:
    return text.strip()[:LONGEST_NOTE] or None if text else None
