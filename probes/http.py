"""Web APIs, spoken to with bounds: time, size, tries, and not a word about secrets.

The only importer of httpx. A call ends with an :class:`Answer` or with an :class:`ApiError`, which says whether a write
may nevertheless have been carried out: such a write is never tried again.
"""

import asyncio
import json
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_address
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import quote, urlsplit

import httpx
from pydantic import SecretStr

from probes.api_answer import (
    UNSAID_LIMIT,
    Answer,
    ApiError,
    BadAnswer,
    NoConnection,
    RateLimited,
    Unanswered,
    may_pass,
    next_call,
    plain,
    problem_in,
)
from storage.records import utc_now

MAX_BODY = 4 * 1024 * 1024
"""Bytes of an answer that are read (*ours*: a hundred posts or comments with all their fields take some 300 kB)."""

LONGEST_ECHO = 65_536
"""Characters of a refusal that are searched for secrets, before all but the first few hundred are dropped (*ours*)."""

Secretive = Mapping[str, str | SecretStr]
"""Parameters, of which some may be secret."""

_CREDENTIAL = re.compile(
    r"(?i)\b((?:access_token|refresh_token|client_secret|appsecret_proof|fb_exchange_token)[\"']?\s?[=:]\s?[\"']?)[^\s\"'&,;]+"
)
_AUTHORIZATION = re.compile(r"(?i)\b(Bearer\s)[A-Za-z0-9._~+/=|-]{8,}")
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

# httpx logs every URL it asks for, and some APIs want their token in it; httpcore logs headers.
for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(lambda _: False)


class InsecureAddress(ValueError):
    """Credentials are sent over TLS, and in the clear to this machine only."""


class BadSecret(ValueError):
    """A secret is empty or holds what no header can carry, such as a line feed at the end of a file."""


class Patience(NamedTuple):
    """How long a call may take, in seconds, and how often it is tried (*ours*)."""

    connect: float = 10.0
    answer: float = 30.0
    tries: int = 3
    pause: float = 1.0
    longest_wait: float = 60.0


class _Call(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes = b""

    @property
    def what(self) -> str:
        return plain(f"{self.method} {self.path}")

    @property
    def writes(self) -> bool:
        return self.method != "GET"


class Api:
    """The API below one address, open as a context: ``async with Api("https://api.example") as api``.

    A read is tried again after a lost connection, 429 or 5xx, as the answer's ``Retry-After`` or ``x-rate-limit-reset``
    says; a write only where nothing can have happened. No redirect is followed, so no credential reaches another host. No
    connection is kept: one that the server has just closed would make a write doubtful.

    Raises :class:`InsecureAddress` for an address that is neither ``https`` nor ``http`` on loopback.
    """

    def __init__(
        self,
        address: str,
        *,
        patience: Patience | None = None,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.now = now
        self._address = _checked(address)
        self._patience = patience or Patience()
        self._headers = {
            "User-Agent": "barometer",
            "Accept": "application/json, application/problem+json;q=0.9",
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        self._tls = tls
        self._sleep = sleep
        self._secrets: set[str] = set()
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        # The environment's proxy is for the world outside: this machine is reached directly.
        outside = self._address.startswith("https:")
        client = httpx.AsyncClient(
            verify=self._tls or True,
            trust_env=outside,
            timeout=httpx.Timeout(self._patience.answer, connect=self._patience.connect),
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=0),
            follow_redirects=False,
        )
        self._client = await self._open.enter_async_context(client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def get(self, path: str, query: Secretive | None = None, *, headers: Secretive | None = None) -> Answer:
        """Return the answer to reading *path*; raises :class:`ApiError`."""
        return await self._answered(_Call("GET", path, self._told(query), self._told(headers)))

    async def post_json(self, path: str, document: object, *, headers: Secretive | None = None) -> Answer:
        """Return the answer to writing *document*; raises :class:`ApiError`."""
        told = self._told(headers) | {"Content-Type": "application/json"}
        return await self._answered(_Call("POST", path, {}, told, json.dumps(document).encode()))

    async def post_form(self, path: str, form: Secretive, *, headers: Secretive | None = None) -> Answer:
        """Return the answer to writing *form*; raises :class:`ApiError`."""
        told = self._told(headers) | {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._answered(_Call("POST", path, {}, told, str(httpx.QueryParams(self._told(form))).encode()))

    def _told(self, parameters: Secretive | None) -> dict[str, str]:
        """Return *parameters* as they are sent; what is secret of them is from now on kept out of every text.

        Raises :class:`BadSecret`.
        """
        told = {}
        for name, value in (parameters or {}).items():
            if isinstance(value, SecretStr):
                told[name] = value.get_secret_value()
                secret = _checked_secret(told[name]).rpartition(" ")[2]
                self._secrets |= {secret, quote(secret, safe="")}
            else:
                told[name] = value
        return told

    async def _answered(self, call: _Call) -> Answer:
        for left in reversed(range(self._patience.tries)):
            pause = self._patience.pause * 2 ** (self._patience.tries - 1 - left)
            try:
                answer = await self._once(call)
            except ApiError as failure:
                if not left or failure.may_have_acted or isinstance(failure, BadAnswer):
                    raise
                await self._sleep(pause)
                continue
            if not may_pass(answer):
                return self._accepted(answer)
            until = next_call(answer)
            wait = max(pause, (until - answer.at).total_seconds()) if until else pause
            if left and wait <= self._patience.longest_wait:
                await self._sleep(wait)
            elif answer.status == HTTPStatus.TOO_MANY_REQUESTS or (until and wait > self._patience.longest_wait):
                raise RateLimited(call.what, max(until or answer.at + UNSAID_LIMIT, answer.at))
            else:
                return self._accepted(answer)
        raise NoConnection(f"{call.what}: no try was allowed")

    async def _once(self, call: _Call) -> Answer:
        try:
            async with asyncio.timeout(self._patience.answer + self._patience.connect):
                return await self._exchange(call)
        except _NOT_SENT as failure:
            raise NoConnection(f"{call.what}: {self._clean(str(failure)) or type(failure).__name__}") from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
            why = self._clean(str(failure)) or type(failure).__name__
            raise Unanswered(f"{call.what}: {why}", may_have_acted=call.writes) from None

    async def _exchange(self, call: _Call) -> Answer:
        request = self._client.build_request(
            call.method,
            self._address + call.path,
            params=call.query or None,
            headers=[(name.encode(), value.encode()) for name, value in {**self._headers, **call.headers}.items()],
            content=call.content or None,
        )
        response = await self._client.send(request, stream=True)
        try:
            answer = Answer(call.what, response.status_code, _lowered(response), b"", self.now(), call.writes)
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise answer.bad("the answer is compressed, which was not asked for")
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > MAX_BODY:
                    raise answer.bad(f"the answer is longer than {MAX_BODY} bytes")
        finally:
            await response.aclose()
        return replace(answer, body=bytes(body))

    def _accepted(self, answer: Answer) -> Answer:
        if answer.status < 300:
            return answer
        if answer.status < 400:
            raise answer.bad(f"{answer.status}, and a redirect is not followed")
        raise problem_in(answer, self._clean)

    def _clean(self, text: str) -> str:
        """Return the start of *text* without a secret of ours, whatever the server chose to repeat."""
        text = text[:LONGEST_ECHO]
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return plain(_AUTHORIZATION.sub(r"\1[secret]", _CREDENTIAL.sub(r"\1[secret]", text)))


def _checked(address: str) -> str:
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not host or parts.username or parts.query or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise InsecureAddress(f"{parts.scheme}://{host} is no https address, and credentials are sent over TLS only")
    return address.rstrip("/")


def _checked_secret(secret: str) -> str:
    if not (secret.strip() == secret != "" and secret.isascii() and secret.isprintable()):
        raise BadSecret("a secret must be printable ASCII without spaces around it")
    return secret


def _lowered(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
