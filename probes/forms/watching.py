"""Watches a page from the press of a form's last button on, until it says what became of the form or time is up."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from playwright.async_api import ElementHandle, Error, Frame, Page, Request, Response

from probes.forms.aftermath import Aftermath, Exchange, Verdict, VerdictKind, verdict_of
from probes.forms.choose import choose
from probes.forms.gathering import gather_frame
from spiders.browser.press import frames_of
from spiders.browser.sight import script
from spiders.browser.watch import Watch

MOST_EXCHANGES = 200
"""Requests after a press that are kept (*ours*)."""
ANSWER_SECONDS = 4.0
"""Longest that one look at a frame may take (*ours*)."""
_CHALLENGE = re.compile(
    r"recaptcha/(?:api2|enterprise)/bframe|hcaptcha\.com/.*challenge|challenges\.cloudflare\.com", re.I
)
_BODY = 20_000
_SENTENCE, _COMPARED = 20, 150


class Patience(NamedTuple):
    """How long an answer is waited for after the press, in seconds (*ours*).

    ``most`` in all; ``idle`` where nothing is under way and nothing changes any more; ``sure`` for which a refusal must
    stand, since many a page shows the last error until the answer comes.
    """

    most: float = 25.0
    idle: float = 6.0
    sure: float = 1.0


class Standing(NamedTuple):
    """What a frame shows at one moment."""

    lines: tuple[str, ...]
    live: tuple[str, ...]
    wrong: tuple[str, ...]
    there: bool
    emptied: bool


class Aftercare:
    """Begun before the press, asked after it. Close it in any case."""

    def __init__(
        self, page: Page, watch: Watch, frame: Frame, boxes: list[ElementHandle], body: str, needles: tuple[str, ...]
    ) -> None:
        self._page, self._watch, self._frame, self._boxes, self._needles = page, watch, frame, boxes, needles
        self._words = tuple(
            line for line in (" ".join(line.split()) for line in body.splitlines()) if len(line) >= _SENTENCE
        )
        self._requests: list[Request] = []
        self._answers: dict[Request, tuple[int, datetime]] = {}
        self._bodies: dict[Request, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._before: dict[Frame, Standing] = {}
        self._address = page.url
        self._dialogs = len(watch.dialogs)
        self._listeners = {"request": self._asked, "response": self._answered, "requestfailed": self._failed}

    async def begin(self) -> None:
        """Remember what the page shows now, and listen."""
        for frame in frames_of(self._page):
            self._before[frame] = await self._standing(frame)
        for event, listener in self._listeners.items():
            self._page.on(event, listener)  # type: ignore[call-overload]

    def close(self) -> None:
        """Listen no longer."""
        for event, listener in self._listeners.items():
            self._page.remove_listener(event, listener)

    @property
    def carried(self) -> bool:
        """Whether a request with our words in it has left since :meth:`begin`."""
        return any(one.carries for one in self._exchanges())

    @property
    def answered_at(self) -> datetime:
        """When the last answer to what carried the form came, UTC; now where none is known."""
        carrying = [request for request in self._requests if self._carries(request) or _from_post(request)]
        times = [
            self._answers[request][1] for request in carrying if request in self._answers and self._answers[request][0]
        ]
        return max(times, default=datetime.now(UTC))

    async def verdict(self, patience: Patience) -> tuple[Verdict, Aftermath]:
        """Wait until the page tells what became of the form, and return that with what told it."""
        loop = asyncio.get_running_loop()
        start = changed = loop.time()
        last, refused_since = None, 0.0
        while True:
            after = await self._look()
            verdict, now = verdict_of(after), loop.time()
            if after != last:
                last, changed = after, now
            if verdict.kind is VerdictKind.ACCEPTED:
                return verdict, after
            if verdict.kind in (VerdictKind.REFUSED, VerdictKind.CAPTCHA):
                refused_since = refused_since or now
                if now - refused_since >= patience.sure and not self._pending():
                    return verdict, after
            else:
                refused_since = 0.0
            idle = not self._pending() and now - changed >= patience.idle
            if idle or now - start >= patience.most or self._watch.lost.is_set():
                return verdict, after
            await asyncio.sleep(0.2)

    async def _look(self) -> Aftermath:
        appeared: list[str] = []
        alerts: list[str] = [words.partition(": ")[2] for words in self._watch.dialogs[self._dialogs :]]
        wrong: list[str] = []
        there = emptied = False
        for frame in frames_of(self._page):
            standing = await self._standing(frame)
            before = self._before.get(frame) or self._before.get(self._frame)
            known = set(before.lines) if before else set()
            appeared += [line for line in standing.lines if line not in known]
            alerts += [line for line in standing.live if line not in known]
            # What was wrong before may be what kept the form from leaving; once it has left, only what is new counts.
            known_wrong = set(before.wrong) if before and self.carried else set()
            wrong += [one for one in standing.wrong if one not in known_wrong]
            there, emptied = there or standing.there, emptied or standing.emptied
        if not there and appeared:
            there = await self._shown_again()
        return Aftermath(
            self._address, self._page.url, tuple(dict.fromkeys(appeared))[:400], tuple(dict.fromkeys(alerts))[:100],
            tuple(dict.fromkeys(wrong))[:20], there, emptied, self._challenged(), self._echoed(appeared), self._exchanges(),
        )  # fmt: skip

    def _echoed(self, appeared: list[str]) -> bool:
        return any(words[:_COMPARED] in line for words in self._words[:5] for line in appeared)

    async def _shown_again(self) -> bool:
        """Tell whether a page that came since shows a contact form again, as one does that found fault with what it got."""
        for frame in frames_of(self._page):
            with contextlib.suppress(Error, TimeoutError):
                found = await gather_frame(frame)
                if found is not None:
                    form = choose(found.sight)
                    await found.release()
                    if form is not None and not form.partial and any(one.seen.value for one in form.questions):
                        return True
        return False

    async def _standing(self, frame: Frame) -> Standing:
        boxes = self._boxes if frame is self._frame else []
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                told = await frame.evaluate(_call(), boxes)
        except (Error, TimeoutError):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    told = await frame.evaluate(_call(), [])
            except (Error, TimeoutError):
                told = None
        return _standing_of(told)

    def _challenged(self) -> bool:
        return any(
            _CHALLENGE.search(frame.url)
            for frame in self._page.frames
            if frame is not self._page.main_frame and frame not in self._before
        )

    def _asked(self, request: Request) -> None:
        if len(self._requests) < MOST_EXCHANGES:
            self._requests.append(request)

    def _answered(self, response: Response) -> None:
        self._answers.setdefault(response.request, (response.status, datetime.now(UTC)))
        if (
            response.request.resource_type in ("xhr", "fetch")
            and len(self._bodies) < 20
            and self._carries(response.request)
        ):
            task = asyncio.ensure_future(self._read(response))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _read(self, response: Response) -> None:
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                body = await response.body()
                self._bodies[response.request] = body[:_BODY].decode("utf-8", "replace")

    def _failed(self, request: Request) -> None:
        self._answers.setdefault(request, (0, datetime.now(UTC)))

    def _exchanges(self) -> tuple[Exchange, ...]:
        found = []
        for request in self._requests:
            status, at = self._answers.get(request, (None, None))
            document = request.resource_type == "document"
            if document or request.method not in ("GET", "HEAD", "OPTIONS") or self._carries(request):
                found.append(
                    Exchange(
                        request.method,
                        request.url[:300],
                        status,
                        at,
                        document,
                        self._carries(request),
                        self._bodies.get(request, ""),
                    )
                )
        return tuple(found)

    def _carries(self, request: Request) -> bool:
        try:
            sent = request.post_data_buffer or b""
        except Error:
            sent = b""
        text = request.url + sent[:1_000_000].decode("utf-8", "replace")
        return any(needle in text for needle in self._needles)

    def _pending(self) -> bool:
        return any(one.status is None for one in self._exchanges() if one.carries or one.document)


def needles_of(address: str, body: str) -> tuple[str, ...]:
    """Return what tells a request that carries our words, however it is encoded: the longest plain run of each.

    Of an address with a plus only what follows it is ours alone.
    """
    own = address.partition("@")[0].rpartition("+")[2]
    runs = [max(re.findall(r"[A-Za-z0-9]+", text) or [""], key=len) for text in (own, body)]
    return tuple(run for run in runs if len(run) >= 6)


def _from_post(request: Request) -> bool:
    """Tell whether a document came of a form's POST, by redirects or at once."""
    here: Request | None = request
    for _ in range(12):
        if here is None or here.resource_type != "document":
            return False
        if here.method == "POST":
            return True
        here = here.redirected_from
    return False


def _standing_of(told: Any) -> Standing:
    raw = told if isinstance(told, dict) else {}

    def texts(key: str) -> tuple[str, ...]:
        listed = raw.get(key)
        return tuple(str(one)[:300] for one in (listed if isinstance(listed, list) else [])[:3_000])

    return Standing(texts("lines"), texts("live"), texts("wrong"), raw.get("there") is True, raw.get("emptied") is True)


@cache
def _call() -> str:
    own = files("probes.forms").joinpath("after.js").read_text("utf-8")
    return f"(held) => {{ {script()}\n{own}\nreturn standing(held); }}"
