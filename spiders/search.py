"""The search of one site, from its home page to the last channel: what to look at next, and what was seen. Pure.

It is told what the spider fetched, or what a browser showed, and says what to look at next; it never fetches. So the same search
runs behind Scrapy, behind a browser, and in a test on files.

With a browser it searches, then proves: sources are read as without one, and what a source promises is believed until it is
the nearest of its channel. Then its page, and every page on the way to it, is rendered; what these do not show is taken back,
and the search goes on.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from spiders.detect.document import Document, Fold
from spiders.detect.links import Interest
from spiders.detect.page import forwarding, is_empty_shell
from spiders.detect.promises import promised
from spiders.detect.walls import is_login_wall, wall_of
from spiders.frontier import NOWHERE, PROMISING, Candidate, Frontier, Leads, Proof, State
from spiders.harvest import SHOWN, Harvest
from spiders.identity import is_hash_route, page_key
from spiders.judging import judged
from spiders.plan import Fetched, PageRead, Plan, Press, Verdict
from spiders.scope import Scope, registered_domain
from spiders.showing import Showing, press_state
from spiders.sights import Sight, Sights
from storage.vocabulary import Action, Basis, Channel, Reason, VisitStatus

MAX_FORWARDS = 10
"""Pages in a row that may send their visitor on, as many as HTTP redirects."""
DIVE = 0.8
"""Share of a budget after which promising pages of any level come first."""
MAX_PROMISING = 10
"""Pages of one site that are shown only because a control on them says it shows a number or an address (ours)."""
SHELLS = 3
"""Pages without content of their own from which on a site counts as one that only a browser can read (ours)."""
MAX_RENDERED = 40
"""Pages of one site that a browser is asked to show after their source was read (ours)."""
MAX_UNROUTED = 2
"""Dead links clicked in vain from which on no more of the site are: its scripts show no pages (ours)."""
MAX_GLANCED = 150
"""Pages of one site that a browser shows because their source says nothing (ours)."""


@dataclass(slots=True)
class _Tally:
    requests: int = 0
    rendered: int = 0
    shells: int = 0
    unrouted: int = 0
    bytes: int = 0
    seconds: float = 0.0


class SiteSearch:
    """One site: ask :meth:`next`, fetch, tell :meth:`take` or :meth:`fail`, until :meth:`next` returns ``None``.

    A page whose ``render`` is set is to be shown by a browser: tell :meth:`open`, show each state to what it returns, then
    tell :meth:`shut`.
    """

    def __init__(self, url: str, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.url = url
        self.final_url: str | None = None
        self.language: str | None = None
        self.scope: Scope | None = None
        self.frontier = Frontier(self.plan.budget, Basis.COMPLETE if self.plan.exhaustive else self.plan.basis)
        self.sights = Sights()
        self.presses: list[Press] = []
        self.warnings: list[str] = []
        self.verdict: Verdict | None = None
        self._pages: dict[int, PageRead] = {}
        self._tally = _Tally()
        self._home = Candidate(page_key(url), url, 0, None, interest=int(Interest.CONTACT), apart=True)
        self._home.render = self.plan.render
        self._harvest: Harvest | None = None
        self._showing: Showing | None = None
        self._sent_on: dict[str, int] = {}
        self._glanced: set[str] = set()
        self._promising: list[tuple[Candidate, frozenset[Channel]]] = []
        self.frontier.add(self._home)

    def next(self, seconds: float = 0.0) -> Candidate | None:
        """Return the page to look at now, or ``None`` when the search is over; *seconds* have been spent so far."""
        self._tally.seconds = seconds
        if self.verdict is not None:
            return None
        budget = self.plan.budget
        spent = max(self._tally.requests / budget.pages, self._tally.bytes / budget.bytes, seconds / budget.seconds)
        page = self._next(dive=spent >= DIVE and not self.plan.exhaustive) if spent < 1 else None
        if page is None:
            self._end()
        return page

    def _next(self, dive: bool) -> Candidate | None:
        while True:
            page = self.frontier.next(dive)
            # The level may have risen: what was seen up to there is proven before anything further is read.
            limit = self.frontier.level if page is not None else NOWHERE - 1
            doubtful = (self._doubtful(limit) or self._promised(limit)) if self.plan.render else None
            if page is not None and doubtful is None and not self.plan.exhaustive and self._settled():
                return None
            if page is not None and doubtful is not None:
                self.frontier.put_back(page)
            page = doubtful or page
            if page is None or not self._needs_browser(page):
                return page
            was_read = page.state is State.READ
            if (self._tally.rendered < MAX_RENDERED) if was_read else (len(self._glanced) < MAX_GLANCED):
                return page
            self._give_up(page, Reason.BUDGET)

    def _needs_browser(self, page: Candidate) -> bool:
        page.render = page.render or (self.plan.render and is_hash_route(page.url))
        return page.render

    def _doubtful(self, limit: int) -> Candidate | None:
        """Return a page that has to be shown before the sightings at up to *limit* clicks can be relied on."""
        for channel in sorted(self.plan.channels):
            sight = self.sights.best(channel) if self.sights.nearest(channel) <= limit else None
            page = self._unseen(sight.page) if sight is not None else None
            if page is not None:
                page.render = True
                return page
        return None

    def _promised(self, limit: int) -> Candidate | None:
        """Return a page with a control that says it shows what would be the nearest of its channel, in at most *limit* clicks."""
        for page, channels in self._promising:
            near = page.depth + 1 <= limit and any(self.sights.nearest(one) > page.depth + 1 for one in channels)
            if near and page.key not in self.sights.shown and page.state is State.READ:
                page.render = True
                return page
        return None

    def _unseen(self, page: Candidate) -> Candidate | None:
        """Return the page nearest to *page*, on the way from the home page to it, that no browser showed thoroughly."""
        here: Candidate | None = page
        for _ in range(self.plan.budget.depth + MAX_FORWARDS + 2):
            if here is None:
                return None
            inside = here.framed or here.key in self._sent_on
            if not inside and (here.key not in self.sights.shown or here.key in self._glanced):
                return here
            here = self.frontier.parent_of(here)
        return None

    @property
    def pages(self) -> list[PageRead]:
        """Every page that was read or tried, in order."""
        return list(self._pages.values())

    @property
    def wanted(self) -> frozenset[Channel]:
        """The channels still looked for."""
        return self._wanted_at(self.frontier.level)

    def _wanted_at(self, depth: int) -> frozenset[Channel]:
        """Return the channels for which a sighting *depth* clicks away, or on the level being read, would be the nearest."""
        if self.plan.exhaustive:
            return self.plan.channels
        near = min(depth, self.frontier.level)
        return frozenset(channel for channel in self.plan.channels if self.sights.nearest(channel) > near)

    def proof(self) -> Proof:
        """Return what the search has proven so far."""
        return self.frontier.proof()

    @property
    def bytes(self) -> int:
        """Bytes received so far, decompressed."""
        return self._tally.bytes

    @property
    def rendered(self) -> int:
        """Pages that a browser showed."""
        return sum(read.rendered for read in self._pages.values())

    def seen(self) -> list[Sight]:
        """Return the sightings that count: with a browser those that it showed, on ways that it showed."""
        if not self.plan.render:
            return self.sights.kept
        return [one for one in self.sights.kept if one.depth < NOWHERE and self.is_proven(one.page)]

    def is_proven(self, page: Candidate) -> bool:
        """Tell whether a browser showed *page* and every page on the way to it."""
        return page.depth < NOWHERE and self._unseen(page) is None

    def take(self, page: Candidate, fetched: Fetched) -> None:
        """Record what came for *page*: its channels, and the links it offers."""
        document = self._accepted(page, fetched)
        if document is None or self._harvest is None:
            return
        if is_empty_shell(document):
            if self.plan.render:
                self._tally.requests += 1
                self._tally.shells += 1
                self.frontier.needs_browser = self._tally.shells >= SHELLS
                page.render = True
                self.frontier.put_back(page)
            else:
                self._close(page, fetched, State.UNREAD, Reason.NEEDS_BROWSER)
            return
        looked_for = self.wanted
        self._close(page, fetched, State.READ, looked_for=looked_for)
        found = self._look(page, document, looked_for)
        self._harvest.frames(page, document, document.url, page.depth)
        self._connect(page, self._harvest.take(page, document, document.url, page.depth + 1))
        for fold in document.folds:
            self._unfold(page, fold)
        if self.plan.render and looked_for & _SHOWN_ON_REQUEST and len(self._promising) < MAX_PROMISING:
            channels = promised(document) & looked_for
            if channels:
                self._promising.append((page, channels))
        if self.plan.render:
            # A page that was shown may have got a way again that nobody hid.
            self.sights.measure()
        self._compare(page, document, found, looked_for)

    def open(self, page: Candidate, fetched: Fetched) -> Showing | None:
        """Record that a browser shows *page*, whose source is now *fetched*.

        Return what to show its states to, until :meth:`shut`; ``None`` where nothing of it is worth showing.
        """
        was_read = page.state is State.READ
        self._tally.rendered += was_read
        document = self._accepted(page, fetched)
        if document is None or self._harvest is None:
            if was_read:
                self._unprove(page)
            return None
        promised = self.sights.take_back(page) if was_read else None
        self.sights.shown.add(page.key)
        expected = frozenset(sight.what.channel for sight in promised or ())
        looked_for = (self._wanted_at(page.depth) | expected) & self.plan.channels
        self._close(page, fetched, State.READ, looked_for=looked_for, rendered=True)
        self._showing = Showing(
            page, document, promised, looked_for, plan=self.plan, home=page is self._home, frontier=self.frontier,
            harvest=self._harvest, sights=self.sights, wanted_at=self._wanted_at,
        )  # fmt: skip
        return self._showing

    def shut(self, page: Candidate, *, cut: Reason | None = None, unpressed: bool = False) -> None:
        """Record that *page* is no longer shown; where no state of it was, it could not be judged.

        *cut* is why it did not load to its end: what it showed counts, what it did not is no proof. *unpressed* tells that
        not every control on it was tried: what only a press shows may be one click further.
        """
        showing, self._showing = self._showing, None
        if showing is None:
            return
        if showing.wall is not None:
            self.verdict = Verdict(_STATUS_OF.get(showing.wall, VisitStatus.UNREACHABLE), showing.wall)
        if not showing.views:
            self._unprove(page)
            return
        if cut is not None:
            self.frontier.close(page, State.UNREAD, cut)
        if unpressed and showing.brings_nearer():
            self.frontier.leave_out(page.depth + 1)
        (self._glanced.discard if showing.thorough else self._glanced.add)(page.key)
        showing.end()
        self.presses += showing.presses
        for warning in showing.warnings:
            self.warn(warning)
        found = frozenset((channel, value) for channel, value in showing.values if channel not in _OWN_ADDRESS)
        self._compare(page, showing.source, found, showing.looked_for)

    def fail(self, page: Candidate, reason: Reason) -> None:
        """Record that *page* could not be fetched or shown.

        A dead link on another host of the merchant (no such name, nobody answers) is what a visitor meets too; everything
        else is our failure and leaves the page unread.
        """
        if page is self._home and not self.sights.shown:
            self.verdict = Verdict(
                _STATUS_OF.get(reason, VisitStatus.UNREACHABLE), None if reason is Reason.ROBOTS else reason
            )
        self._tally.unrouted += page.routed
        other_host = self.final_url is not None and _host(page.key) != _host(page_key(self.final_url))
        dead = (
            reason in _DEAD
            or page.routed
            or (other_host and reason in (Reason.DNS, Reason.CONNECT, Reason.PRIVATE_ADDRESS))
        )
        known = self._pages.get(id(page))
        self.frontier.close(page, State.DEAD if dead else State.UNREAD, reason)
        read = PageRead(page, page.url, page.depth, None, None, 0, reason)
        self._pages[id(page)] = read if known is None else known._replace(failure=reason)
        # What robots.txt closes was never asked for: it costs the site nothing, and the budget neither.
        self._tally.requests += reason is not Reason.ROBOTS
        if page.render:
            self._tally.rendered += 1
            self._showing = None
            self._unprove(page)

    def lose(self, page: Candidate, reason: Reason) -> None:
        """Record that *page* came but could not be read, through a fault of ours; what was seen on it is kept."""
        self.frontier.close(page, State.UNREAD, reason)
        self.warnings.append(f"{page.url} could not be read: {reason}")

    def stop(self, reason: Reason) -> None:
        """End the search early, keeping what was seen (a time-out, a cancelled run)."""
        if self.verdict is None:
            self.verdict = Verdict(VisitStatus.PARTIAL if self._pages else VisitStatus.UNREACHABLE, reason)

    def _give_up(self, page: Candidate, reason: Reason) -> None:
        """Leave *page* unread that only a browser could have judged."""
        self.frontier.close(page, State.UNREAD, reason)
        known = self._pages.get(id(page))
        read = PageRead(page, page.url, page.depth, None, None, 0, reason)
        self._pages[id(page)] = read if known is None else known._replace(failure=reason)
        self._unprove(page)

    def _unprove(self, page: Candidate) -> None:
        """Take back what was seen on *page* and where it led: nobody could see it shown."""
        self.sights.take_back(page)
        self.frontier.replace(page, [])
        self.sights.measure()
        # Not to be asked for again, and nothing is left on it that could be proven.
        self.sights.shown.add(page.key)

    def _end(self) -> None:
        slow = self._tally.seconds >= self.plan.budget.seconds
        # What was only glanced at was seen all the same.
        self._glanced.clear()
        while self.plan.render and (doubtful := self._doubtful(NOWHERE - 1)) is not None:
            self._give_up(doubtful, Reason.BUDGET)
        status = VisitStatus.PARTIAL if self.frontier.waiting and not self._settled() else VisitStatus.COMPLETE
        self.verdict = Verdict(status, Reason.TIMEOUT if slow and status is VisitStatus.PARTIAL else None)

    def _settled(self) -> bool:
        return not self.wanted

    def _accepted(self, page: Candidate, fetched: Fetched) -> Document | None:
        """Return the document of a page that is there to be read; of any other it is recorded what became of it."""
        self._tally.bytes += fetched.size
        if page is self._home:
            self._arrive(fetched)
        key = page_key(fetched.url)
        outside = self.scope is None or not self.scope.covers(fetched.url)
        if page is not self._home and (outside or not self.frontier.alias(page, key)):
            self._close(page, fetched, State.DEAD)
            return None
        if page is self._home:
            self.frontier.alias(page, key)
        document = Document(fetched.body, fetched.url, fetched.content_type)
        wall = self._wall(page, fetched, document, redirected=key != page.key)
        if wall is not None:
            self._stopped_by(wall, page, fetched)
            return None
        if fetched.status >= 400:
            self._refused_by_server(page, fetched)
            return None
        if page is self._home:
            self.language = document.language
        if self._forwards_before(page) > MAX_FORWARDS:
            self._stopped_by(Reason.REDIRECT_LOOP, page, fetched)
            return None
        if self._moved_on(page, document):
            self._close(page, fetched, State.READ)
            return None
        return document

    def _arrive(self, fetched: Fetched) -> None:
        """The home page is known now: from here on, this is the site."""
        self.final_url = fetched.url
        self.scope = Scope(fetched.url)
        self._harvest = Harvest(self.frontier, self.scope, self.plan.render)
        before, after = registered_domain(_hostname(self.url)), registered_domain(_hostname(fetched.url))
        warning = f"redirected to another domain: {after}"
        if before != after and warning not in self.warnings:
            self.warnings.append(warning)

    def _wall(self, page: Candidate, fetched: Fetched, document: Document, redirected: bool) -> Reason | None:
        """Return what stands in front of a page: in front of the home page anything, of others what refuses a visitor.

        A login form is a wall only where a link promised help or contact and led elsewhere.
        """
        if page is self._home or fetched.status >= 400:
            wall = wall_of(fetched.status, document)
            if wall is None and page is self._home and not document.links and is_login_wall(document):
                return Reason.LOGIN_WALL
            if wall is not None or page is self._home:
                return wall
        promised = page.interest >= PROMISING
        if promised and (fetched.status == 401 or (redirected and is_login_wall(document))):
            return Reason.LOGIN_WALL
        return None

    def _stopped_by(self, wall: Reason, page: Candidate, fetched: Fetched) -> None:
        self._close(page, fetched, State.UNREAD, wall)
        if page is self._home:
            self.verdict = Verdict(_STATUS_OF.get(wall, VisitStatus.UNREACHABLE), wall)

    def _refused_by_server(self, page: Candidate, fetched: Fetched) -> None:
        ours = fetched.status in (403, 407, 429, 503)
        if not ours and self._may_be_routed(page):
            self._tally.requests += 1
            page.routed = page.render = True
            self.frontier.put_back(page)
            return
        self._close(page, fetched, State.UNREAD if ours else State.DEAD, Reason.HTTP_ERROR)
        if page is self._home:
            self.verdict = Verdict(VisitStatus.UNREACHABLE, Reason.HTTP_ERROR)

    def _may_be_routed(self, page: Candidate) -> bool:
        """Tell whether scripts may show what is behind a dead link: many shops' addresses exist in the browser only."""
        before = self.frontier.parent_of(page)
        if not self.plan.render or page.routed or before is None or before.key not in self.sights.shown:
            return False
        told = page.interest >= PROMISING or self.frontier.needs_browser or before.routed
        return told and self._tally.unrouted < MAX_UNROUTED and page.parent == before.url.partition("#:~:")[0]

    def route(self, page: Candidate) -> list[str]:
        """Return the addresses through which *page* is reached: one to load, then links to click, its own last."""
        way = [page.url]
        here: Candidate | None = page
        while here is not None and here.routed and len(way) <= self.plan.budget.depth + 1:
            here = self.frontier.parent_of(here)
            if here is not None:
                way.append(here.url)
        return way[::-1]

    def _close(
        self,
        page: Candidate,
        fetched: Fetched,
        state: State,
        failure: Reason | None = None,
        looked_for: frozenset[Channel] = frozenset(),
        rendered: bool = False,
    ) -> None:
        self._tally.requests += 1
        self.frontier.close(page, state, failure)
        # A page that is shown after it was read counts once.
        known = self._pages.get(id(page))
        self.frontier.pages_read -= state is State.READ and known is not None and known.failure is None
        self._pages[id(page)] = PageRead(
            page, fetched.url, page.depth, fetched.status, fetched.content_type, fetched.size, failure, looked_for,
            rendered, fetched.seconds,
        )  # fmt: skip
        page.url = fetched.url

    def _forwards_before(self, page: Candidate) -> int:
        """Return how many pages in a row sent their visitor on before *page* came."""
        return self._sent_on.get(page_key(page.parent or ""), 0) if page.action is Action.REDIRECT else 0

    def _moved_on(self, page: Candidate, document: Document) -> bool:
        """Follow a page that sends its visitor on by itself; return whether it did. One that points to itself is read."""
        target = forwarding(document)
        if not target or page_key(target) in ("", page.key, page_key(document.url)):
            return False
        if page is not self._home and (self.scope is None or not self.scope.covers(target)):
            return False
        known = self.frontier.known.get(page_key(target))
        if known is not None and known.state is not State.PENDING:
            rests = known.state is State.READ and known.key not in self._sent_on
            return rests and known is not page and page is not self._home
        self._sent_on[page.key] = self._forwards_before(page) + 1
        key = page_key(target)
        onward = Candidate(
            key, target, page.depth, document.url, Action.REDIRECT, interest=page.interest, apart=True, label=page.label
        )
        self.frontier.add(onward)
        self._connect(page, Leads(document.url, 0, Action.REDIRECT, [key]))
        if page is self._home:
            self._home = self.frontier.known[key]
            self._home.render = self.plan.render
        return True

    def _unfold(self, page: Candidate, fold: Fold) -> None:
        """Look into what lies behind one more press; the state it leads to is named by a text fragment."""
        assert self._harvest is not None, "a page was taken before the home page"
        opened = fold.opened()
        state = press_state(fold.url, fold.label)
        found = self._look(page, opened, self.wanted - {Channel.CONTACT_PAGE}, state, 1)
        self._harvest.frames(page, opened, state, page.depth + 1)
        self._connect(page, self._harvest.take(page, opened, state, page.depth + 2))
        if found or opened.links:
            self.presses.append(Press(page, fold.url, state, fold.label[:SHOWN], fold.selector))

    def _connect(self, page: Candidate, leads: Leads) -> None:
        if leads.keys:
            self.frontier.connect(page, leads)

    def _look(
        self, page: Candidate, document: Document, wanted: frozenset[Channel], state: str = "", cost: int = 0
    ) -> frozenset[tuple[Channel, str]]:
        """Record what the source of a page, or of a state of it, holds of the channels *wanted*."""
        if not wanted:
            return frozenset()
        # What is set aside is told of every page that is read, also for channels whose depth is settled.
        asked = self.plan.channels - {Channel.CONTACT_PAGE} if state else self.plan.channels
        label = page.label if not state and page.action is Action.FOLLOW else ""
        found = judged(document, self.plan.country, asked, home=page is self._home, label=label)
        sightings = [sighting for sighting in found.sightings if sighting.channel in wanted]
        address = state or document.url
        self.sights.add(Sight(page, address, cost, what) for what in sightings)
        self.sights.add(Sight(page, address, cost, value) for value in found.set_aside)
        return frozenset(
            (sighting.channel, sighting.value) for sighting in sightings if sighting.channel not in _OWN_ADDRESS
        )

    def _compare(
        self, page: Candidate, document: Document, found: frozenset[tuple[Channel, str]], looked_for: frozenset[Channel]
    ) -> None:
        if self.frontier.wants_marks(page):
            self.frontier.compare(page, _marks(document), found, looked_for)

    def is_showing(self, page: Candidate) -> bool:
        """Tell whether a state of *page* was shown, and the page is not shut yet."""
        return self._showing is not None and self._showing.page is page and self._showing.views > 0

    def covers(self, url: str) -> bool:
        """Tell whether *url* belongs to the merchant's site."""
        return self.scope is not None and self.scope.covers(url)

    def warn(self, warning: str) -> None:
        """Remember a sentence for people, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)


_DEAD = frozenset({Reason.NOT_HTML, Reason.REDIRECT_LOOP})
_OWN_ADDRESS = frozenset({Channel.FORM, Channel.CONTACT_PAGE})
_SHOWN_ON_REQUEST = frozenset({Channel.PHONE, Channel.EMAIL})
_STATUS_OF = {
    Reason.ROBOTS: VisitStatus.REFUSED,
    Reason.BOT_WALL: VisitStatus.BLOCKED,
    Reason.LOGIN_WALL: VisitStatus.BLOCKED,
    Reason.GEO_BLOCK: VisitStatus.BLOCKED,
}


def _marks(document: Document) -> frozenset[str]:
    """Return how a page is built, in class names: what pages cut from one template share."""
    classes: set[str] = set()
    for node in document.tree.css("[class]")[:400]:
        classes.update((node.attributes.get("class") or "").split())
    return frozenset(classes)


def _host(key: str) -> str:
    return key.partition("/")[0]


def _hostname(url: str) -> str:
    return urlsplit(url).hostname or ""
