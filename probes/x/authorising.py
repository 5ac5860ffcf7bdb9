"""The first authorisation of the program by a person: a link to open, and what the address they come back with says. Pure.

OAuth 2.0 with PKCE (RFC 6749, 4.1; RFC 7636), as X wants it. The browser is sent to an address of the operator's own choice,
where nothing needs to listen: the person copies it from the browser, and it holds a code that is good once.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from pydantic import SecretStr

from probes.api_answer import plain
from probes.x.token_file import is_token

PAGE = "https://x.com/i/oauth2/authorize"
"""Where a person authorises a program (documented with the X API)."""
READING = ("tweet.read", "users.read", "offline.access")
"""What is always asked for; the last lets tokens be renewed."""
POSTING = ("tweet.write",)
MESSAGING = ("dm.read", "dm.write")
LONGEST_ADDRESS = 4_096
"""Characters of a pasted address (*ours*: what a terminal takes as one line)."""
_MOST_PARAMETERS = 20


class NotAnAnswer(ValueError):
    """What was pasted does not answer this request for authorisation, or says that it was refused."""


class Asked(NamedTuple):
    """One request for authorisation: the link that a person opens, and what only we know of it until they come back."""

    link: str
    redirect: str
    state: SecretStr
    verifier: SecretStr


def asking(client_id: str, redirect: str, scopes: Sequence[str]) -> Asked:
    """Return a new request by *client_id* for *scopes*; the browser comes back to *redirect*, as registered with X.

    Raises ``ValueError`` for a *redirect* that is no address over TLS or on this machine: a code must not travel in the clear.
    """
    parts = urlsplit(redirect)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
    if not safe or not parts.hostname or parts.query or parts.fragment or not redirect.isprintable():
        raise ValueError("is neither an https address nor one on this machine, without ? and #")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": client_id, "redirect_uri": redirect, "scope": " ".join(scopes),
        "state": state, "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    return Asked(f"{PAGE}?{urlencode(query)}", redirect, SecretStr(state), SecretStr(verifier))


def code_in(pasted: str, asked: Asked) -> SecretStr:
    """Return the code in the *pasted* address that answers *asked*.

    Raises :class:`NotAnAnswer` for another address, another request's answer, and a refusal; never with what was pasted.
    """
    address = pasted.strip()
    try:
        parts = urlsplit(address) if len(address) <= LONGEST_ADDRESS else urlsplit("")
        given = parse_qsl(parts.query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise NotAnAnswer("this is no address") from None
    if _place(parts) != _place(urlsplit(asked.redirect)):
        raise NotAnAnswer(f"the address does not begin with {asked.redirect}")
    found = dict(given)
    if len(found) != len(given):
        raise NotAnAnswer("the address says the same thing twice")
    if not hmac.compare_digest(
        found.get("state", "").encode("utf-8", "replace"), asked.state.get_secret_value().encode()
    ):
        raise NotAnAnswer("the address answers another request; open the link that was just printed")
    if "error" in found:
        raise NotAnAnswer(f"X says: {plain(found['error'], 60)}")
    code = found.get("code")
    if not is_token(code):
        raise NotAnAnswer("the address holds no code")
    return SecretStr(code)


def _place(parts: SplitResult) -> tuple[str, str, str]:
    return parts.scheme, parts.netloc.lower(), parts.path or "/"
