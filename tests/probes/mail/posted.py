"""Attempts by e-mail in a database, in the state that a test wants, and letters that may answer them."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from probes import journal
from probes.journal import HANDING_OVER, INTENT, Step
from probes.probe import Arrival, Outgoing
from storage.database import Database
from storage.records import Attempt, Campaign, Event, Merchant, Reply
from storage.vocabulary import AttemptState, Channel

T0 = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
WORDS = "Bonjour,\n\nLivrez-vous aussi en Corse ?\n\nCordialement\nCamille Moreau"
SENDER = "sender test#1"
S = AttemptState
_WAY = {
    S.PLANNED: [],
    S.RELEASED: [Step(S.RELEASED, "Alix Martin")],
    S.SENDING: [Step(S.SENDING, SENDER, INTENT)],
    S.SENT: [Step(S.SENDING, SENDER, HANDING_OVER), Step(S.SENT, SENDER)],
}


class Books:
    """A database with one campaign; merchants and attempts are added as needed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._campaign = Campaign(
            name="autumn", starts_at=T0 - timedelta(days=1), ends_at=T0 + timedelta(days=30), contest=True
        )
        with database.session() as session:
            session.add(self._campaign)

    def merchant(self, host: str = "lampes.test", **values: Any) -> Merchant:
        """Return the merchant at *host*, made when there is none."""
        with self.database.session() as session:
            known = session.scalar(select(Merchant).where(Merchant.key == host))
            if known is not None:
                return known
            made = Merchant(key=host, name=host, url=f"https://www.{host}/", entered=True, **values)
            session.add(made)
            return made

    def attempt(self, token: str, state: AttemptState = S.SENT, host: str = "lampes.test", **values: Any) -> Attempt:
        """Return an attempt on the merchant at *host* that went as far as *state*, accepted at :data:`T0` if at all."""
        given: dict[str, Any] = {
            "target": f"contact@{host}",
            "subject": "Livraison en Corse",
            "body": WORDS,
            "reply_address": f"{token}@answers.test",
            "message_id": f"<{token}.1@answers.test>",
            "t0": None,
            **values,
        }
        made = Attempt(
            campaign_id=self._campaign.id, merchant_id=self.merchant(host).id, channel=Channel.EMAIL,
            scenario="delivery", language="fr", token=token, planned_for=T0, window_seconds=14 * 86_400, **given,
        )  # fmt: skip
        with self.database.session() as session:
            journal.plan(session, [made], "test")
            session.flush()
            for step in _steps_to(state):
                journal.append(session, made.id, step)
        return self.again(made.id)

    def again(self, attempt_id: str) -> Attempt:
        """Return an attempt as it stands now."""
        with self.database.reading() as session:
            return session.get_one(Attempt, attempt_id)

    def life(self, attempt_id: str) -> list[Event]:
        """Return the events of an attempt."""
        with self.database.reading() as session:
            return journal.history(session, attempt_id)

    def replies(self) -> list[Reply]:
        """Return every reply, in the order in which they came."""
        with self.database.reading() as session:
            return list(session.scalars(select(Reply).order_by(Reply.received_at, Reply.id)))


def _steps_to(state: AttemptState) -> list[Step]:
    steps = [step for passed in (S.RELEASED, S.SENDING, S.SENT) for step in _WAY[passed]]
    if state in _WAY:
        steps = steps[: sum(len(_WAY[one]) for one in list(_WAY)[: list(_WAY).index(state) + 1])]
    elif state is S.UNKNOWN:
        steps = [*steps[:-1], Step(S.UNKNOWN, "recovery")]
    elif state is S.BLOCKED:
        steps = [*steps[:2], Step(S.BLOCKED, SENDER)]
    elif state is S.CANCELLED:
        steps = [*steps[:1], Step(S.CANCELLED, "Alix Martin")]
    else:
        steps = [*steps, Step(state, "test")]
    return [step._replace(t0=T0, at=T0) if step.state is S.SENT else step._replace(at=T0) for step in steps]


class Lying:
    """A source that holds what it is given; positions count from 1."""

    name = "lying"

    def __init__(self, letters: Sequence[bytes], at: datetime = T0 + timedelta(hours=2)) -> None:
        self.letters, self.at = list(letters), at
        self.valid = "1"
        self.asked: list[str | None] = []

    async def validity(self) -> str:
        """Return what positions are valid for."""
        return self.valid

    async def arrivals(self, after: str | None) -> AsyncIterator[Arrival]:
        """Give the letters after *after*."""
        self.asked.append(after)
        for number, raw in enumerate(self.letters, 1):
            if number > int(after or 0):
                yield Arrival(raw, self.at + timedelta(minutes=number), str(number))


def letter(
    words: str, *, to: str = "camille@answers.test", sender: str = "contact@lampes.test", **headers: str
) -> bytes:
    """Return a mail; ``in_reply_to`` and so on become headers."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = headers.pop("subject", "Re: Livraison en Corse")
    for name, value in headers.items():
        message[name.replace("_", "-").title()] = value
    message.set_content(words)
    return message.as_bytes()


def outgoing_of(attempt: Attempt) -> Outgoing:
    """Return *attempt* as a probe sees it."""
    return Outgoing(
        attempt.id, attempt.target or "", attempt.subject or "", attempt.body, attempt.token, attempt.language,
        attempt.reply_address, attempt.message_id,
    )  # fmt: skip


def in_session(database: Database, attempt_id: str, *steps: Step) -> None:
    """Append *steps* to an attempt's life."""
    with database.session() as session:
        for step in steps:
            journal.append(session, attempt_id, step)
