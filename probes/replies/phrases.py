"""Telltale phrases as data: which of them stand in a text, found in time linear in its words.

A phrase in ``lexicon/*.toml`` is words with a space between them; ``a|b`` is either, ``stem*`` any ending, ``word?`` may be
missing, ``...`` leaves room for up to five words of the same sentence, ``^`` in front ties it to the sentence's start. Text
and phrases are folded (lower case, no accents, no punctuation), so a list is written as people write.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from spiders.detect.lexicon import fold

MAX_TEXT, MAX_SENTENCES, MAX_WORDS = 30_000, 400, 120
"""Characters of a text, its sentences and their words that are looked at (*ours*)."""
GAP = 5
"""Words that ``...`` leaves room for (*ours*)."""

_WRAPPED = 52
"""A line at least this long was wrapped, so that its sentence goes on in the next (*ours*)."""
_END = re.compile(r"(?<=[.!?…:;])(?<!\s\d\.)(?<!\s\d\d\.)[\s\"»”)]+|\n+")
_WORD = re.compile(r"[^\W_]+")
_EMAIL = re.compile(r"\be[-\u2010\u2011 ]mail")
_TOKEN = re.compile(r"[^\W_]+\*?(?:\|[^\W_]+\*?)*\??|\.\.\.")
_STEM = 4


class Phrase(NamedTuple):
    """One entry of a list: where it stands and what it matches (against the words of a sentence, a space behind each)."""

    tag: str
    language: str
    expression: str
    at_start: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression; compiled when it is first asked for, since most phrases never are."""
        return _compiled(self.expression)


class Sentence(NamedTuple):
    """A sentence as written, and its folded words, each with a space behind it."""

    written: str
    words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: its list, its language, the sentence's place in the text, and the words that matched."""

    tag: str
    language: str
    sentence: int
    words: str


def sentences_of(text: str) -> list[Sentence]:
    """Return the sentences of *text* in order, within bounds; a line break inside a wrapped paragraph ends none."""
    joined: list[str] = []
    previous = ""
    for line in text[:MAX_TEXT].split("\n"):
        trimmed = " ".join(line.split())
        starts_anew = not trimmed or len(previous) < _WRAPPED or not trimmed[:1].isalnum()
        joined.append(("\n" if starts_anew else " ") + trimmed)
        previous = trimmed
    found = []
    for piece in _END.split("".join(joined)):
        words = " ".join(_WORD.findall(_folded(piece))[:MAX_WORDS])
        if words:
            found.append(Sentence(piece.strip(), words + " "))
        if len(found) >= MAX_SENTENCES:
            break
    return found


def hits(sentences: list[Sentence]) -> list[Hit]:
    """Return every phrase of the lexicon that stands in *sentences*, at most once a sentence and list."""
    found: dict[tuple[str, str, int], Hit] = {}
    for number, sentence in enumerate(sentences):
        position = 0
        for word in sentence.words.split():
            for phrase in _beginning_with(word):
                key = (phrase.tag, phrase.language, number)
                if key not in found and not (phrase.at_start and position):
                    match = phrase.pattern.match(sentence.words, position)
                    if match:
                        found[key] = Hit(*key, match.group().strip())
            position += len(word) + 1
    return list(found.values())


def fold_words(text: str) -> list[str]:
    """Return the folded words of *text*, as phrases are compared with them."""
    return _WORD.findall(_folded(text[:MAX_TEXT]))


def _folded(text: str) -> str:
    return _EMAIL.sub("email", fold(text.replace("ß", "ss")))


def _beginning_with(word: str) -> Iterator[Phrase]:
    whole, stems = _index()
    yield from whole.get(word, ())
    if len(word) >= _STEM:
        yield from stems.get(word[:_STEM], ())


@cache
def _index() -> tuple[dict[str, list[Phrase]], dict[str, list[Phrase]]]:
    """Return the phrases by their first word, and those that begin with a stem by its first letters."""
    whole: dict[str, list[Phrase]] = {}
    stems: dict[str, list[Phrase]] = {}
    for resource in sorted(files(__package__ or __name__).joinpath("lexicon").iterdir(), key=lambda entry: entry.name):
        if resource.name.endswith(".toml"):
            language = resource.name.removesuffix(".toml")
            for phrase, firsts in phrases_of(tomllib.loads(resource.read_text("utf-8")), language):
                for first in firsts:
                    if first.endswith("*"):
                        stems.setdefault(first[:_STEM], []).append(phrase)
                    else:
                        whole.setdefault(first, []).append(phrase)
    return whole, stems


def phrases_of(lists: Mapping[str, object], language: str) -> Iterator[tuple[Phrase, list[str]]]:
    """Yield every phrase of *lists* with the words that it may begin with; raises ``ValueError`` for a faulty entry."""
    for tag, entries in lists.items():
        if tag not in TAGS:
            raise ValueError(f"{language}.toml: {tag}: no list of this name is read")
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise ValueError(f"{language}.toml: {tag}: must be a list of phrases")
        for entry in entries:
            tokens = _folded(entry).removeprefix("^").replace("'", " ").split()
            if not tokens or any(not _TOKEN.fullmatch(token) for token in tokens):
                raise ValueError(f"{language}.toml: {tag}: '{entry}' is no phrase")
            firsts = tokens[0].split("|")
            if tokens[0] == "..." or tokens[0].endswith("?") or any(f[-1] == "*" and len(f) <= _STEM for f in firsts):
                raise ValueError(f"{language}.toml: {tag}: '{entry}' must begin with a word or a stem of four letters")
            expression = "".join(_expression(token) for token in tokens)
            yield Phrase(tag, language, expression, entry.startswith("^")), firsts


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _expression(part: str) -> str:
    if part == "...":
        return rf"(?:\S+ ){{0,{GAP}}}?"
    branches = "|".join(branch.replace("*", r"\S*") for branch in part.removesuffix("?").split("|"))
    return f"(?:(?:{branches}) )?" if part.endswith("?") else f"(?:{branches}) "


TAGS = frozenset(
    "receipt promise thanks ticket automatic filler greeting closing away left abandoned notice status survey"
    " challenge echo personal request handling self answering"
    " auto_subject away_subject ack_subject bounce bounce_subject delay delivered soft"
    " page_success page_failure".split()
)
"""The lists that the rules know; another name in a file is an error."""
