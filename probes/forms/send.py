"""The probe of the channel ``form``: opens a page, fills its form in as a person would, sends it once, says what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from playwright.async_api import Error

from probes.forms.browsing import Browsing, NotOpened, Visit
from probes.forms.delivery import Attempted, FormDelivery, plain
from probes.forms.fill import Particulars, Writer
from probes.forms.finding import find
from probes.forms.hand import Pace
from probes.forms.watching import Patience
from probes.probe import Blocked, Checked, Delivery, NotSent, Outgoing, Sender, Sent, Unclear
from spiders.browser.settle import PageLost
from spiders.detect.document import Document
from spiders.detect.walls import is_login_wall, wall_of
from spiders.mirrors import Mirrors
from storage.evidence import EvidenceStore
from storage.vocabulary import BlockedBy, Channel, Reason

MOST_SECONDS = 300.0
"""How long one attempt may take in all (*ours*)."""
_LOST = (PageLost, TimeoutError, Error)
_FOR_GOOD = {
    Reason.ROBOTS: BlockedBy.REJECTED, Reason.PRIVATE_ADDRESS: BlockedBy.NO_ADDRESS, Reason.NOT_HTML: BlockedBy.NO_ADDRESS,
}  # fmt: skip
"""What of the reasons for which a page does not open will be the same tomorrow."""
_WALLS = {
    Reason.LOGIN_WALL: BlockedBy.LOGIN, Reason.BOT_WALL: BlockedBy.CAPTCHA, Reason.GEO_BLOCK: BlockedBy.REJECTED,
    Reason.PARKED: BlockedBy.NO_ADDRESS,
}  # fmt: skip


class FormProbe:
    """Writes to merchants through their contact forms; open it as a context, use it for one attempt at a time.

    *user_agent* is the operator's honest name; *sender* and *particulars* are true. Screenshots before and after the send
    go to *store*. *allow_private* and *map_hosts* are for tests and local use.
    """

    channel = Channel.FORM

    def __init__(
        self,
        sender: Sender,
        store: EvidenceStore,
        user_agent: str,
        *,
        particulars: Particulars | None = None,
        allow_private: bool = False,
        map_hosts: tuple[str, ...] = (),
        obeys_robots: bool = True,
        pace: Pace | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._sender, self._particulars, self._store = sender, particulars or Particulars(), store
        self._pace, self._patience = pace or Pace(), patience or Patience()
        self._browsing = Browsing(
            user_agent, allow_private=allow_private, mirrors=Mirrors.parse(map_hosts), obeys_robots=obeys_robots
        )

    async def __aenter__(self) -> Self:
        """Start the browser's driver; raises :class:`~probes.probe.Unreachable`."""
        await self._browsing.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the browser."""
        await self._browsing.__aexit__(kind, error, trace)

    async def check(self, target: str) -> Checked:
        """Return whether the page *target* shows a contact form, without writing into it.

        A form with a captcha is good: a person can send it. Raises :class:`~probes.probe.Unreachable`.
        """
        try:
            async with asyncio.timeout(MOST_SECONDS), self._browsing.visit(target, "fr") as visit:
                barred = _barred(visit)
                if barred is not None:
                    return Checked(False, barred.why)
                found = await find(visit.page)
        except NotOpened as problem:
            return Checked(False, str(problem)[:300])
        except _LOST as problem:
            return Checked(False, f"the page does not stay open: {str(problem)[:200]}")
        return Checked(True) if found is not None else Checked(False, "no contact form shows on the page")

    async def deliver(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> Delivery:
        """Fill in and send the form of ``outgoing.target``, once; return what became of it.

        Awaits *handing_over* right before the press that may send it. Raises :class:`~probes.probe.Unreachable` where our
        own browser does not work.
        """
        writer = Writer(self._sender, self._particulars, outgoing)
        attempted = Attempted()
        try:
            async with asyncio.timeout(MOST_SECONDS), self._browsing.visit(outgoing.target, outgoing.language) as visit:
                barred = _barred(visit)
                if barred is not None:
                    return barred
                form = FormDelivery(visit, writer, handing_over, attempted, self._store, self._pace, self._patience)
                return _said_plainly(await form.run())
        except NotOpened as problem:
            by = _FOR_GOOD.get(problem.reason)
            return NotSent(str(problem)[:300]) if by is None else Blocked(by, str(problem)[:300])
        except _LOST as problem:
            why = f"the page was lost: {(str(problem).partition(chr(10))[0] or 'time is up')[:200]}"
            return Unclear(why, attempted.evidence) if attempted.handed_over or attempted.leaked else NotSent(why)


def _said_plainly(delivery: Delivery) -> Delivery:
    """Return *delivery* with the page's words in one line, without what could steer a terminal."""
    if isinstance(delivery, Sent):
        return delivery._replace(said=plain(delivery.said))
    return delivery._replace(why=plain(delivery.why))


def _barred(visit: Visit) -> Blocked | NotSent | None:
    """Return what stands in front of the page, or ``None`` where it is the page."""
    status, ended = visit.load.status or 200, visit.load.ended
    if ended in (Reason.TIMEOUT, Reason.TOO_LARGE, Reason.REDIRECT_LOOP):
        return NotSent(f"the page did not load as it should: {ended.value.replace('_', ' ')}")
    document = Document(visit.markup.encode("utf-8", "replace"), visit.page.url)
    wall = wall_of(status, document)
    if wall in _WALLS:
        return Blocked(_WALLS[wall], f"a {wall.value.replace('_', ' ')} stands before the page")
    if wall is Reason.MAINTENANCE or status >= 500:
        return NotSent(f"the site answers {status}")
    if status >= 400:
        return Blocked(_STATUSES.get(status, BlockedBy.REJECTED), f"the site answers {status}")
    return Blocked(BlockedBy.LOGIN, "the page wants a login") if is_login_wall(document) else None


_STATUSES = {401: BlockedBy.LOGIN, 404: BlockedBy.NO_ADDRESS, 410: BlockedBy.NO_ADDRESS}
