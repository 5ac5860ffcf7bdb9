"""Word lists as data: one folder a language, one TOML file a topic.

``lexicon/fr/phones.toml`` holds the French words of the topic ``phones``; adding a language is adding a folder.
Every list is read folded (lower case, no accents), so a list may be written as people write.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

_ACCENTS = str.maketrans(
    "àáâãäåāçćčèéêëēėęìíîïīñńòóôõöøōùúûüūýÿžźšœæßÀÁÂÃÄÅÇÈÉÊËÌÍÎÏİÑÒÓÔÕÖØÙÚÛÜÝ’‘`´\u00a0\u202f\u2011\u2010\u2013\u2014",
    "aaaaaaaccceeeeeeeiiiiinnooooooouuuuuyyzzsoasaaaaaaceeeeiiiiinoooooouuuuy''''  ----",
)


def fold(text: str) -> str:
    """Return *text* in lower case without accents, character for character, so that offsets stay true."""
    return text.translate(_ACCENTS).lower() if not text.isascii() else text.lower()


@cache
def words(topic: str, key: str) -> tuple[str, ...]:
    """Return the folded entries of list *key* in every language's ``<topic>.toml``, longest first, each once.

    Raises ``LookupError`` when no language holds the list: a misspelt key must not silently match nothing.
    """
    found: set[str] = set()
    for origin, lists in _lists(topic).items():
        found.update(fold(word) for word in _validated(lists, key, origin))
    if not found:
        raise LookupError(f"no language of the lexicon holds a list '{key}' in a file {topic}.toml")
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


@cache
def _lists(topic: str) -> dict[str, dict[str, object]]:
    """Return the file of *topic* of every language that has one, by where it stands."""
    found = {}
    for language in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        resource = language / f"{topic}.toml"
        if language.is_dir() and resource.is_file():
            found[str(resource)] = tomllib.loads(resource.read_text("utf-8"))
    return found


@cache
def pattern(topic: str, *keys: str) -> re.Pattern[str]:
    """Return one compiled pattern for the words of *keys*, matched whole in folded text.

    An entry that ends with ``*`` also matches longer words; inside an entry a space matches any run of white space,
    hyphens, underscores and apostrophes.
    """
    entries = sorted({word for key in keys for word in words(topic, key)}, key=lambda word: (-len(word), word))
    return re.compile(r"(?<![a-z0-9])(?:" + "|".join(_expression(entry) for entry in entries) + ")")


@cache
def tagged(topic: str, *keys: str) -> re.Pattern[str]:
    """Return one compiled pattern for the words of *keys* whose matches tell their list; see :func:`tag_of`.

    Entries are grouped by their first character, which makes a search over hundreds of words several times as fast as a
    plain alternation. Where entries of two lists start alike, the list named first wins.
    """
    initials = sorted({word[0] for key in keys for word in words(topic, key)})
    branches = [f"{re.escape(initial)}(?:{_of_initial(topic, keys, initial)})" for initial in initials]
    return re.compile(f"(?<![a-z0-9])(?:{'|'.join(branches)})")


def tag_of(found: re.Match[str]) -> str:
    """Return which list of :func:`tagged` a match belongs to."""
    return (found.lastgroup or "").rpartition("_")[0]


def _of_initial(topic: str, keys: tuple[str, ...], initial: str) -> str:
    lists = []
    for key in keys:
        rests = [word[1:] for word in words(topic, key) if word[0] == initial]
        if rests:
            lists.append(f"(?P<{key}_{ord(initial)}>{'|'.join(_rest(rest) for rest in rests)})")
    return "|".join(lists)


def _rest(rest: str) -> str:
    return (r"[\s\-_']+" if rest.startswith(" ") else "") + _expression(rest)


def _expression(entry: str) -> str:
    stem, whole = (entry[:-1], "") if entry.endswith("*") else (entry, r"(?![a-z0-9])")
    return r"[\s\-_']+".join(re.escape(part) for part in stem.split()) + whole


def _validated(topic: dict[str, object], key: str, origin: str) -> list[str]:
    entries = topic.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, str) and entry.strip() for entry in entries):
        raise ValueError(f"{origin}: {key}: must be a list of non-empty words")
    return entries
