"""One form from the open page to the verdict: find it, fill it in step by step, send it once, watch what follows."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from playwright.async_api import ElementHandle, Error, Request

from probes.forms.aftermath import Aftermath, Verdict, VerdictKind
from probes.forms.browsing import Visit
from probes.forms.buttons import Way, way_on
from probes.forms.choose import ContactForm
from probes.forms.fill import Fill, Writer, is_done, plan
from probes.forms.finding import Found, find, find_again, wants_login
from probes.forms.gathering import Gathered
from probes.forms.hand import Hand, Pace, press, reaches
from probes.forms.roles import FillRole
from probes.forms.watching import Aftercare, Patience, needles_of
from probes.forms.words import says
from probes.probe import Blocked, Delivery, NotSent, Sent, Unclear
from spiders.browser.picture import state_picture
from spiders.browser.press import settle_down
from spiders.browser.settle import PageLost, patiently
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.vocabulary import BlockedBy

MOST_STEPS = 6
"""Pages of one form that are gone through (*ours*)."""
MOST_ROUNDS = 4
"""How often a form is looked at again while it is filled in (*ours*): an answer may bring new questions."""
_STEP_SECONDS = 6.0
_WAKING_SECONDS = 2.0
_ANSWER_SECONDS = 3.0
_PICTURE_SECONDS = 30.0


class Answered(NamedTuple):
    """What the page said after a press, and who watched it."""

    verdict: Verdict
    after: Aftermath
    care: Aftercare


@dataclass
class Attempted:
    """What is known of an attempt that ends in an error: whether it was handed over, or words left before; what proves it."""

    handed_over: bool = False
    leaked: bool = False
    evidence: tuple[str, ...] = ()
    written: set[FillRole] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether a message and an address to answer to have been written."""
        return FillRole.MESSAGE in self.written and bool(self.written & {FillRole.EMAIL, FillRole.PHONE})


class FormDelivery:
    """One attempt on one open page."""

    def __init__(
        self,
        visit: Visit,
        writer: Writer,
        handing_over: Callable[[], Awaitable[None]],
        attempted: Attempted,
        store: EvidenceStore,
        pace: Pace,
        patience: Patience,
    ) -> None:
        self._visit, self._page = visit, visit.page
        self._writer, self._handing_over, self._attempted = writer, handing_over, attempted
        self._store, self._patience = store, patience
        self._hand = Hand(pace, writer.outgoing.attempt_id)
        self._needles = needles_of(writer.address, writer.outgoing.body)

    async def run(self) -> Delivery:
        """Return what became of the attempt; raises what the page raises when it is lost."""
        self._page.on("request", self._note_leak)
        found = await find(self._page)
        if found is None:
            if await wants_login(self._page):
                return Blocked(BlockedBy.LOGIN, "the page wants a login", await self._pictured())
            return Blocked(BlockedBy.NO_ADDRESS, "no contact form shows on the page", await self._pictured())
        for _ in range(MOST_STEPS):
            after = await self._step(found)
            if not isinstance(after, Found):
                return after
            found = after
        return Blocked(BlockedBy.NOT_UNDERSTOOD, f"the form has more than {MOST_STEPS} steps", await self._pictured())

    async def _step(self, found: Found) -> Found | Delivery:
        """Fill in what shows and press on: return the next step of the form, or what became of it."""
        filled = await self._filled(found)
        if self._attempted.leaked:
            return Unclear("the page sent what was written before it was told to", await self._pictured())
        if not isinstance(filled, Found):
            return filled
        way = await self._way(filled)
        if not isinstance(way, Way):
            return way
        # With all that matters written, whatever leads on may send it.
        return await (
            self._sent(filled, way) if way.sends or self._attempted.complete else self._next_step(filled, way)
        )

    async def _filled(self, found: Found) -> Found | Blocked | NotSent:
        """Fill in what shows and look again until all of it stands there."""
        left: list[Fill] = []
        for _ in range(MOST_ROUNDS):
            fills = plan(found.form, self._writer)
            if isinstance(fills, Blocked):
                return fills._replace(evidence=await self._pictured())
            left = [fill for fill in fills if not is_done(fill, found.place.sight.fields[fill.number])]
            self._attempted.written.update(fill.role for fill in fills if fill not in left)
            if not left:
                return found
            for fill in left:
                if not await self._hand.fill(found.place, fill):
                    break
            await settle_down(self._page)
            again = await self._again(found)
            if again is None:
                return NotSent("the form went away while it was being filled in")
            found = again
        label = next((one.words for one in found.form.questions if one.seen.number == left[0].number), "")
        return Blocked(
            BlockedBy.NOT_UNDERSTOOD, f"'{label[:80]}' does not keep what is put there", await self._pictured()
        )

    async def _again(self, found: Found) -> Found | None:
        again = await find_again(self._page, found.form.key)
        await found.place.release()
        return again

    async def _way(self, found: Found) -> Way | Blocked:
        """Return the button to press; one that is switched off is given a moment to wake."""
        way = way_on(found.form)
        if way is not None and way.press.off:
            await asyncio.sleep(_WAKING_SECONDS)
            again = await find_again(self._page, found.form.key)
            way = way_on(again.form) if again is not None else way
        if way is None:
            return Blocked(BlockedBy.NOT_UNDERSTOOD, "no button of the form says that it sends", await self._pictured())
        if way.press.off:
            return Blocked(
                BlockedBy.NOT_UNDERSTOOD,
                f"the button '{way.press.text[:60]}' stays switched off",
                await self._pictured(),
            )
        return way

    async def _next_step(self, found: Found, way: Way) -> Found | Delivery:
        """Press the button that leads on and return the form as it stands then."""
        element = await found.place.press(way.press.number)
        if element is None or not await reaches(element):
            return NotSent(f"the button '{way.press.text[:60]}' cannot be reached")
        before = _asked(found.form)
        self._visit.watch.allow_navigations()
        await press(element)
        end = asyncio.get_running_loop().time() + _STEP_SECONDS
        while asyncio.get_running_loop().time() < end:
            await settle_down(self._page)
            again = await find_again(self._page, found.form.key)
            if again is not None and _asked(again.form) != before:
                return again
            await asyncio.sleep(0.2)
        return Blocked(
            BlockedBy.NOT_UNDERSTOOD, f"the form does not go on after '{way.press.text[:60]}'", await self._pictured()
        )

    async def _sent(self, found: Found, way: Way) -> Delivery:
        """Send the form; where the page refuses what we can put right, put it right and send once more."""
        if await self._visit.closes(found.form.action):
            return Blocked(BlockedBy.REJECTED, "robots.txt closes the address that the form is sent to")
        told = await self._pressed(found, way)
        if isinstance(told, Answered) and told.verdict.kind is VerdictKind.REFUSED and told.after.there:
            mended = await self._mended(found, told.verdict.why)
            again = await self._pressed(*mended) if mended is not None else None
            told = again if isinstance(again, Answered) else told
        return await self._delivery(told) if isinstance(told, Answered) else told

    async def _pressed(self, found: Found, way: Way) -> Answered | Delivery:
        """Press the button that sends, and return what the page says then."""
        element = await found.place.press(way.press.number)
        if element is None or not await reaches(element):
            return NotSent(f"the button '{way.press.text[:60]}' cannot be reached")
        await element.evaluate(
            "(one) => { if (one.form && /^_(?!self)/.test(one.form.target)) one.form.target = '_self'; }"
        )
        care = Aftercare(
            self._page,
            self._visit.watch,
            found.place.frame,
            await self._boxes(found.place, found.form),
            self._writer.outgoing.body,
            self._needles,
        )
        try:
            await care.begin()
            if not self._attempted.handed_over:
                self._attempted.evidence = await self._pictured()
                await self._handing_over()
                self._attempted.handed_over = True
            self._visit.answering = True
            self._visit.watch.allow_navigations()
            await self._visit.gate.renew()
            await press(element)
            verdict, after = await care.verdict(self._patience)
        finally:
            care.close()
        return Answered(verdict, after, care)

    async def _mended(self, found: Found, complaint: str) -> tuple[Found, Way] | None:
        """Put right what the page found wrong with what we wrote; return the form ready to be sent, or ``None``.

        Nothing is sent twice: what is written must differ from what was refused.
        """
        sent = _answers(plan(found.form, self._writer))
        again = await find_again(self._page, found.form.key)
        if again is None or not again.form.has(FillRole.MESSAGE):
            return None
        if says(complaint, "page", "phone") and any(role is FillRole.PHONE for role, _ in sent):
            self._writer = self._writer._replace(phone_with_prefix=True)
        if _answers(plan(again.form, self._writer)) in (sent, frozenset()):
            return None
        filled = await self._filled(again)
        way = way_on(filled.form) if isinstance(filled, Found) else None
        return (filled, way) if isinstance(filled, Found) and way is not None and not way.press.off else None

    async def _delivery(self, told: Answered) -> Delivery:
        kind, why = told.verdict
        evidence = self._attempted.evidence + await self._pictured()
        if kind is VerdictKind.ACCEPTED:
            return Sent(told.care.answered_at, why, evidence)
        if kind is VerdictKind.UNCLEAR:
            return Unclear(why, evidence)
        of_robots = kind is VerdictKind.CAPTCHA or says(why, "page", "robots")
        return Blocked(BlockedBy.CAPTCHA if of_robots else BlockedBy.REJECTED, why, evidence)

    async def _boxes(self, place: Gathered, form: ContactForm) -> list[ElementHandle]:
        """Return the message box, else the last field that was written into."""
        numbers = [one.seen.number for one in form.questions if one.role is FillRole.MESSAGE]
        numbers = numbers or [one.seen.number for one in form.questions if not one.seen.ticks][-1:]
        found = [await place.field(number) for number in numbers]
        return [element for element in found if element is not None]

    async def _pictured(self) -> tuple[str, ...]:
        """Keep a picture of the page as it stands and return its name; a page that cannot be pictured has none."""
        with contextlib.suppress(Error, TimeoutError, PageLost, EvidenceProblem, ValueError):
            async with asyncio.timeout(_PICTURE_SECONDS):
                # A page that hangs has its scripts stopped first.
                await patiently(self._page, self._page.title, _ANSWER_SECONDS)
                return (self._store.put((await state_picture(self._page)).png, ".png"),)
        return ()

    def _note_leak(self, request: Request) -> None:
        if (
            self._attempted.handed_over
            or request.method in ("GET", "HEAD", "OPTIONS")
            or request.resource_type != "document"
        ):
            return
        with contextlib.suppress(Error):
            sent = (request.post_data_buffer or b"")[:1_000_000].decode("utf-8", "replace")
            whole = len(self._needles) > 1 and all(needle in sent for needle in self._needles)
            self._attempted.leaked = self._attempted.leaked or whole


def _answers(fills: tuple[Fill, ...] | Blocked) -> frozenset[tuple[FillRole, str]]:
    """Return what is written and chosen, whatever number the fields have; nothing where something is in the way."""
    return (
        frozenset()
        if isinstance(fills, Blocked)
        else frozenset((fill.role, f"{fill.value}{fill.option}") for fill in fills)
    )


def _asked(form: ContactForm) -> tuple[tuple[str, str], ...]:
    return tuple((one.seen.name or one.words, one.role.value) for one in form.questions)


def plain(text: str) -> str:
    """Return the page's words in one line without what could steer a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:300]
