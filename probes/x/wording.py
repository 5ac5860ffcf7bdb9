"""What a person is asked to post on X, and what the link of their post tells. Pure."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from tldextract import TLDExtract

from probes.social import Draft, written

LONGEST_POST = 280
"""Weight of the longest post of an ordinary account (documented with the counting rules of X)."""
LINK_WEIGHT = 23
"""What every link weighs, whatever its length (same source)."""
LONGEST_MESSAGE = 10_000
"""Characters of the longest direct message (documented with the X API)."""

_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Code points that weigh 1; all others weigh 2 (configuration 3 of twitter-text)."""
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
"""Millisecond 1288834974657 of Unix time, from which IDs count (documented with the IDs of X)."""
_FIRST_TIMED = 29_700_859_247
"""The first ID that holds a time; smaller ones were plain numbers."""
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_ID = re.compile(r"[0-9]{1,19}")
_LARGEST_ID = 2**63 - 1
_HOSTS = frozenset({"x.com", "www.x.com", "mobile.x.com", "twitter.com", "www.twitter.com", "mobile.twitter.com"})
_POST_PATH = re.compile(r"/(?:[A-Za-z0-9_]{1,15}|i/web|i)/status(?:es)?/([0-9]{1,19})(?:/.{0,100})?", re.S)
_LINK = re.compile(
    r"(?:https?://)?((?:[\w-]{1,63}\.){1,9}[\w-]{2,63})(?::\d{1,5})?(?:/[A-Za-z0-9!*';:=+,.$%#\[\]_~@&/?-]{0,2000})?",
    re.I,
)


class TooLong(ValueError):
    """The text weighs more than a post may: ``weight`` against ``limit``."""

    def __init__(self, weight: int, limit: int) -> None:
        self.weight, self.limit = weight, limit
        super().__init__(f"the text weighs {weight}, and X takes {limit}")


class NoHandle(ValueError):
    """Not the name of an account on X."""


class NoPost(ValueError):
    """Not the link, or not the ID, of a post on X."""


class PostLink(NamedTuple):
    """The post that a link names, and when it was made (aware, UTC)."""

    post_id: str
    created_at: datetime


def draft(handle: str, wording: str) -> Draft:
    """Return the post that asks the account *handle* what *wording* says, with the link that opens it ready to be sent.

    Raises :class:`NoHandle`, and :class:`TooLong` when it is too long with the mention.
    """
    name = account_name(handle)
    said = written(wording).strip()
    mention = re.compile(rf"(?<![\w@])@{name}(?!\w)", re.I | re.A)
    text = fitting(said if mention.search(said) else f"@{name} {said}")
    return Draft(text, f"https://x.com/intent/post?text={quote(text, safe='')}")


def message_draft(user_id: str, wording: str) -> Draft:
    """Return the direct message to the account *user_id*, with the link that opens it.

    Raises :class:`NoPost` for an ID that is none, and :class:`TooLong`.
    """
    text = fitting_message(written(wording).strip())
    recipient = identifier(user_id)
    return Draft(text, f"https://x.com/messages/compose?recipient_id={recipient}&text={quote(text, safe='')}")


def account_name(handle: str) -> str:
    """Return *handle* without its ``@``; raises :class:`NoHandle`."""
    name = handle.strip().removeprefix("@")
    if not _HANDLE.fullmatch(name):
        raise NoHandle("an account on X has a name of 1 to 15 letters, digits and underscores")
    return name


def fitting(text: str) -> str:
    """Return *text*, composed (NFC); raises :class:`TooLong` when it weighs more than a post may."""
    composed = unicodedata.normalize("NFC", text)
    if (weight := weight_of(composed)) > LONGEST_POST:
        raise TooLong(weight, LONGEST_POST)
    return composed


def fitting_message(text: str) -> str:
    """Return *text*; raises :class:`TooLong` when it is longer than a direct message may be."""
    if len(text) > LONGEST_MESSAGE:
        raise TooLong(len(text), LONGEST_MESSAGE)
    return text


def weight_of(text: str) -> int:
    """Return what *text* weighs on X; where we differ from X, we mean to find more.

    Links are found by a public suffix, as X does; an emoji made of several code points weighs 2 there and more here.
    """
    composed = unicodedata.normalize("NFC", text)
    rest: list[str] = []
    links = 0
    end = 0
    for link in _LINK.finditer(composed):
        if _is_public(link.group(1)):
            links += 1
            rest.append(composed[end : link.start()])
            end = link.start() + len(link.group().rstrip(".,;:!'"))
    rest.append(composed[end:])
    return LINK_WEIGHT * links + sum(_weight(ord(character)) for part in rest for character in part)


def identifier(value: object) -> str:
    """Return *value* where it is an ID of X; raises :class:`NoPost`."""
    if not isinstance(value, str) or not _ID.fullmatch(value) or int(value) > _LARGEST_ID:
        raise NoPost("an ID of X has 1 to 19 digits")
    return value


def post_of(link: str) -> PostLink:
    """Return the post that the pasted *link* names; raises :class:`NoPost`."""
    try:
        parts = urlsplit(link.strip()[:2000])
        host = parts.hostname
    except ValueError:
        raise NoPost("this is no link") from None
    path = _POST_PATH.fullmatch(parts.path)
    if parts.scheme not in ("https", "http") or host not in _HOSTS or path is None:
        raise NoPost("the link of a post on X looks like https://x.com/name/status/1234567890")
    return PostLink(path.group(1), created_at_of(path.group(1)))


def post_id_of(link: str) -> str:
    """Return the ID of the post that the pasted *link* names; raises :class:`NoPost`."""
    return post_of(link).post_id


def created_at_of(post_id: str) -> datetime:
    """Return when the post, message or event *post_id* was made, as its ID says (to the millisecond, UTC).

    Raises :class:`NoPost` for an ID of before November 2010, which holds no time.
    """
    number = int(identifier(post_id))
    if number < _FIRST_TIMED:
        raise NoPost("this ID of X holds no time")
    return _EPOCH + timedelta(milliseconds=number >> 22)


def _weight(code_point: int) -> int:
    return 1 if any(first <= code_point <= last for first, last in _LIGHT) else 2


def _is_public(host: str) -> bool:
    return bool(_suffixes()(host).suffix)


@cache
def _suffixes() -> TLDExtract:
    """Return the public suffixes as they came with the library: nothing is fetched."""
    return TLDExtract(suffix_list_urls=(), cache_dir=None)
