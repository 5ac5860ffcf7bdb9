"""Whose number or address it is: the words around it and above it tell.

A legal notice prints the telephone of the hosting company, of the consumer mediator, of the agency that drew the site;
an address block prints a fax. The nearest word decides: first the line itself, then the lines and labels above it, then
the heading of the section. Words of the merchant's own service ("Service clients", "Éditeur") end any such section.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from spiders.detect.document import BREAK, HEADING, Document
from spiders.detect.fax import is_fax
from spiders.detect.lexicon import fold, pattern, tag_of, tagged, words
from storage.vocabulary import Channel, SetAsideReason

BEFORE = 300
"""How many characters of its own block are read before a value."""
AFTER = 60
"""How many characters of its own block are read after a value."""
BLOCKS_ABOVE = 14
"""How many blocks above are read, at most."""
REACH_ABOVE = 1500
"""How many characters above are read, at most."""
LONG = 160
"""A block of more characters is prose, not a label or a line of an address."""

_REASONS = {
    "host": SetAsideReason.HOST,
    "host_if_legal": SetAsideReason.HOST,
    "host_names": SetAsideReason.HOST,
    "mediator": SetAsideReason.MEDIATOR,
    "agency": SetAsideReason.AGENCY,
    "agency_trade": SetAsideReason.AGENCY,
    "regulator": SetAsideReason.REGULATOR,
    "third_party": SetAsideReason.THIRD_PARTY,
    "helpline": SetAsideReason.THIRD_PARTY,
    "customer": SetAsideReason.THIRD_PARTY,
    "visitor": SetAsideReason.THIRD_PARTY,
}
_LABEL_ONLY = frozenset({"agency_trade", "third_party", "customer"})
"""Roles whose words are also ordinary words of shops ("partner", "design"): they count as a label only."""


class _Role(NamedTuple):
    """A word that says whose a value is: its key in ``purpose.toml`` and where it stands in the folded words."""

    key: str
    start: int
    end: int

    @property
    def reason(self) -> SetAsideReason | None:
        """The reason to set the value aside, ``None`` for the merchant's own."""
        return _REASONS.get(self.key)


def purpose_at(document: Document, start: int, end: int, channel: Channel) -> SetAsideReason | None:
    """Return why the phone or e-mail at ``document.text[start:end]`` is not the merchant's, ``None`` if it may be.

    *start* may be the place of a link's mark. ``SetAsideReason.FAX`` is returned for :attr:`Channel.PHONE` only. At
    most :data:`REACH_ABOVE` characters above are read, whatever the size of the page.
    """
    text = document.text
    block = text.rfind(BREAK, 0, start) + 1
    first = max(block, start - BEFORE)
    last = text.find(BREAK, end, end + AFTER)
    before, after = fold(text[first:start]), fold(text[end : last if last >= 0 else end + AFTER])
    if channel is Channel.PHONE and is_fax(text, block, start, end):
        return SetAsideReason.FAX
    beside = _beside(document, block, before, after)
    if beside is not None:
        return beside.reason
    return _above(document, block)


def _beside(document: Document, block: int, before: str, after: str) -> _Role | None:
    """Return the role that the words of the same block give: the last before the value, or one right after it."""
    for role in reversed(_roles(before)):
        if role.key in _LABEL_ONLY and not _is_label(before, role) and not _is_asked(before, role):
            continue
        if role.key == "regulator" and _DECLARED.match(before, role.end):
            continue
        if role.key == "host_if_legal" and not _reads_legal(document, block):
            continue
        return role
    opening = _OPENING.match(after)
    following = _roles(after)[:1]
    if opening is None or not following or following[0].start != opening.end() or following[0].reason is None:
        return None
    role = following[0]
    rest = after[role.end :]
    closes = role.key not in _LABEL_ONLY and ":" not in rest and not _DIGIT.search(rest)
    return role if opening.group(1) or closes else None


_DECLARED = re.compile(r"[\s:(]{0,3}(?:sous le |under |unter )?(?:n°|no\.?|nr\.?|numero|number)?[\s:]{0,2}\d")
"""A registration with a regulator ("CNIL n° 1234567") is the merchant's."""
_OPENING = re.compile(r"\s?([(\[])?(?:[-,/|]\s?)?\s?")
_DIGIT = re.compile(r"\d")


def _above(document: Document, block: int) -> SetAsideReason | None:
    """Return the reason that the blocks above give, nearest first, up to the heading of the section."""
    text = document.text
    floor = max(0, block - REACH_ABOVE)
    for passed in range(BLOCKS_ABOVE):
        close = block - 1
        if close <= floor:
            return None
        block = max(text.rfind(BREAK, floor, close) + 1, floor)
        words = fold(text[max(block, close - BEFORE) : close])
        verdict = _of_heading if words.startswith(HEADING) else _of_prose if close - block > LONG else _of_line
        known, reason = verdict(document, block, words, passed)
        if known:
            return reason
    return None


_Verdict = tuple[bool, SetAsideReason | None]
_UNKNOWN: _Verdict = (False, None)
_OWN: _Verdict = (True, None)


def _of_heading(document: Document, block: int, words: str, _passed: int) -> _Verdict:
    """A heading opens a section: the merchant's, somebody else's, or none that is known; a field name opens none."""
    words = words.lstrip(HEADING + " ")
    if _is_field(words):
        return _UNKNOWN
    roles = [
        role
        for role in _roles(words)
        if (role.key != "host_if_legal" or _reads_legal(document, block))
        and (role.key not in _LABEL_ONLY or _fills(words, role) or _is_asked(words, role))
    ]
    if roles and _is_asked(words, roles[-1]):
        return True, roles[-1].reason
    reasons = {role.reason for role in roles}
    return (True, reasons.pop()) if len(reasons) == 1 else _OWN


def _of_prose(_document: Document, _block: int, words: str, passed: int) -> _Verdict:
    """A paragraph speaks for the lines right below it when it ends by naming somebody else."""
    roles = [
        role
        for role in _roles(words)
        if role.key != "host_if_legal" and (role.key not in _LABEL_ONLY or _is_asked(words, role))
    ]
    if not roles:
        return _UNKNOWN
    role = roles[-1]
    if role.reason is None:
        return _OWN
    return (True, role.reason) if passed <= _NEAR or words.rstrip().endswith(":") else _UNKNOWN


_NEAR = 5
"""How many lines of an address (name, street, town, label) usually follow the paragraph that names its owner."""


def _of_line(document: Document, block: int, words: str, passed: int) -> _Verdict:
    """A short line is a label, a line of an address, or a link of a menu."""
    roles = _roles(words)
    if not roles:
        return _OWN if _matches("boundary").search(words) or _is_own_heading(words) else _UNKNOWN
    role = roles[-1]
    if role.reason is None:
        return _OWN
    if role.key == "host_if_legal" and not _reads_legal(document, block):
        return _UNKNOWN
    introduces = ":" in words[role.end :]
    if role.key in _LABEL_ONLY and not _is_asked(words, role):
        return (True, role.reason) if introduces and _is_label(words, role) else _UNKNOWN
    if not introduces and _is_menu_entry(document, block, words):
        return _UNKNOWN
    return True, role.reason


def _roles(words: str) -> list[_Role]:
    """Return every role word of folded *words*, in order."""
    return [_Role(tag_of(found), found.start(), found.end()) for found in _role_words().finditer(words)]


@cache
def _role_words() -> re.Pattern[str]:
    return tagged("purpose", "own", *_REASONS)


@cache
def _matches(key: str) -> re.Pattern[str]:
    return pattern("purpose", key)


def _is_label(words: str, role: _Role) -> bool:
    """Tell whether the role word opens a line or a sentence and is followed by what it labels."""
    lead = words[: role.start].rstrip(" (\"'\x02\x04\x05")
    opens = not lead or lead[-1] in ".;:|/•·*-–—)>"
    rest = words[role.end : role.end + 40]
    if role.key == "agency_trade":
        return opens and (not rest.strip() or _PUNCTUATED.match(rest) is not None)
    return opens and (
        ":" in rest
        or (role.key != "customer" and rest.lstrip().startswith(("-", "(", "\x04", "\x05")))
        or not rest.strip()
    )


_PUNCTUATED = re.compile(r"\s?[:–—(-]")


def _is_asked(words: str, role: _Role) -> bool:
    """Tell whether a sentence sends its reader to the company that *role* names, or lets that company answer.

    "Contactez le fabricant au ...", "assistance de l'importateur", "le fabricant Kordel répond au ..."; "votre
    partenaire répond au ..." is the merchant speaking of itself.
    """
    if role.key != "third_party":
        return False
    lead = words[max(0, role.start - _LEAD) : role.start]
    *_, asked = (None, *_matches("asked").finditer(lead))
    if asked is not None and _linking().issuperset(_WORD.findall(lead, asked.end())):
        return True
    determiner = _WORD.findall(lead)[-1:]
    answers = _matches("answers").search(words, role.end, role.end + _LEAD)
    if answers is None or not determiner or determiner[0] not in _linking():
        return False
    return _NAME.fullmatch(words, role.end, answers.start()) is not None


_LEAD = 50
"""How far the verb or noun that sends a reader to a company may stand from its name."""
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"\s?(?:[^\W_]{1,30}\s)?(?:[^\W_]{1,5}\s)?")
"""What may stand between a company and its verb: its name, a pronoun."""


@cache
def _linking() -> frozenset[str]:
    return frozenset(words("purpose", "linking"))


def _fills(words: str, role: _Role) -> bool:
    """Tell whether a heading says little more than the word ("Nos partenaires", not "Partenaire de vos projets")."""
    return len(words) - (role.end - role.start) <= _AROUND


_AROUND = 8


def _is_field(words: str) -> bool:
    found = _matches("fields").match(words)
    return found is not None and len(words) - found.end() <= 2


def _is_own_heading(words: str) -> bool:
    found = _matches("own_headings").match(words)
    return found is not None and len(words) == found.end()


def _is_menu_entry(document: Document, block: int, words: str) -> bool:
    """Tell whether a line is nothing but a link: an entry of a menu names a page, not the lines below it."""
    line = document.text[block : block + LONG].split(BREAK, 1)[0].strip()
    return len(words) <= _MENU_ENTRY and line in _link_words(document)


@lru_cache(maxsize=1)
def _link_words(document: Document) -> frozenset[str]:
    """Return the words of every link; remembered for the page at hand, since a page may ask often."""
    return frozenset(link.text for link in document.links)


_MENU_ENTRY = 60


def _reads_legal(document: Document, block: int) -> bool:
    """Tell whether the words around are those of a legal notice."""
    return (
        tagged("purpose", "legal").search(fold(document.text[max(0, block - 2 * REACH_ABOVE) : block + BEFORE]))
        is not None
    )
