"""The search of one site, from its home page to the last channel: what to fetch next, and what was seen. Pure.

It is told what the spider fetched and says what to fetch next; it never fetches. So the same search runs behind Scrapy, behind a
browser, and in a test on files.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from spiders.detect.document import Document, Fold
from spiders.detect.link import Link
from spiders.detect.links import Interest, interest_of
from spiders.detect.page import ALL_CHANNELS, detect, forwarding, is_empty_shell
from spiders.detect.sighting import SetAside, Sighting
from spiders.detect.walls import is_login_wall, wall_of
from spiders.frontier import PROMISING, Budget, Candidate, Frontier, Leads, Proof, State
from spiders.identity import is_hash_route, is_page, page_key
from spiders.scope import Scope, registered_domain
from spiders.siblings import set_apart
from storage.vocabulary import Action, Basis, Channel, Reason, VisitStatus

MAX_PLACES = 50_000
"""Ways of writing a target that are remembered with the page they lead to."""
MAX_LINKS = 5_000
"""Links looked at on one page; a page with more is a list nobody reads to its end."""
MAX_HREF = 4_000
"""Characters of a target that is looked at; no server takes much more."""
MAX_FORWARDS = 10
"""Pages in a row that may send their visitor on, as many as HTTP redirects."""
SHOWN = 200
"""Characters kept of a label."""
DIVE = 0.8
"""Share of a budget after which promising pages of any level come first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look for on one site, and how far to go.

    ``channels`` ends the search once all of them are settled; ``basis`` ``None`` samples large sites only, ``COMPLETE`` never
    samples, ``TEMPLATES`` always does; ``exhaustive`` reads every page within the budget.
    """

    country: str = "FR"
    channels: frozenset[Channel] = ALL_CHANNELS
    budget: Budget = Budget()
    basis: Basis | None = None
    exhaustive: bool = False


class Fetched(NamedTuple):
    """A page as it came: ``url`` after redirects, body decompressed, ``size`` in bytes."""

    url: str
    status: int
    body: bytes
    content_type: str | None = None

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body)


class PageRead(NamedTuple):
    """A page that was read or tried; ``failure`` says why it could not be."""

    page: Candidate
    url: str
    depth: int
    status: int | None
    content_type: str | None
    size: int
    failure: Reason | None


class Seen(NamedTuple):
    """A sighting, or a value set aside, with the page it stands on."""

    url: str
    depth: int
    what: Sighting | SetAside


class Press(NamedTuple):
    """A control that shows more of a page: pressing it on *source* leads to the state *target*."""

    source: str
    target: str
    label: str
    selector: str


@dataclass(slots=True)
class Verdict:
    """How the visit as a whole ended."""

    status: VisitStatus
    reason: Reason | None = None


@dataclass(slots=True)
class _Tally:
    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0
    nearest: dict[Channel, int] = field(default_factory=dict)


class SiteSearch:
    """One site: ask :meth:`next`, fetch, tell :meth:`take` or :meth:`fail`, until :meth:`next` returns ``None``."""

    def __init__(self, url: str, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.url = url
        self.final_url: str | None = None
        self.language: str | None = None
        self.scope: Scope | None = None
        self.frontier = Frontier(self.plan.budget, Basis.COMPLETE if self.plan.exhaustive else self.plan.basis)
        self.pages: list[PageRead] = []
        self.presses: list[Press] = []
        self.seen: list[Seen] = []
        self.set_aside: list[Seen] = []
        self.warnings: list[str] = []
        self.verdict: Verdict | None = None
        self._tally = _Tally()
        self._keys: dict[str, str] = {}
        self._home = Candidate(page_key(url), url, 0, None, interest=int(Interest.CONTACT), apart=True)
        self._sent_on: dict[str, int] = {}
        self.frontier.add(self._home)

    def next(self, seconds: float = 0.0) -> Candidate | None:
        """Return the page to fetch now, or ``None`` when the search is over; *seconds* have been spent so far."""
        self._tally.seconds = seconds
        if self.verdict is not None:
            return None
        budget = self.plan.budget
        spent = max(self._tally.requests / budget.pages, self._tally.bytes / budget.bytes, seconds / budget.seconds)
        page = self.frontier.next(dive=spent >= DIVE and not self.plan.exhaustive) if spent < 1 else None
        if page is not None and not self.plan.exhaustive and self._settled():
            page = None
        if page is None:
            self._end()
        return page

    @property
    def wanted(self) -> frozenset[Channel]:
        """The channels still looked for."""
        if self.plan.exhaustive:
            return self.plan.channels
        return frozenset(
            channel
            for channel in self.plan.channels
            if self._tally.nearest.get(channel, self.frontier.level + 1) > self.frontier.level
        )

    def proof(self) -> Proof:
        """Return what the search has proven so far."""
        return self.frontier.proof()

    @property
    def bytes(self) -> int:
        """Bytes received so far, decompressed."""
        return self._tally.bytes

    def take(self, page: Candidate, fetched: Fetched) -> None:
        """Record what came for *page*: its channels, and the links it offers."""
        self._tally.bytes += fetched.size
        if page is self._home:
            self._arrive(fetched)
        elif self.scope is None or not self.scope.covers(fetched.url):
            self._close(page, fetched, State.DEAD)
            return
        key = page_key(fetched.url)
        if not self.frontier.alias(page, key) and page is not self._home:
            self._close(page, fetched, State.DEAD)
            return
        redirected = key != page.key
        document = Document(fetched.body, fetched.url, fetched.content_type)
        wall = self._wall(page, fetched, document, redirected)
        if wall is not None:
            self._stopped_by(wall, page, fetched)
            return
        if fetched.status >= 400:
            self._refused_by_server(page, fetched)
            return
        if page is self._home:
            self.language = document.language
        if self._forwards_before(page) > MAX_FORWARDS:
            self._stopped_by(Reason.REDIRECT_LOOP, page, fetched)
            return
        if self._moved_on(page, document):
            self._close(page, fetched, State.READ)
            return
        shell = is_empty_shell(document)
        self._close(page, fetched, State.UNREAD if shell else State.READ, Reason.NEEDS_BROWSER if shell else None)
        labels = (page.label,) if page.label and page.action is Action.FOLLOW else ()
        looked_for = self.wanted
        found = self._look(page, document, document.url, page.depth, labels)
        self._harvest(page, document, document.url, page.depth + 1)
        for fold in document.folds:
            self._press(page, fold)
        if self.frontier.wants_marks(page):
            self.frontier.compare(page, _marks(document), found, looked_for)

    def fail(self, page: Candidate, reason: Reason) -> None:
        """Record that *page* could not be fetched.

        A dead link on another host of the merchant (no such name, nobody answers) is what a visitor meets too; everything
        else is our failure and leaves the page unread.
        """
        if page is self._home:
            self.verdict = Verdict(
                _STATUS_OF.get(reason, VisitStatus.UNREACHABLE), None if reason is Reason.ROBOTS else reason
            )
        other_host = self.final_url is not None and _host(page.key) != _host(page_key(self.final_url))
        dead = reason in _DEAD or (other_host and reason in (Reason.DNS, Reason.CONNECT, Reason.PRIVATE_ADDRESS))
        self.frontier.close(page, State.DEAD if dead else State.UNREAD, reason)
        self.pages.append(PageRead(page, page.url, page.depth, None, None, 0, reason))
        # What robots.txt closes was never asked for: it costs the site nothing, and the budget neither.
        self._tally.requests += reason is not Reason.ROBOTS

    def lose(self, page: Candidate, reason: Reason) -> None:
        """Record that *page* came but could not be read, through a fault of ours; what was seen on it is kept."""
        self.frontier.close(page, State.UNREAD, reason)
        self.warnings.append(f"{page.url} could not be read: {reason}")

    def stop(self, reason: Reason) -> None:
        """End the search early, keeping what was seen (a time-out, a cancelled run)."""
        if self.verdict is None:
            self.verdict = Verdict(VisitStatus.PARTIAL if self.pages else VisitStatus.UNREACHABLE, reason)

    def _end(self) -> None:
        slow = self._tally.seconds >= self.plan.budget.seconds
        status = VisitStatus.PARTIAL if self.frontier.waiting and not self._settled() else VisitStatus.COMPLETE
        self.verdict = Verdict(status, Reason.TIMEOUT if slow and status is VisitStatus.PARTIAL else None)

    def _settled(self) -> bool:
        return not self.wanted

    def _arrive(self, fetched: Fetched) -> None:
        """The home page is known now: from here on, this is the site."""
        self.final_url = fetched.url
        self.scope = Scope(fetched.url)
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
        self._close(page, fetched, State.UNREAD if ours else State.DEAD, Reason.HTTP_ERROR)
        if page is self._home:
            self.verdict = Verdict(VisitStatus.UNREACHABLE, Reason.HTTP_ERROR)

    def _close(self, page: Candidate, fetched: Fetched, state: State, failure: Reason | None = None) -> None:
        self._tally.requests += 1
        self.frontier.close(page, state, failure)
        self.pages.append(
            PageRead(page, fetched.url, page.depth, fetched.status, fetched.content_type, fetched.size, failure)
        )
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
        self.frontier.add(
            Candidate(
                page_key(target),
                target,
                page.depth,
                document.url,
                Action.REDIRECT,
                interest=page.interest,
                apart=True,
                label=page.label,
            )
        )
        if page is self._home:
            self._home = self.frontier.known[page_key(target)]
        return True

    def _press(self, page: Candidate, fold: Fold) -> None:
        """Look into what lies behind one more press; the state it leads to is named by a text fragment."""
        opened = fold.opened()
        state = f"{fold.url.partition('#')[0]}#:~:text={quote(fold.label[:SHOWN], safe='')}"
        before = len(self.seen)
        self._look(page, opened, state, page.depth + 1, ())
        self._harvest(page, opened, state, page.depth + 2)
        if len(self.seen) > before or opened.links:
            self.presses.append(Press(fold.url, state, fold.label[:SHOWN], fold.selector))

    def _look(
        self, page: Candidate, document: Document, state: str, depth: int, labels: tuple[str, ...]
    ) -> frozenset[tuple[Channel, str]]:
        wanted, asked = self.wanted, self.plan.channels
        if state != document.url:
            wanted, asked = wanted - {Channel.CONTACT_PAGE}, asked - {Channel.CONTACT_PAGE}
        if not wanted:
            return frozenset()
        # What is set aside is told of every page that is read, also for channels whose depth is settled.
        found = detect(document, self.plan.country, asked, home=page is self._home, labels=labels)
        sightings = [sighting for sighting in found.sightings if sighting.channel in wanted]
        for sighting in sightings:
            self.seen.append(Seen(state, depth, sighting))
            nearest = self._tally.nearest
            nearest[sighting.channel] = min(depth, nearest.get(sighting.channel, depth))
        self.set_aside += [Seen(state, depth, value) for value in found.set_aside]
        return frozenset(
            (sighting.channel, sighting.value) for sighting in sightings if sighting.channel not in _OWN_ADDRESS
        )

    def _harvest(self, page: Candidate, document: Document, state: str, depth: int) -> None:
        """Hand the links of a state to the frontier, *depth* clicks away."""
        self._show_frames(document, state, depth - 1)
        known, fresh, links = self.frontier.known, set[str](), list[tuple[str, Link]]()
        resolve = self._resolver(document.base_url)
        for link in document.links[:MAX_LINKS]:
            href = link.href
            if not href or (href[0] == "#" and not is_hash_route(href)):
                continue
            if len(href) > MAX_HREF:
                if not _is_no_page(href):
                    self.frontier.leave_out(depth)
                continue
            key = resolve(link)
            if not key:
                continue
            links.append((key, link))
            candidate = known.get(key)
            unread = candidate is None or candidate.state in (State.PENDING, State.SAMPLED)
            if candidate is None or candidate.depth > depth or (unread and candidate.depth == depth):
                fresh.add(key)
        if len(document.links) > MAX_LINKS:
            self.frontier.leave_out(depth)
        if links:
            keys = [key for key, _ in links]
            self.frontier.connect(page, Leads(state, depth - page.depth, Action.FOLLOW, keys))
        for key, link, apart in set_apart(links, fresh):
            self._offer(key, link, state, depth, apart)

    def _show_frames(self, document: Document, state: str, depth: int) -> None:
        """Hand the frames of a state to the frontier: they are part of what the visitor sees, *depth* clicks away."""
        for source, title in document.frames[:MAX_LINKS]:
            url = document.absolute(source)
            if self._key_of(source, url):
                self.frontier.add(
                    Candidate(page_key(url), url, depth, state, Action.REDIRECT, title[:SHOWN], apart=True)
                )

    def _offer(self, key: str, link: Link, parent: str, depth: int, apart: bool) -> None:
        interest = interest_of(link)
        candidate = Candidate(
            key, link.url, depth, parent, Action.FOLLOW, link.label[:SHOWN], selector_of(link.href), int(interest),
            apart=apart or interest >= Interest.LEGAL,
        )  # fmt: skip
        self.frontier.add(candidate)
        known = self.frontier.known.get(key)
        if known is not None and known.state is State.PENDING and is_hash_route(link.url):
            self.frontier.close(known, State.UNREAD, Reason.NEEDS_BROWSER)

    def _resolver(self, base: str) -> Callable[[Link], str]:
        """Return what tells the key of a link's page; each way of writing a target is resolved once a place.

        What starts with a slash means the same all over a host, a query or fragment alone something else on every page, and
        anything else the same throughout a folder.
        """
        keys = self._keys
        page = base.partition("#")[0].partition("?")[0]
        folder, host = page.rpartition("/")[0], "/".join(page.split("/", 3)[:3])

        def resolve(link: Link) -> str:
            href = link.href
            if href.startswith(("http://", "https://")):
                place = href
            else:
                place = f"{host if href[0] == '/' else base if href[0] in '?#' else folder} {href}"
            key = keys.get(place)
            if key is None:
                if len(keys) >= MAX_PLACES:
                    keys.clear()
                key = keys[place] = self._key_of(href, link.url)
            return key

        return resolve

    def _key_of(self, href: str, url: str) -> str:
        """Return the key of the page *href* leads to, or an empty string where it is none of the merchant's pages."""
        if _is_no_page(href):
            return ""
        if self.scope is None or not self.scope.covers(url) or not is_page(url):
            return ""
        return page_key(url)


_DEAD = frozenset({Reason.NOT_HTML, Reason.REDIRECT_LOOP})
_OWN_ADDRESS = frozenset({Channel.FORM, Channel.CONTACT_PAGE})
_STATUS_OF = {
    Reason.ROBOTS: VisitStatus.REFUSED,
    Reason.BOT_WALL: VisitStatus.BLOCKED,
    Reason.LOGIN_WALL: VisitStatus.BLOCKED,
    Reason.GEO_BLOCK: VisitStatus.BLOCKED,
}


def _is_no_page(href: str) -> bool:
    return href[:11].lower().startswith(("mailto:", "tel:", "javascript:", "data:", "sms:", "callto:"))


def selector_of(href: str) -> str:
    """Return a CSS selector for the links of a page that lead to *href* as it is written there."""
    quoted = href.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\a ")
    return f'a[href="{quoted}"]'


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


def found_channels(seen: Collection[Seen]) -> dict[Channel, int]:
    """Return, for each channel seen, the fewest clicks it was seen at."""
    nearest: dict[Channel, int] = {}
    for entry in seen:
        nearest[entry.what.channel] = min(entry.depth, nearest.get(entry.what.channel, entry.depth))
    return nearest
