"""What on a page might show a way to reach the merchant when pressed, and what must never be pressed. Pure.

A control is told by its role, its state, what it points to and the words on it, never by the markup of one theme.
"""

import re
from enum import StrEnum
from typing import Any, NamedTuple

from spiders.browser.sight import Box, box_of
from spiders.detect.lexicon import fold, pattern

MOST_CONTROLS = 25
"""Most controls of one state that are worth pressing (ours)."""
PER_LABEL = 2
"""Most controls with the same label (ours): a list of twenty shops has twenty times "show the number"."""
LONGEST_LABEL = 80
"""Longest label that is read as one, in characters (ours): longer ones are paragraphs."""
SHORT_WORDS = 3
"""Most words of an order (ours): "Cancel my order" is pressed to do it, a longer question to read its answer."""
HEAD = 250.0
"""How far down the head of a page reaches, in CSS pixels (ours), where no element says so."""
LAUNCHER = 140.0
"""Longest side of a launcher that floats over the page, in CSS pixels (ours)."""


class ControlKind(StrEnum):
    """What a press is likely to show."""

    PHONE = "phone"
    EMAIL = "email"
    CONTACT = "contact"
    CHAT = "chat"
    MENU = "menu"
    HELP = "help"
    FLOATING = "floating"
    DIALOG = "dialog"
    DISCLOSURE = "disclosure"
    TAB = "tab"
    MORE = "more"


class Refused(StrEnum):
    """Why something is not pressed."""

    HAND_OVER = "hand_over"
    LEAVES = "leaves"
    SUBMITS = "submits"
    FIELDS = "fields"
    ORDER = "order"
    ACCOUNT = "account"
    DELETE = "delete"
    FILE = "file"
    CONSENT = "consent"
    LANGUAGE = "language"
    IDLE = "idle"
    OPEN = "open"
    CLOSES = "closes"
    SCROLLS = "scrolls"
    PLAIN = "plain"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class Control(NamedTuple):
    """Something worth one press: where it is (frame number on the page, way through shadow roots) and what it is."""

    kind: ControlKind
    label: str
    frame: int
    way: tuple[str, ...]
    box: Box
    score: int
    role: str = ""

    @property
    def selector(self) -> str:
        """The way to it as one line, shadow roots parted by ``>>``."""
        return " >> ".join(self.way)


class Facts(NamedTuple):
    """What a page says of one element; the page may lie, so every value is forced into its type."""

    way: tuple[str, ...]
    tag: str
    role: str
    signal: str
    text: str
    name: str
    icon: str
    href: str
    blank: bool
    download: bool
    expanded: str
    popup: str
    selected: str
    disabled: bool
    submits: bool
    form: str
    region: str
    fixed: bool
    bars: bool
    target: bool
    hidden: bool
    hint: bool
    plain: bool
    rich: bool
    box: Box

    @property
    def label(self) -> str:
        """What is written on it, else its name."""
        return (self.text or self.name)[:LONGEST_LABEL]

    @property
    def folded(self) -> str:
        """Text and name, folded for the lexicon; the name counts for what it adds."""
        both = self.text if self.name in self.text else f"{self.text} {self.name}"
        return " ".join(fold(both[: 2 * LONGEST_LABEL]).split())

    @property
    def discloses(self) -> bool:
        """Whether by its role or state it opens something in place."""
        opens = self.expanded == "false" or self.popup not in ("", "false")
        return opens or self.tag == "summary" or self.role == "tab"


_SCORES = {
    ControlKind.PHONE: 100,
    ControlKind.EMAIL: 95,
    ControlKind.CONTACT: 90,
    ControlKind.CHAT: 85,
    ControlKind.MENU: 80,
    ControlKind.HELP: 70,
    ControlKind.FLOATING: 50,
    ControlKind.DIALOG: 40,
    ControlKind.DISCLOSURE: 35,
    ControlKind.TAB: 30,
    ControlKind.MORE: 20,
}
_HINT = 45
"""Added where the hidden part that a control points to speaks of contact: it outweighs what the label says."""

CROSSES = frozenset("×✕✖✗⨯x")
"""Signs that alone on a button say "close"."""
_TITLES = frozenset({"h2", "h3", "h4", "h5", "h6", "dt"})

_SCHEME = re.compile(r"\A\s*([a-z][a-z0-9+.-]*):", re.I)
_REFUSING = ("delete", "account", "consent", "file", "order", "language", "idle")


def facts_of(raw: Any) -> Facts | None:
    """Return the facts of what a page answered of one element, or ``None`` where they make no sense."""
    if not isinstance(raw, dict) or not isinstance(raw.get("way"), list):
        return None
    box = box_of(raw.get("box"))
    if box is None:
        return None
    told: dict[str, Any] = {key: str(raw.get(key) or "")[:600] for key in _TEXTS}
    told |= {key: raw.get(key) is True for key in _FLAGS}
    return Facts(way=tuple(map(str, raw["way"])), box=box, **told)


_TEXTS = ("tag", "role", "signal", "text", "name", "icon", "href", "expanded", "popup", "selected", "form", "region")
_FLAGS = ("blank", "download", "disabled", "submits", "fixed", "bars", "target", "hidden", "hint", "plain", "rich")


def judge(facts: Facts, frame: int = 0) -> Control | Refused:
    """Return *facts* as a control worth pressing, or why it is not pressed."""
    refused = _by_structure(facts) or _by_words(facts)
    if refused is not None:
        return refused
    kind = _kind(facts)
    if kind is None:
        return Refused.UNKNOWN
    if facts.plain and _SCORES[kind] <= _SCORES[ControlKind.HELP]:
        # What it opens is in the page already and holds neither a number nor an address nor a link.
        return Refused.PLAIN
    score = _SCORES[kind] + (_HINT if facts.hint else 0)
    label = facts.label or ("☰" if facts.bars else "")
    return Control(kind, label, frame, facts.way, facts.box, score, facts.role or facts.tag)


def ranked(controls: list[Control]) -> list[Control]:
    """Return the controls worth pressing first, best first, few of the same label, at most :data:`MOST_CONTROLS`."""
    seen: dict[str, int] = {}
    kept = []
    for control in sorted(controls, key=lambda one: -one.score):
        same = f"{control.kind} {fold(control.label)}" if control.label else ""
        seen[same] = seen.get(same, 0) + 1
        if not same or seen[same] <= PER_LABEL:
            kept.append(control)
    return kept[:MOST_CONTROLS]


def _by_structure(facts: Facts) -> Refused | None:
    scheme = next(iter(_SCHEME.findall(facts.href)), "https").lower()
    reasons = {
        Refused.HAND_OVER: scheme not in ("http", "https", "javascript"),
        Refused.FILE: facts.download,
        Refused.SUBMITS: facts.submits,
        Refused.DISABLED: facts.disabled,
        Refused.OPEN: facts.expanded == "true" or facts.selected == "true",
        Refused.LEAVES: _goes_elsewhere(facts) and (facts.blank or not facts.discloses),
        Refused.SCROLLS: _scrolls(facts),
        Refused.FIELDS: facts.form == "field" and not facts.discloses and not _shows_value(facts),
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _goes_elsewhere(facts: Facts) -> bool:
    href = facts.href.strip()
    return bool(href) and not href.startswith("#") and not href.lower().startswith("javascript:")


def _scrolls(facts: Facts) -> bool:
    """Tell whether a link only goes to a part of the page that shows already, which scrolling reaches for nothing."""
    return (
        len(facts.href) > 1 and facts.href.startswith("#") and facts.target and not facts.hidden and not facts.discloses
    )


def _by_words(facts: Facts) -> Refused | None:
    """Read the words of what is never pressed; a question or a title that opens in place is only read where short."""
    label = facts.folded
    # Icon classes speak only where nothing else does: a magnifier or a bag without a label.
    read = label or _icon_words(facts)
    if not read:
        return None
    whole = _by_whole_label(facts, read)
    if whole is not None:
        return whole
    if facts.discloses and len(label.split()) > SHORT_WORDS:
        return None
    spared = _shows_value(facts)
    for topic in _REFUSING:
        if topic in ("order", "idle") and spared:
            continue
        if pattern("reveals", topic).search(read):
            return Refused(topic)
    sends = pattern("reveals", "send").match(label)
    return Refused.SUBMITS if sends and (facts.form or len(label.split()) <= 2) else None


def _by_whole_label(facts: Facts, read: str) -> Refused | None:
    """Read labels that are one sign or order as a whole: a language, a number, something that closes."""
    if _is_code(read):
        return Refused.LANGUAGE
    if read.isdigit() and len(read) <= 2:
        # The dots of a slider and the pages of a list are numbered.
        return Refused.IDLE
    return Refused.CLOSES if not facts.discloses and _closes(facts) else None


def _closes(facts: Facts) -> bool:
    """Tell whether a control only puts away what is open: a cross, "close", "close the menu", or a name that starts so."""
    said = " ".join(fold(facts.text or facts.name).split())
    found = pattern("reveals", "close").match(said)
    if said in CROSSES or found is None:
        return said in CROSSES
    rest = said[found.end() :]
    return not rest or not facts.text or bool(pattern("reveals", "menu").search(rest))


def _is_code(label: str) -> bool:
    """Tell whether a label is nothing but codes of languages, such as ``fr`` or ``en | de``."""
    parts = re.split(r"[\s|/·,-]+", label)
    return len(parts) <= 6 and all(part in _CODES for part in parts)


_CODES = frozenset(
    {"fr", "en", "de", "es", "it", "nl", "pt", "uk", "gb", "us", "be", "ch", "eur", "usd", "gbp", "chf", "€", "$", "£"}
)


def _shows_value(facts: Facts) -> bool:
    """Tell whether a label says that a number or an address is shown: the verb beside the word for it."""
    label = facts.folded
    return bool(pattern("reveals", "show").search(label) and pattern("reveals", "phone", "email").search(label))


def _icon_words(facts: Facts) -> str:
    return " ".join(re.split(r"[^a-z0-9]+", fold(facts.icon)))


def _kind(facts: Facts) -> ControlKind | None:
    label = facts.folded
    by_words = _kind_of_words(label) if len(label) <= 2 * LONGEST_LABEL else None
    if by_words is None and not label:
        by_words = _kind_of_icon(facts)
    if by_words is ControlKind.MORE and not (facts.discloses or facts.hidden or facts.hint):
        # "Read more" as plain text leads away more often than it opens anything.
        by_words = None
    if by_words is not None:
        return by_words
    return _kind_of_state(facts)


def _kind_of_words(label: str) -> ControlKind | None:
    if not label:
        return None
    for kind in (ControlKind.PHONE, ControlKind.EMAIL, ControlKind.CONTACT):
        if pattern("reveals", kind.value).search(label):
            return kind
    if pattern("chat", "launch").search(label) or re.search(r"(?<![a-z])chat(?![a-z])", label):
        return ControlKind.CHAT
    if pattern("links", "contact").fullmatch(label):
        return ControlKind.CONTACT
    for kind in (ControlKind.MENU, ControlKind.HELP, ControlKind.MORE):
        if pattern("reveals", kind.value).search(label):
            return kind
    return None


def _kind_of_icon(facts: Facts) -> ControlKind | None:
    """Tell a wordless control by its picture: three bars, or what its icon is called; else by where it floats."""
    icon = _icon_words(facts)
    if facts.bars or re.search(r"\b(?:menu|burger|hamburger|bars)\b", icon):
        return ControlKind.MENU
    for kind, named in _ICONS.items():
        if re.search(rf"\b(?:{named})\b", icon):
            return kind
    if facts.fixed and max(facts.box.width, facts.box.height) <= LAUNCHER:
        return ControlKind.FLOATING
    in_head = facts.region == "header" or facts.box.y < HEAD
    return ControlKind.MENU if in_head and facts.signal in ("native", "role", "state", "toggle") else None


_ICONS = {
    ControlKind.PHONE: "phone|telephone|tel|call|handset",
    ControlKind.EMAIL: "mail|email|envelope",
    ControlKind.CHAT: "chat|livechat|messenger|whatsapp|bubble|comments?",
    ControlKind.HELP: "help|support|question|headset",
}


def _kind_of_state(facts: Facts) -> ControlKind | None:
    if facts.role == "tab":
        return ControlKind.TAB
    if facts.popup == "dialog":
        return ControlKind.DIALOG
    if facts.discloses:
        return ControlKind.DISCLOSURE
    # Without a role or a state: what names the hidden part it opens, or stands before one that speaks of contact.
    if facts.hint or (facts.hidden and facts.target):
        return ControlKind.DISCLOSURE
    # A title that listens is an accordion's; before a hidden part with links or figures in it, a guess is worth a press.
    titled = facts.tag in _TITLES and not facts.hidden and len(facts.text) <= LONGEST_LABEL
    return ControlKind.MORE if titled or facts.rich else None
