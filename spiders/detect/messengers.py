"""Links that open a conversation: WhatsApp by number or business code, Messenger by page."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from storage.vocabulary import SetAsideReason


class Conversation(NamedTuple):
    """What a link opens: the service, its own short address, why it is not the merchant's (``None`` if it may be)."""

    service: str
    address: str
    why_not: SetAsideReason | None = None


WHATSAPP, MESSENGER = "whatsapp", "messenger"
_NUMBER = re.compile(r"\+?(?:00)?(\d{6,15})")
_NOT_OWN = SetAsideReason.NOT_OWN_ACCOUNT


@lru_cache(maxsize=4096)
def conversation_at(url: str) -> Conversation | None:
    """Return the conversation that the absolute address *url* opens, or ``None`` where it opens none.

    WhatsApp numbers become ``https://wa.me/<digits>``, as WhatsApp documents its links. Share links without a number,
    group invitations and channels are no way to reach a merchant and carry the reason.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme == "whatsapp" or host in _WHATSAPP_HOSTS:
        return _whatsapp(host, parts.path.strip("/"), parts.query, url)
    page = parts.path.strip("/")
    if host == "m.me" or (host == "messenger.com" and page.startswith("t/")):
        name = unquote(page.removeprefix("t/").partition("/")[0])
        return Conversation(MESSENGER, f"https://m.me/{name}" if name else url, None if name else _NOT_OWN)
    return None


_WHATSAPP_HOSTS = frozenset(
    {"wa.me", "wa.link", "api.whatsapp.com", "web.whatsapp.com", "whatsapp.com", "chat.whatsapp.com"}
)


def _whatsapp(host: str, path: str, query: str, url: str) -> Conversation:
    if host == "wa.link" or (host in ("wa.me", "api.whatsapp.com") and path.startswith(("message/", "qr/"))):
        return Conversation(WHATSAPP, url.partition("?")[0], None if path else _NOT_OWN)
    asked = (
        next((value for key, value in parse_qsl(query, max_num_fields=50) if key.lower() == "phone"), "")
        if query
        else ""
    )
    given = asked or (
        path.partition("/")[0] if host == "wa.me" else path.removeprefix("catalog/") if host == "whatsapp.com" else ""
    )
    number = _NUMBER.fullmatch(re.sub(r"[\s().-]", "", unquote(given)[:40]))
    if number is None:
        return Conversation(WHATSAPP, url.partition("?")[0], _NOT_OWN)
    digits = number.group(1)
    return Conversation(
        WHATSAPP, f"https://wa.me/{digits}", SetAsideReason.PLACEHOLDER if _is_made_up(digits) else None
    )


def _is_made_up(digits: str) -> bool:
    """Tell whether *digits* count up, repeat, or are crossed out, as theme authors leave them."""
    return any(digits.endswith(tail) for tail in ("123456789", "1234567890", "12345678")) or len(set(digits[-8:])) == 1
