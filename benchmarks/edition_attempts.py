"""The attempts on an invented merchant: what was sent or dialled, what came back when, and what people thought of it."""

import random
from collections.abc import Mapping

from sqlalchemy import Connection

from benchmarks.bulk import Rows, moment
from probes.criteria import criteria_of
from probes.scenarios import scenarios
from probes.stamps import KIND_OF, TaskKind
from storage.records import Attempt, Event, Rating, Reply, Stamp
from storage.vocabulary import Channel

WINDOWS: Mapping[Channel, int] = {
    Channel.PHONE: 180,
    Channel.CHAT: 1_800,
    Channel.CONTACT_PAGE: 1_800,
    Channel.FACEBOOK: 7 * 86_400,
    Channel.X: 7 * 86_400,
}
WRITTEN_WINDOW = 14 * 86_400
ACKNOWLEDGED = 1 / 3
"""The share of written attempts that a machine acknowledges (as surveys found: one answer in three is preceded by one)."""
SCENARIOS = 20
"""Scenarios a merchant, as the award has them."""

_DIRECT = frozenset({TaskKind.CALL, TaskKind.CHAT, TaskKind.NAVIGATION})


class Attempts:
    """Writes the attempts of *plan* on each merchant, between *begins* and *ends*, in seconds."""

    def __init__(
        self, connection: Connection, draw: random.Random, campaign: str, plan: Mapping[Channel, int], begins: float,
        ends: float,
    ) -> None:  # fmt: skip
        self._draw, self._plan, self._begins, self._ends = draw, plan, begins, ends
        self._scenarios = sorted(scenarios())[:SCENARIOS]
        self._number = 0
        self._attempts = Rows(
            connection, Attempt, "id merchant_id channel state target target_source scenario subject token reply_address"
            " message_id assisted planned_for window_seconds t0 blocked_by", campaign_id=campaign, language="fr", variant=0,
            body="Bonjour, êtes-vous ouverts le lundi ?", created_at=moment(begins - 86_400),
        )  # fmt: skip
        self._events = Rows(connection, Event, "id attempt_id sequence state at", actor="barometer")
        self._replies = Rows(
            connection, Reply, "id attempt_id kind rule received_at kept_at evidence text", source="imap://replies.example",
            matched_by="reply-address", candidates="[]",
        )  # fmt: skip
        self._stamps = Rows(connection, Stamp, "id attempt_id sequence kind at note", actor="Camille")
        self._ratings = Rows(connection, Rating, "id attempt_id criterion rater value given_at")
        self.tables = (self._attempts, self._events, self._replies, self._stamps, self._ratings)
        self._criteria = {
            (channel, answered): [one.key for one in criteria_of(channel, answered=answered)]
            for channel in plan
            for answered in (True, False)
        }

    def add(self, merchant: str, host: str, phone: str, quality: float) -> None:
        """Write the attempts on one merchant; the better its *quality*, 0 to 1, the sooner and kinder it answers."""
        for channel, count in self._plan.items():
            skill = min(1.0, max(0.05, quality + self._draw.uniform(-0.2, 0.2)))
            for number in range(count):
                scenario = self._scenarios[number % len(self._scenarios)]
                if KIND_OF.get(channel) in _DIRECT:
                    self._at_the_desk(merchant, channel, host, phone, scenario, skill)
                else:
                    self._in_writing(merchant, channel, host, scenario, skill)

    def _at_the_desk(self, merchant: str, channel: Channel, host: str, phone: str, scenario: str, skill: float) -> None:
        """Write a call, a chat or a search on the site, with its stamps."""
        draw, window = self._draw, WINDOWS[channel]
        t0 = self._moment_in_hours()
        waited = draw.lognormvariate(3.2 if channel is Channel.PHONE else 4.5, 0.9) * (1.6 - skill)
        answered = waited < window and draw.random() < 0.6 + 0.4 * skill
        state = "answered" if answered else "expired"
        target = phone if channel is Channel.PHONE else f"https://{host}/"
        attempt = self._attempt(merchant, channel, state, target, scenario, t0, window, assisted=True)
        begin, answer = ("dialled", "human") if channel is Channel.PHONE else ("sent", "answered")
        if channel is Channel.CONTACT_PAGE:
            begin = "started"
        presses: list[tuple[str, float, str | None]] = [(begin, t0, None)]
        if channel is Channel.PHONE:
            presses.append(("ringing", t0 + 4, None))
        if answered:
            closes = channel is not Channel.PHONE
            presses.append((answer, t0 + waited, "answered" if closes else None))
            if not closes:
                presses.append(("hung_up", t0 + waited + draw.lognormvariate(5.2, 0.4), "answered"))
        else:
            why = {Channel.PHONE: "rang_out", Channel.CHAT: "left"}.get(channel, "not_on_the_site")
            presses.append(("gave_up", t0 + window, why))
        for sequence, (kind, at, note) in enumerate(presses):
            self._stamps.add(self._key(), attempt, sequence, kind, moment(at), note)
        self._journal(
            attempt, [("planned", self._begins), ("released", self._begins), ("sent", t0), (state, presses[-1][1])]
        )
        self._rate(attempt, channel, answered, presses[-1][1], skill)

    def _in_writing(self, merchant: str, channel: Channel, host: str, scenario: str, skill: float) -> None:
        """Write an e-mail, a form or a post, with the replies to it."""
        draw, window = self._draw, WINDOWS.get(channel, WRITTEN_WINDOW)
        t0 = self._moment_in_hours()
        if draw.random() < 0.02:
            blocked = "captcha" if channel is Channel.FORM else "no_address"
            attempt = self._attempt(merchant, channel, "blocked", None, scenario, None, window, blocked)
            self._journal(attempt, [("planned", self._begins), ("blocked", t0)])
            return
        delay = draw.lognormvariate(9.6, 1.4) * (1.5 - skill)
        answered = delay < window and draw.random() < 0.5 + 0.5 * skill
        acknowledged = channel in (Channel.EMAIL, Channel.FORM) and draw.random() < ACKNOWLEDGED
        state = "answered" if answered else "expired"
        target = f"bonjour@{host}" if channel is Channel.EMAIL else f"https://{host}/contact"
        attempt = self._attempt(merchant, channel, state, target, scenario, t0, window)
        steps = [("planned", self._begins), ("released", self._begins), ("sending", t0 - 1), ("sent", t0)]
        if acknowledged:
            receipt = t0 + draw.uniform(2, 120)
            self._reply(attempt, "acknowledgement", receipt)
            steps.append(("acknowledged", receipt))
        if answered:
            self._reply(attempt, "human", t0 + delay)
        steps.append((state, t0 + delay if answered else t0 + window))
        self._journal(attempt, steps)
        self._rate(attempt, channel, answered, steps[-1][1] + 3_600, skill)

    def _attempt(
        self, merchant: str, channel: Channel, state: str, target: str | None, scenario: str, t0: float | None, window: int,
        blocked_by: str | None = None, *, assisted: bool = False,
    ) -> str:  # fmt: skip
        self._number += 1
        key, token = self._key(), f"a{self._number}"
        by_mail = channel is Channel.EMAIL
        self._attempts.add(
            key, merchant, str(channel), state, target, f"sighting {key}" if target else None, scenario, "Horaires", token,
            f"{token}@replies.example" if by_mail else None, f"<{token}@replies.example>" if by_mail else None, assisted,
            moment(t0 or self._begins), window, None if t0 is None else moment(t0), blocked_by,
        )  # fmt: skip
        return key

    def _reply(self, attempt: str, kind: str, at: float) -> None:
        key = self._key()
        self._replies.add(
            key, attempt, kind, "header.auto-submitted" if kind == "acknowledgement" else "no-automatic-sign", moment(at),
            moment(at + 300), f"{self._draw.getrandbits(256):064x}", "Oui, de 9 h à 18 h.",
        )  # fmt: skip

    def _journal(self, attempt: str, steps: list[tuple[str, float]]) -> None:
        for sequence, (state, at) in enumerate(steps):
            self._events.add(self._key(), attempt, sequence, state, moment(at))

    def _rate(self, attempt: str, channel: Channel, answered: bool, at: float, skill: float) -> None:
        weights = (1.0 - 0.8 * skill, 1.0, 1.0 + 2.5 * skill)
        given = moment(at + 60)
        for criterion, value in zip(
            self._criteria[channel, answered],
            self._draw.choices("012", weights, k=len(self._criteria[channel, answered])),
            strict=True,
        ):
            self._ratings.add(self._key(), attempt, criterion, "Camille", value, given)

    def _moment_in_hours(self) -> float:
        """Return a moment of a working day, 9:00 to 17:00 in Paris in summer, early enough for the window to close."""
        while True:
            day = int((self._ends - self._begins) // 86_400 * self._draw.random())
            if day % 7 < 5:
                return self._begins + day * 86_400 + self._draw.randrange(7 * 3_600, 15 * 3_600)

    def _key(self) -> str:
        return f"{self._draw.getrandbits(128):032x}"
