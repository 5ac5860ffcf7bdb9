"""Lets DuckDuckGo's autoconsent (its bundle, MPL-2.0, untouched) refuse the banners it knows in any frame of a page."""

import asyncio
import contextlib
import json
import re
from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from duckduckgo_autoconsent import bundle, rules_json  # type: ignore[import-untyped]
from playwright.async_api import Error, Frame, Page

BINDING = "autoconsentSendMessage"
"""The name under which the bundle looks for its background."""
MOST_FRAMES = 12
"""Most frames of a page that the rules are run in (ours); banners live in the page or in one frame of it."""
DETECT_RETRIES = 1
"""How often a frame looks again for a known banner, half a second later: the page has settled before."""

_SETTINGS = {
    "enabled": True,
    "autoAction": "optOut",
    "enablePrehide": False,
    # Such rules hide a banner by a style sheet; a visitor cannot.
    "enableCosmeticRules": False,
    "enableGeneratedRules": True,
    "detectRetries": DETECT_RETRIES,
    # The bundle runs in the page's own world, so its snippets reach the banner's functions without asking for an eval.
    "isMainWorld": True,
    "logs": {},
}
_RECEIVE = """(message) => {
  if (typeof message.rules === "string") message = { ...message, rules: { autoconsent: JSON.parse(message.rules) } };
  return window.autoconsentReceiveMessage && void window.autoconsentReceiveMessage(message);
}"""


class Refusal(NamedTuple):
    """What autoconsent did: the rule that knew the banner, or ``None``, and whether the rule says it was closed."""

    rule: str | None
    done: bool


async def refuse(page: Page, seconds: float) -> Refusal:
    """Run the rules in *page* and return what came of it, at most *seconds* after they started.

    It returns as soon as one rule is done, or when no frame knows a banner.
    """
    conversation = await _conversation(page)
    conversation.start(page)
    frames = page.frames[:MOST_FRAMES]
    await asyncio.gather(*(_inject(frame) for frame in frames))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await conversation.over.wait()
    return Refusal(conversation.rule, conversation.done)


class _Conversation:
    """What the frames of one page say while the rules run; every message is untrusted, the page could send it too."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.rule: str | None = None
        self.done = False
        self._page_url = ""
        self._searching: set[str] = set()

    def start(self, page: Page) -> None:
        """Forget what was said about an earlier state of the page."""
        self.over = asyncio.Event()
        self.rule, self.done = None, False
        self._page_url = page.url
        self._searching = set()

    async def hear(self, source: dict[str, Any], message: Any) -> None:
        """Take in one message of the bundle; answers go to the frame that asked."""
        if not isinstance(message, dict):
            return
        frame: Frame = source["frame"]
        match message.get("type"):
            case "init":
                await _tell(frame, {"type": "initResp", "config": _SETTINGS, "rules": _rules_for(frame)})
            case "eval":
                await _tell(frame, {"type": "evalResp", "id": message.get("id"), "result": False})
            case "popupFound" | "cmpDetected":
                self.rule = self.rule or _name(message)
            case "autoconsentDone":
                self.rule, self.done = _name(message), True
                self.over.set()
            case "optOutResult" if not message.get("result"):
                self.over.set()
            case "report":
                self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        """End the wait once every frame that searched has found nothing."""
        state = message.get("state")
        lifecycle = state.get("lifecycle") if isinstance(state, dict) else None
        instance = str(message.get("instanceId"))
        if lifecycle in ("nothingDetected", "done", "optOutFailed"):
            self._searching.discard(instance)
            if not self._searching:
                self.over.set()
        elif len(self._searching) < 4 * MOST_FRAMES:
            self._searching.add(instance)


_conversations: WeakKeyDictionary[Page, _Conversation] = WeakKeyDictionary()


async def _conversation(page: Page) -> _Conversation:
    known = _conversations.get(page)
    if known is None:
        known = _conversations[page] = _Conversation()
        await page.expose_binding(BINDING, known.hear)
    return known


async def _inject(frame: Frame) -> None:
    """Start the bundle in *frame*; by evaluation and not by a script element, which a page's policy may forbid."""
    with contextlib.suppress(Error):
        await frame.evaluate("() => { delete window.autoconsentReceiveMessage; }")
        await frame.evaluate(bundle())


async def _tell(frame: Frame, message: dict[str, Any]) -> None:
    with contextlib.suppress(Error):
        await frame.evaluate(_RECEIVE, message)


def _name(message: dict[str, Any]) -> str:
    return str(message.get("cmp") or "unnamed")[:80]


def _rules_for(frame: Frame) -> str:
    """Return, as JSON, the rules that can apply in *frame*: two thirds of all are for one site each."""
    top = frame.parent_frame is None
    general, special = _rules()
    text = ",".join(
        general[top] + [rule for pattern, where, rule in special if where[top] and _applies(pattern, frame.url)]
    )
    return f"[{text}]"


def _applies(pattern: str, url: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or bool(compiled.search(url[:2000]))


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


@cache
def _rules() -> tuple[dict[bool, list[str]], list[tuple[str, dict[bool, bool], str]]]:
    """Return the rules for any site, by whether the frame is the page itself, and those for one site each."""
    general: dict[bool, list[str]] = {True: [], False: []}
    special = []
    for rule in json.loads(rules_json()):
        context = rule.get("runContext") or {}
        where = {True: context.get("main", True), False: context.get("frame", False)}
        text = json.dumps(rule, separators=(",", ":"))
        if context.get("urlPattern"):
            special.append((context["urlPattern"], where, text))
            continue
        for top in (True, False):
            if where[top]:
                general[top].append(text)
    return general, special
