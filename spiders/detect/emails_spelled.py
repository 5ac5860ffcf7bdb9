"""Addresses that a page spells out so that machines do not read them: "contact [at] boutique [point] fr"."""

import re
from collections.abc import Iterator
from functools import cache

from spiders.detect.addresses import Written, address_at, has_public_suffix, local_start, valid_address
from spiders.detect.lexicon import fold, pattern, words

_OPEN, _CLOSE = r"[\[({<|_]", r"[\])}>|_]"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_BRACKETED = re.compile(rf"{_OPEN}\s?([^\W\d_]{{1,14}}|@)\s?{_CLOSE}")
_SPACED_AT = re.compile(r"(?<=[^\W_])(?: @ |@ )(?=[^\W_])")


def spelled_addresses(text: str, lowered: str) -> Iterator[tuple[Written, float]]:
    """Yield the addresses spelled out in *text* with how sure they are, from 0 to 1; linear in its length.

    *lowered* is the same text in lower case, which callers have at hand.
    Signs in brackets are read wherever a local part and a domain stand around them. Plain words for the sign count when
    they mean nothing else ("arobase"), or when the dots are spelled out too and the address stands alone ("jane at
    example dot com"); "at the dot" in a sentence is no address.
    """
    for sign in _BRACKETED.finditer(text):
        word = fold(sign.group(1))
        if word in _bracketed_signs() and (len(word) > 1 or word == "@" or _is_tight(text, sign)):
            found = _address(text, sign.start(), sign.end(), _domain())
            if found is not None:
                yield found, 0.9
    if "@ " in text:
        yield from _spaced(text)
    if "%40" in text:
        yield from _percent_encoded(text)
    yield from _in_plain_words(text, lowered)


def _is_tight(text: str, sign: re.Match[str]) -> bool:
    """Tell whether a one-letter sign touches its neighbours: "(a)" also numbers the clauses of a contract."""
    return text[sign.start() - 1 : sign.start()].isalnum() and text[sign.end() : sign.end() + 1].isalnum()


def _spaced(text: str) -> Iterator[tuple[Written, float]]:
    for sign in _SPACED_AT.finditer(text):
        found = _address(text, sign.start(), sign.end(), _domain())
        if found is not None and has_public_suffix(found.address.rpartition("@")[2]):
            yield found, 0.8


def _percent_encoded(text: str) -> Iterator[tuple[Written, float]]:
    at = text.find("%40")
    while at >= 0:
        found = address_at(text, at, width=3)
        if found is not None:
            yield found, 0.8
        at = text.find("%40", at + 3)


def _in_plain_words(text: str, lowered: str) -> Iterator[tuple[Written, float]]:
    if any(word in lowered for word in _unmistakable_between_spaces()):
        for sign in _unmistakable().finditer(text):
            found = _address(text, sign.start(), sign.end(), _domain())
            if found is not None:
                yield found, 0.9
    if any(word in lowered for word in _dots_between_spaces()) and any(
        word in lowered for word in _bare_between_spaces()
    ):
        for sign in _bare().finditer(text):
            found = _address(text, sign.start(), sign.end(), _wordy_domain())
            if found is not None and _stands_alone(text, found) and _is_domain(found):
                yield found, 0.7


def _address(text: str, sign_start: int, sign_end: int, domain_form: re.Pattern[str]) -> Written | None:
    local_end = sign_start
    while local_end > max(0, sign_start - 3) and text[local_end - 1] == " ":
        local_end -= 1
    start = local_start(text, local_end)
    if start == local_end or text[start - 1 : start] == "@":
        return None
    domain = domain_form.match(text, sign_end, sign_end + 160)
    if domain is None:
        return None
    name = _dots().sub(".", domain.group().strip())
    if name.lower().startswith("www."):
        return None
    address = valid_address(f"{text[start:local_end]}@{name}")
    return Written(start, domain.end(), address) if address else None


def _stands_alone(text: str, found: Written) -> bool:
    """Tell whether an address begins its line, follows a colon or bracket, or the words before ask to write."""
    line = text[max(text.rfind("\n", 0, found.start), found.start - 60) + 1 : found.start].rstrip(" \x02\x04\x05")
    return not line or not line[-1].isalnum() or pattern("emails", "asks_to_write").search(fold(line)) is not None


def _is_domain(found: Written) -> bool:
    domain = found.address.rpartition("@")[2]
    return has_public_suffix(domain) and fold(domain.partition(".")[0]) not in words("emails", "not_domains")


@cache
def _bracketed_signs() -> frozenset[str]:
    return frozenset((*words("emails", "at_bracketed"), *words("emails", "at_unmistakable")))


@cache
def _dots() -> re.Pattern[str]:
    spelled = _alternatives(word for word in words("emails", "dot") if word != ".")
    bracketed = rf"\s{{0,3}}{_OPEN}\s?(?:{spelled}|\.)\s?{_CLOSE}\s{{0,3}}"
    return re.compile(rf"{bracketed}|[ ]{{1,3}}(?:(?:{spelled})[ ]|\.[ ])[ ]{{0,2}}", re.I)


@cache
def _domain() -> re.Pattern[str]:
    """A domain after its sign: dots spelled out first, plain dots after them; "x.fr point de vente" ends at "fr"."""
    dot = _dots().pattern
    return re.compile(
        rf"\s{{0,3}}{_LABEL}(?:(?:(?:{dot}){_LABEL}){{1,5}}(?:\.{_LABEL}){{0,4}}|(?:\.{_LABEL}){{1,5}})", re.I
    )


@cache
def _wordy_domain() -> re.Pattern[str]:
    dot = _dots().pattern
    return re.compile(rf"{_LABEL}(?:(?:{dot}){_LABEL}){{1,5}}(?:\.{_LABEL}){{0,4}}", re.I)


@cache
def _unmistakable() -> re.Pattern[str]:
    return re.compile(rf"[ ](?:{_alternatives(words('emails', 'at_unmistakable'))})[ ](?=[^\W_])", re.I)


@cache
def _bare() -> re.Pattern[str]:
    """A plain "at" with a name and a spelled dot after it, tested in one step: " at " is common in English."""
    spelled = _alternatives(word for word in words("emails", "dot") if word != ".")
    ats = _alternatives((*words("emails", "at_bare"), "ät"))
    return re.compile(rf"(?<=[^\W_])[ ](?:{ats})[ ](?=[\w-]{{1,63}}[ ](?:{spelled})[ ])", re.I)


@cache
def _unmistakable_between_spaces() -> tuple[str, ...]:
    """Return what to look for first: the beginnings of these words, since several of them share theirs."""
    beginnings = {f" {word[:5]}" for word in words("emails", "at_unmistakable")}
    return tuple(sorted(beginnings))


@cache
def _bare_between_spaces() -> tuple[str, ...]:
    return tuple(f" {word} " for word in (*words("emails", "at_bare"), "ät"))


@cache
def _dots_between_spaces() -> tuple[str, ...]:
    """Return what to look for first: the beginnings of these words."""
    return tuple(sorted({f" {word[:3]}" for word in words("emails", "dot") if word != "."}))


def _alternatives(entries: Iterator[str] | tuple[str, ...]) -> str:
    return "|".join(re.escape(entry) for entry in sorted(entries, key=lambda entry: (-len(entry), entry)))
