"""The market is contacted: a campaign planned, let go and sent, its answers read, by the parts that every campaign uses.

Only two things are the demonstration's own. Time runs by a :class:`~barometer.demo.clock.DemoClock`, and forms are filled in
without a person's pauses. Everything stays on loopback.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from sqlalchemy import select

from barometer import panel, probing
from barometer.delays import parameters_of_demonstration
from barometer.demo.clock import FACTOR, DemoClock
from barometer.demo.post_office import HOST, REPLY_DOMAIN, PostOffice
from barometer.errors import UserError
from barometer.probe_configuration import require_configured, sender, terms
from barometer.probe_settings import Encryption, Limits, Mail
from barometer.settings import Settings
from probes import campaign_life as life
from probes import campaigns, intake
from probes.delivering import Told
from probes.lease import held_lease
from probes.mail.maildir import Maildir
from probes.probe import Checked, Delivery, Outgoing, Probe, Sent
from probes.scenarios import scenarios
from probes.sending import Ended, Outbox, send_due
from probes.terms import Terms
from schedules.shortfalls import DoesNotFit
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.records import Campaign, utc_now
from storage.vocabulary import Channel

QUESTION = "delivery-cost"
"""The scenario that every merchant is asked, on every channel it has."""
WHO = "demo"
SPREAD, OPEN_FOR = timedelta(hours=1), timedelta(days=6)
"""Within which time of the market attempts are due, and may leave (*ours*: filling in a form takes hours there)."""
LATE_SECONDS = 10 * 86_400
"""How late an attempt may leave, in the time of the market (*ours*): while one form is filled in, hours pass there."""
WINDOW = timedelta(hours=10)
"""After which time of the market silence is no answer (*ours*): an edition is published once all windows have closed."""
WATCHED = WINDOW + timedelta(minutes=30)
"""How long answers are awaited after the last attempt left, in the time of the market (*ours*)."""
LONGEST_SECONDS = 150.0
"""After which time of ours nothing more is sent (*ours*)."""
LOOK_SECONDS = 0.5
"""How often the Maildir is read (*ours*)."""


class Ran(NamedTuple):
    """The campaign by its name, from when until when its answers were collected, and what ended the sending."""

    name: str
    began: datetime
    until: datetime
    ended: Ended


def demo_settings(settings: Settings, office: PostOffice, folder: Path) -> Settings:
    """Return *settings* with an invented operator's mail account at *office*, and limits that no hour or day narrows."""
    mail = Mail(
        from_name="Camille Durand", from_address=f"camille@{REPLY_DOMAIN}", reply_domain=REPLY_DOMAIN,
        smtp_host=HOST, smtp_port=office.port, smtp_encryption=Encryption.NONE, maildir=office.maildir,
    )  # fmt: skip
    midnight = time(0)
    limits = Limits(
        gap_seconds=0, merchant_gap_seconds=0, quiet_from=midnight, quiet_until=midnight, weekends=True,
        timezone="Europe/Paris", holidays=None, stop_file=folder / "STOP", late_seconds=LATE_SECONDS,
    )  # fmt: skip
    return settings.model_copy(update={"mail": mail, "probes": limits})


class Contacts:
    """One campaign on *channels*; *tell* hears of each attempt, *waiting* of the part of the last wait that is over."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: DemoClock,
        channels: Collection[Channel],
        tell: Callable[[Told], None],
        waiting: Callable[[float], None],
    ) -> None:
        self._database, self._settings, self._clock = database, settings, clock
        self._channels, self._tell, self._waiting = sorted(channels), tell, waiting
        self._in_hand = asyncio.Lock()
        self._name = f"demo {utc_now():%Y-%m-%d %H:%M:%S}"

    def plan(self, sites: Collection[str]) -> int:
        """Plan the campaign, let it go, and return how many attempts wait; raises :class:`UserError`."""
        require_configured(self._settings, self._channels, contest=True)
        with self._database.session() as session:
            market = [one for one in panel.merchants(session, None, None) if one.url in sites]
            planned = campaigns.plan(session, self._order(), market, self._terms(), self._clock.now())
            if isinstance(planned, DoesNotFit):
                raise UserError("the demonstration's own campaign does not fit", "this is a defect; please report it")
            planned.campaign.ends_at += OPEN_FOR
            life.release(session, self._name, WHO, self._clock.now())
        return planned.attempts

    def run(self) -> Ran:
        """Send what was planned, read what comes back until the market's patience is over, and return how that went."""
        began = self._clock.now()
        with held_lease(self._database) as lease:
            ended = asyncio.run(self._sent_and_read(lambda outbox: send_due(outbox, lease, self._name, watch=True)))
        until = self._clock.now()
        with self._database.session() as session:
            campaign = session.scalars(select(Campaign).where(Campaign.name == self._name)).one()
            campaign.parameters = {**campaign.parameters, **parameters_of_demonstration(FACTOR, until)}
        return Ran(self._name, began, until, ended)

    def _terms(self) -> Terms:
        return terms(self._settings)._replace(window=WINDOW)

    def _order(self) -> campaigns.Order:
        start = self._clock.now()
        quotas = dict.fromkeys(self._channels, 1)
        return campaigns.Order(
            self._name, quotas, [scenarios()[QUESTION]], start, start + SPREAD, seed="1", language="fr", contest=True
        )

    async def _sent_and_read(self, send: Callable[[Outbox], Awaitable[Ended]]) -> Ended:
        reading = asyncio.create_task(self._read())
        try:
            self._clock.start()
            ended = await send(self._outbox())
            await self._watched()
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
        await self._read_once()
        return ended

    def _outbox(self) -> Outbox:
        with self._database.reading() as session:
            known = probing.reserved_domains(self._settings, session)
        makers = dict(probing.probes_for(self._settings, self._channels, unchecked_domains=known, allow_private=True))
        if Channel.FORM in makers:
            makers[Channel.FORM] = partial(_quick_hand, self._settings)
        timed = {channel: partial(_timed, maker, self._clock, self._in_hand) for channel, maker in makers.items()}
        outbox = probing.outbox(self._database, self._settings, timed)
        outbox.now, outbox.tell, outbox.pause = self._clock.now, self._tell, _scaled_pause
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_SECONDS
        outbox.stopping = lambda: loop.time() > end
        return outbox

    async def _watched(self) -> None:
        """Wait until the market's patience is over."""
        end = self._clock.now() + WATCHED
        while (left := end - self._clock.now()) > timedelta(0):
            self._waiting(1 - left / WATCHED)
            await asyncio.sleep(min(LOOK_SECONDS, left.total_seconds() / FACTOR))
        self._waiting(1.0)

    async def _read(self) -> None:
        while True:
            await self._read_once()
            await asyncio.sleep(LOOK_SECONDS)

    async def _read_once(self) -> None:
        maildir = self._settings.mail.maildir
        assert maildir is not None
        store = EvidenceStore(self._settings.evidence)
        async with self._in_hand:
            await intake.take_in(self._database, store, Maildir(maildir), self._clock.now())


class _Timed:
    """A probe whose ``t0`` is by the clock of the market, and that nobody reads answers beside.

    An answer that is read before the sender could write ``t0`` proves only that the attempt left after its hand-over; by
    this clock that may be an hour earlier.
    """

    def __init__(self, probe: Probe, clock: DemoClock, in_hand: asyncio.Lock) -> None:
        self.channel = probe.channel
        self._probe, self._clock, self._in_hand = probe, clock, in_hand

    async def __aenter__(self) -> Self:
        await self._probe.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._probe.__aexit__(kind, error, trace)

    async def check(self, target: str) -> Checked:
        return await self._probe.check(target)

    async def deliver(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> Delivery:
        async with self._in_hand:
            delivery = await self._probe.deliver(outgoing, handing_over)
        return delivery._replace(t0=self._clock.at(delivery.t0)) if isinstance(delivery, Sent) else delivery


def _timed(maker: Callable[[], Probe], clock: DemoClock, in_hand: asyncio.Lock) -> Probe:
    return _Timed(maker(), clock, in_hand)


def _quick_hand(settings: Settings) -> Probe:
    """Return the probe of forms without a person's pauses between keys, which an invented merchant does not miss."""
    from probes.forms.hand import Pace
    from probes.forms.send import FormProbe

    return FormProbe(
        sender(settings), EvidenceStore(settings.evidence), settings.user_agent, allow_private=True,
        pace=Pace(key=(0.0, 0.0), pause=(0.0, 0.0)),
    )  # fmt: skip


async def _scaled_pause(seconds: float) -> None:
    await asyncio.sleep(max(0.02, seconds / FACTOR))
