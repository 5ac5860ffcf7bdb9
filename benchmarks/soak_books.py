"""What the crash test begins with, and what must be true at its end: the journal against the mailboxes."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import holidays
from sqlalchemy import func, select

from probes import journal
from probes.journal import Step
from storage.database import Database
from storage.records import Attempt, Campaign, Event, Merchant, Reply, utc_now
from storage.vocabulary import AttemptState, Channel, ReplyKind
from tests.mail_servers import OPERATOR, PASSWORD, MailServers

CAMPAIGN = "soak"
MERCHANTS = 20
ABSENT = 5
"""Merchants at which nobody is in: Sieve answers each message at once."""
WORDS = "Bonjour,\n\nLivrez-vous aussi le samedi matin ?\n\nCordialement\nCamille Moreau"
QUIET_NOWHERE = ("FR", "JP", "TR", "EG", "BR")
_MESSAGE_ID = re.compile(rb"^Message-ID: *<([^>\r\n]+)>", re.I | re.M)
S = AttemptState
LEFT = frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.EXPIRED})


def settings_file(folder: Path, mail: MailServers, smtp_port: int) -> Path:
    """Write the settings of the sender under test and return their file: no limit of the guard is in the way today."""
    day = date.today()
    country = next(one for one in QUIET_NOWHERE if not {day, day + timedelta(days=1)} & set(_free_days(one, day.year)))
    file = folder / "barometer.toml"
    file.write_text(
        f"""
database = "sqlite:///{folder / "soak.sqlite3"}"
evidence = "{folder / "evidence"}"
[operator]
name = "Soak"
contact = "camille@answers.test"
information_url = "http://127.0.0.1/"
[mail]
from_name = "Camille Moreau"
from_address = "{OPERATOR}"
reply_domain = "answers.test"
smtp_host = "127.0.0.1"
smtp_port = {smtp_port}
smtp_encryption = "none"
imap_host = "127.0.0.1"
imap_port = {mail.ports.imap}
imap_encryption = "none"
imap_user = "{OPERATOR}"
[probes]
per_day = 100000
per_day_and_domain = 10000
per_campaign = 1000000
gap_seconds = 0
merchant_gap_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
weekends = true
timezone = "UTC"
holidays = "{country}"
late_seconds = 864000
stop_file = "{folder / "STOP"}"
""",
        "utf-8",
    )
    return file


def environment(base: dict[str, str]) -> dict[str, str]:
    """Return the environment in which the processes under test find their secrets."""
    return {**base, "BAROMETER_MAIL__IMAP_PASSWORD": PASSWORD}


def _free_days(country: str, year: int) -> list[date]:
    return list(holidays.country_holidays(country, years=[year, year + 1]))


def plan(database: Database, mail: MailServers, attempts: int) -> None:
    """Write a released campaign of *attempts*, all due, and make the merchants' mailboxes."""
    now = utc_now()
    campaign = Campaign(
        name=CAMPAIGN, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=2), contest=True,
        released_by="Alix Martin", released_at=now,
    )  # fmt: skip
    shops = [
        Merchant(key=f"shop{number}.test", name=f"Shop {number}", url=f"https://shop{number}.test/", entered=True)
        for number in range(MERCHANTS)
    ]
    for box in mail.boxes(*(f"contact@{shop.key}" for shop in shops))[:ABSENT]:
        box.absent("Je suis absente du bureau jusqu'au 12 novembre.")
    with database.session() as session:
        session.add_all([campaign, *shops])
        rows = [_attempt(campaign, shops[number % MERCHANTS], number, now) for number in range(attempts)]
        journal.plan(session, rows, "soak")
        session.flush()
        for row in rows:
            journal.append(session, row.id, Step(S.RELEASED, "Alix Martin"))


def _attempt(campaign: Campaign, shop: Merchant, number: int, now) -> Attempt:  # type: ignore[no-untyped-def]
    token = f"soak{number:06}x"
    return Attempt(
        campaign_id=campaign.id, merchant_id=shop.id, channel=Channel.EMAIL, target=f"contact@{shop.key}",
        scenario="delivery", language="fr", subject=f"Livraison du samedi ({number})", body=WORDS, token=token,
        reply_address=f"{token}@answers.test", message_id=f"<{token}.1@answers.test>",
        planned_for=now - timedelta(minutes=10) + timedelta(milliseconds=number), window_seconds=14 * 86_400,
    )  # fmt: skip


@dataclass
class Verdict:
    """What the journal and the mailboxes say of each other; lists hold tokens of attempts."""

    attempts: int = 0
    states: dict[str, int] = field(default_factory=dict)
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    left_unsaid: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    unknown_left: list[str] = field(default_factory=list)
    unknown_not_left: list[str] = field(default_factory=list)
    proven_by_copy: int = 0
    answers_in_mailbox: int = 0
    answers_in_journal: int = 0
    absences_missing: list[str] = field(default_factory=list)

    @property
    def unknown(self) -> int:
        """How many attempts a person must look into."""
        return len(self.unknown_left) + len(self.unknown_not_left)

    def complaints(self) -> list[str]:
        """Return what must not be; empty when the test is passed."""
        found = [
            f"{what}: {', '.join(tokens[:10])}"
            for what, tokens in (
                ("sent twice", self.duplicates),
                ("said to be sent and not in the merchant's mailbox", self.lost),
                ("in the merchant's mailbox and not said to be sent", self.left_unsaid),
                ("neither sent nor unknown at the end", self.unfinished),
                ("answered by a machine, and the answer is not in the journal", self.absences_missing),
            )
            if tokens
        ]
        if self.answers_in_mailbox != self.answers_in_journal:
            found.append(f"{self.answers_in_mailbox} answers in the mailbox, {self.answers_in_journal} in the journal")
        if self.unknown > 0.05 * self.attempts:
            found.append(f"{self.unknown} of {self.attempts} unknown, more than 5 %")
        return found


def compare(database: Database, mail: MailServers) -> Verdict:
    """Return what the merchants' mailboxes, the operator's and the journal say of each other."""
    arrived: Counter[str] = Counter()
    for number in range(MERCHANTS):
        arrived.update(_identities(mail.box(f"contact@shop{number}.test").messages()))
    in_mailbox = _identities(mail.operator().messages())
    verdict = Verdict()
    with database.reading() as session:
        attempts = list(session.scalars(select(Attempt).order_by(Attempt.token)))
        own = {(one.message_id or "").strip("<>") for one in attempts}
        verdict.answers_in_mailbox = sum(identity not in own for identity in in_mailbox)
        verdict.answers_in_journal = session.scalar(select(func.count()).select_from(Reply)) or 0
        proofs = select(func.count()).select_from(Event).where(Event.actor == "intake", Event.state == S.SENT)
        verdict.proven_by_copy = session.scalar(proofs.where(Event.detail == "its copy arrived")) or 0
        away = select(Reply.attempt_id).where(Reply.kind == ReplyKind.OUT_OF_OFFICE)
        answered = set(session.scalars(away))
    verdict.attempts = len(attempts)
    verdict.states = dict(sorted(Counter(str(one.state) for one in attempts).items()))
    for one in attempts:
        count = arrived[(one.message_id or "").strip("<>")]
        absent = int((one.target or "").removeprefix("contact@shop").removesuffix(".test")) < ABSENT
        if count > 1:
            verdict.duplicates.append(one.token)
        if one.state is S.UNKNOWN:
            (verdict.unknown_left if count else verdict.unknown_not_left).append(one.token)
        elif one.state not in LEFT:
            (verdict.left_unsaid if count else verdict.unfinished).append(one.token)
        elif not count:
            verdict.lost.append(one.token)
        if absent and count and one.id not in answered:
            verdict.absences_missing.append(one.token)
    return verdict


def _identities(messages: list[bytes]) -> list[str]:
    found = (_MESSAGE_ID.search(raw.partition(b"\n\n")[0]) for raw in messages)
    return [match[1].decode() for match in found if match]
