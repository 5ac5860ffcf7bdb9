"""Which topics of the forms lexicon a short text names: a label, a button, a field's name.

Labels are short and repeat from site to site, so texts are cut into words, looked up word by word, and remembered.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from spiders.detect.lexicon import fold, words

MAX_TEXT = 160
"""Characters of a label or heading that are read; ours: of a sentence, the beginning says what is asked."""

ASKS = (
    "honeypot",
    "captcha",
    "consent",
    "newsletter",
    "order_number",
    "email",
    "phone",
    "subject",
    "message",
    "name",
    "other",
)
"""What a field may ask for: the lists ``asks_*`` of the lexicon, and ``named_*`` for developers' names."""
PURPOSES = (
    "contact", "quote", "send", "newsletter", "signup", "search", "login", "recovery", "registration", "comment",
    "share", "third_party", "us", "report", "application", "order", "booking", "poll",
)  # fmt: skip
"""What a form may be for: the lists ``for_*`` of the lexicon."""

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")


class _Entry(NamedTuple):
    """One entry of the lexicon; ``open_end`` where its last word may go on."""

    parts: tuple[str, ...]
    open_end: bool
    topic: str


class _Index(NamedTuple):
    """Entries by their first word, longest first; one-word beginnings; stems that may stand inside a word;
    and the words that mean something only when they are all there is."""

    phrases: dict[str, list[_Entry]]
    beginnings: dict[str, str]
    stems: tuple[tuple[str, str], ...]
    alone: frozenset[str]


def asked_in(label: str) -> tuple[str, ...]:
    """Return the topics of :data:`ASKS` that a visible *label* names, in reading order, repeated as it is named."""
    return _topics(label[:MAX_TEXT], "asks")


def asked_in_name(name: str) -> str:
    """Return the topic of :data:`ASKS` that the ``name`` or ``id`` of a field tells, or an empty string.

    The last one counts: developers write ``order_email`` for the e-mail of an order. A trap or a test for robots counts
    wherever it stands.
    """
    found = _topics(_CAMEL.sub(" ", name[-MAX_TEXT:]), "named")
    return next((topic for topic in ("honeypot", "captcha") if topic in found), found[-1] if found else "")


def purposes_in(text: str) -> tuple[str, ...]:
    """Return the topics of :data:`PURPOSES` that *text* (a heading, a button, an ``id``) names, in reading order."""
    return _topics(_CAMEL.sub(" ", text[:MAX_TEXT]), "for")


@cache
def stems(key: str) -> re.Pattern[str]:
    """Return one pattern for the entries of list *key*, each of which may stand inside a longer word, lower case."""
    return re.compile("|".join(re.escape(word.strip("*")) for word in words("forms", key)))


@lru_cache(maxsize=8192)
def _topics(text: str, lists: str) -> tuple[str, ...]:
    """Return the topic of every entry found in *text*; where entries overlap, the longest wins."""
    index = _index(lists)
    tokens = _WORD.findall(fold(text))
    found = []
    position = 0
    while position < len(tokens):
        topic, length = _entry_at(tokens, position, index)
        if topic and not (length == 1 < len(tokens) and tokens[position] in index.alone):
            found.append(topic)
        position += length
    return tuple(found)


def _entry_at(tokens: list[str], position: int, index: _Index) -> tuple[str, int]:
    """Return the topic of the longest entry that starts at *position* (or an empty string) and its words."""
    token = tokens[position]
    for entry in index.phrases.get(token, ()):
        if _continues(tokens, position, entry):
            return entry.topic, len(entry.parts)
    for length in range(len(token), 3, -1):
        topic = index.beginnings.get(token[:length])
        if topic:
            return topic, 1
    for stem, topic in index.stems:
        if stem in token:
            return topic, 1
    return "", 1


def _continues(tokens: list[str], position: int, entry: _Entry) -> bool:
    size = len(entry.parts)
    if position + size > len(tokens):
        return False
    *middle, last = entry.parts
    if any(tokens[position + offset] != part for offset, part in enumerate(middle)):
        return False
    here = tokens[position + size - 1]
    return here.startswith(last) if entry.open_end else here == last


@cache
def _index(lists: str) -> _Index:
    """Build the index of the lists ``asks_*``, of ``asks_*`` with ``named_*``, or of ``for_*``."""
    entries: list[_Entry] = []
    stems: list[tuple[str, str]] = []
    sources: list[tuple[str, tuple[str, ...]]] = [("for", PURPOSES)] if lists == "for" else [("asks", ASKS)]
    if lists == "named":
        # What a developer calls a field counts before what the same word means on a label.
        sources.insert(0, ("named", ASKS))
    for prefix, topics in sources:
        for topic in topics:
            for word in words("forms", f"{prefix}_{topic}"):
                if word.startswith("*"):
                    stems.append((word.strip("*"), topic))
                else:
                    entries.append(_Entry(tuple(_WORD.findall(word)), word.endswith("*"), topic))
    phrases: dict[str, list[_Entry]] = {}
    beginnings: dict[str, str] = {}
    for entry in entries:
        if entry.open_end and len(entry.parts) == 1:
            beginnings.setdefault(entry.parts[0], entry.topic)
        else:
            phrases.setdefault(entry.parts[0], []).append(entry)
    for bucket in phrases.values():
        bucket.sort(key=lambda entry: -len(entry.parts))
    alone = frozenset() if lists == "for" else frozenset(words("forms", f"{lists}_alone"))
    return _Index(phrases, beginnings, tuple(sorted(stems, key=lambda stem: -len(stem[0]))), alone)
