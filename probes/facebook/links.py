"""What a person is asked to write on Facebook, and what the link of a post or comment tells. Pure."""

import re
from base64 import b64decode
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from probes.social import Draft, written

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
_HOST = re.compile(r"(?:(?:www|m|web|mbasic|touch|[a-z]{2}-[a-z]{2})\.)?facebook\.com|fb\.com|www\.fb\.com")
_NUMBER = re.compile(r"[0-9]{1,25}")
_OPAQUE = re.compile(r"pfbid[A-Za-z0-9]{10,120}")
_COMMENT = re.compile(r"comment:[0-9]{1,25}_([0-9]{1,25})")
_MEDIA_PARTS = frozenset({"photos", "videos"})
_NO_PAGES = frozenset(
    {"groups", "share", "watch", "reel", "photo", "photo.php", "permalink.php", "story.php", "profile.php", "login"}
)
_NOTHING = "this address of Facebook names no page, post or comment"


class LinkKind(StrEnum):
    """What a link names."""

    PAGE = "page"
    POST = "post"
    MEDIA = "media"
    COMMENT = "comment"
    OPAQUE = "opaque"
    """A post under a name (``pfbid``, ``share``) that the Graph API takes no question about."""


class FacebookLink(NamedTuple):
    """What a pasted link names; what it does not tell is empty. IDs are digits, ``page`` a name or digits."""

    kind: LinkKind
    page: str = ""
    post_id: str = ""
    comment_id: str = ""

    @property
    def graph_id(self) -> str:
        """The post as the Graph API names it, empty where the link does not give both numbers or its post is opaque."""
        whole = _NUMBER.fullmatch(self.page) and _NUMBER.fullmatch(self.post_id)
        return f"{self.page}_{self.post_id}" if whole else ""


class NoFacebookLink(ValueError):
    """Not the link of a page, post or comment on Facebook, or not the name of a page."""


def post_draft(page: str, wording: str) -> Draft:
    """Return what to write on the page *page*, with its address; raises :class:`NoFacebookLink`."""
    return Draft(written(wording).strip(), f"https://www.facebook.com/{page_name(page)}")


def message_draft(page: str, wording: str) -> Draft:
    """Return the message to the page *page*, with the link that opens the conversation; raises :class:`NoFacebookLink`.

    Messenger may or may not take over the text of the link: the person has it beside them.
    """
    text = written(wording).strip()
    return Draft(text, f"https://m.me/{page_name(page)}?text={quote(text, safe='')}")


def page_name(page: str) -> str:
    """Return the name or number *page*; raises :class:`NoFacebookLink`."""
    if not _NAME.fullmatch(page):
        raise NoFacebookLink("a page of Facebook has a name of letters, digits, dots and hyphens, or a number")
    return page


def link_kind(url: str) -> FacebookLink:
    """Return what the pasted *url* names; raises :class:`NoFacebookLink`."""
    try:
        parts = urlsplit(url.strip()[:2000])
        host = (parts.hostname or "").lower()
    except ValueError:
        raise NoFacebookLink("this is no link") from None
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host):
        raise NoFacebookLink("the link of a post on Facebook starts with https://www.facebook.com/")
    query = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=None).items()}
    found = _of_path([part for part in parts.path.split("/") if part], query)
    comment = _comment(query.get("reply_comment_id", "")) or _comment(query.get("comment_id", ""))
    if comment and found.kind is not LinkKind.PAGE:
        return found._replace(kind=LinkKind.COMMENT, comment_id=comment)
    return found


def _of_path(path: list[str], query: dict[str, str]) -> FacebookLink:
    match path:
        case ["permalink.php" | "story.php"]:
            found = _post(query.get("story_fbid", ""), query.get("id", ""))
        case ["photo" | "photo.php"]:
            found = _media(query.get("fbid", ""))
        case ["watch"]:
            found = _media(query.get("v", ""))
        case ["reel", number]:
            found = _media(number)
        case ["share", _, *_]:
            found = FacebookLink(LinkKind.OPAQUE)
        case ["profile.php"]:
            found = FacebookLink(LinkKind.PAGE, _number(query.get("id", "")))
        case ["groups", group, "posts" | "permalink", name]:
            found = _post(name, group)
        case [page, *rest] if page.lower() not in _NO_PAGES:
            found = _of_page(page_name(page), rest)
        case _:
            raise NoFacebookLink(_NOTHING)
    return found


def _of_page(page: str, rest: list[str]) -> FacebookLink:
    if not rest:
        return FacebookLink(LinkKind.PAGE, page)
    if rest[0] == "posts" and len(rest) in (2, 3):
        return _post(rest[-1], page)
    if rest[0] in _MEDIA_PARTS and len(rest) >= 2:
        return _media(rest[-1], page)
    raise NoFacebookLink(_NOTHING)


def _post(name: str, page: str) -> FacebookLink:
    owner = page if _NAME.fullmatch(page) else ""
    if _OPAQUE.fullmatch(name):
        return FacebookLink(LinkKind.OPAQUE, owner)
    return FacebookLink(LinkKind.POST, owner, _number(name))


def _media(number: str, page: str = "") -> FacebookLink:
    return FacebookLink(LinkKind.MEDIA, page, _number(number))


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise NoFacebookLink("this address of Facebook holds no number of a post")
    return text


def _comment(value: str) -> str:
    """Return the number of a comment; Facebook writes it plainly, or with its post's in base64. Empty where there is none."""
    if _NUMBER.fullmatch(value):
        return value
    try:
        plain = b64decode(value[:200], validate=True).decode("ascii")
    except ValueError:
        return ""
    found = _COMMENT.fullmatch(plain)
    return found.group(1) if found else ""
