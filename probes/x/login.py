"""The account's authorisation at X (OAuth 2.0, user context): the token in hand, and its renewal.

A refresh token works once, and its successor comes with the answer. So one renewal runs at a time, whichever process
it is in, and the successor is on the disk before the new access token is used. The first tokens come from a person,
who authorises the program with the scopes ``tweet.read users.read offline.access``, and ``tweet.write dm.read dm.write``
for what the account may do beyond reading posts.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from pydantic import SecretStr

from probes.api_answer import Answer, ApiError, ApiProblem, RateLimited
from probes.http import Api, Secretive
from probes.x.token_file import Tokens, TokenStore, is_token
from probes.x.wording import NoPost, identifier

RENEWAL = "/2/oauth2/token"
"""Where tokens are renewed (documented with the X API; its OpenAPI description leaves it out)."""
EARLY = timedelta(minutes=1)
"""A token is renewed this long before it ends (*ours*)."""
USUAL_LIFE = 7200
"""Seconds that an access token is good for where the answer does not say (documented with the X API)."""
_REFUSALS = (400, 401, 403)
_LONGEST_LIFE = 10**8


class NotGranted(ApiError):
    """X gave no tokens for a code: a person must open the link again."""


class NotAuthorised(ApiError):
    """X takes neither the token nor its refreshment: a person must authorise the program again."""


class RenewalFailed(ApiError):
    """The token was not renewed, for a reason that may pass; what was to be sent was not."""


@dataclass(frozen=True)
class App:
    """The program as X knows it; ``secret`` is ``None`` for a public client."""

    client_id: str
    secret: SecretStr | None = None


class Login:
    """The account's authorisation, for as long as the refresh token is good."""

    def __init__(self, api: Api, app: App, store: TokenStore) -> None:
        self._api = api
        self._app = app
        self._store = store
        self._tokens = store.load()

    async def ready(self) -> None:
        """See to it that the token in hand is good for a while; raises what :meth:`call` raises."""
        if self._tokens.expires_at <= self._api.now() + EARLY:
            await self._renew(self._tokens)

    async def call(self, send: Callable[[Secretive], Awaitable[Answer]]) -> Answer:
        """Return the answer to *send*, which is given the headers to send with; a refused token is renewed once.

        A request that X does not authorise does nothing, so it may be sent again. Raises :class:`ApiError`,
        :class:`NotAuthorised` where a person must authorise again, and :class:`TokenFileError`.
        """
        await self.ready()
        used = self._tokens
        try:
            return await send(self._headers())
        except ApiProblem as refused:
            if refused.status != 401:
                raise
        await self._renew(used)
        try:
            return await send(self._headers())
        except ApiProblem as refused:
            if refused.status != 401:
                raise
            raise NotAuthorised(str(refused)) from None

    def _headers(self) -> Secretive:
        return {"Authorization": SecretStr(f"Bearer {self._tokens.access.get_secret_value()}")}

    async def _renew(self, ended: Tokens) -> None:
        """Replace the tokens *ended*, by those that another task or process has got meanwhile if there are any."""
        async with self._store.alone():
            stored = self._store.load()
            if stored == ended or stored.expires_at <= self._api.now() + EARLY:
                # The refresh token is spent with the call: first see that its successor can be kept.
                self._store.save(stored)
                stored = self._tokens = await self._renewed(stored)
                self._store.save(stored)
            self._tokens = stored

    async def _renewed(self, tokens: Tokens) -> Tokens:
        form: dict[str, str | SecretStr] = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        try:
            return _granted(await _asked_by(self._api, self._app, form), tokens)
        except RateLimited:
            raise
        except ApiProblem as refused:
            if refused.status in _REFUSALS:
                raise NotAuthorised(f"{refused}; the account must be authorised again") from None
            raise RenewalFailed(str(refused)) from None
        except ApiError as failure:
            raise RenewalFailed(str(failure)) from None


async def first_tokens(api: Api, app: App, code: SecretStr, verifier: SecretStr, redirect: str) -> Tokens:
    """Return the tokens for the *code* of a person who came back to *redirect*; see :mod:`probes.x.authorising`.

    Raises :class:`NotGranted` where X gives none, or none that can be renewed. The code is spent, whatever comes of it.
    """
    form: dict[str, str | SecretStr] = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier,
    }  # fmt: skip
    try:
        answer = await _asked_by(api, app, form)
        if not is_token(answer.members().get("refresh_token")):
            raise answer.bad("no refresh_token in it: the scope offline.access was not granted")
        return _granted(answer, Tokens(code, code, answer.at))
    except ApiError as failure:
        raise NotGranted(str(failure)) from None


async def account_of(api: Api, tokens: Tokens) -> str:
    """Return the ID of the account that *tokens* belong to; empty where X does not say."""
    header = SecretStr(f"Bearer {tokens.access.get_secret_value()}")
    try:
        found = (await api.get("/2/users/me", headers={"Authorization": header})).members().get("data")
        return identifier(found.get("id") if isinstance(found, dict) else None)
    except (ApiError, NoPost):
        return ""


async def _asked_by(api: Api, app: App, form: dict[str, str | SecretStr]) -> Answer:
    """Return the answer to *form* from *app*, which a confidential client signs and a public one names itself in."""
    if app.secret is None:
        return await api.post_form(RENEWAL, {**form, "client_id": app.client_id})
    return await api.post_form(RENEWAL, form, headers={"Authorization": _basic(app.client_id, app.secret)})


def _granted(answer: Answer, former: Tokens) -> Tokens:
    """Return the tokens of *answer*; where it has no refresh token, the former one goes on."""
    found = answer.members()
    access, refresh, life = found.get("access_token"), found.get("refresh_token"), found.get("expires_in", USUAL_LIFE)
    if not is_token(access):
        raise answer.bad("no access_token in it")
    seconds = life if type(life) is int and 0 < life < _LONGEST_LIFE else USUAL_LIFE
    kept = SecretStr(refresh) if is_token(refresh) else former.refresh
    return Tokens(SecretStr(access), kept, answer.at + timedelta(seconds=seconds))


def _basic(client_id: str, secret: SecretStr) -> SecretStr:
    """Return the header of a confidential client (RFC 6749, 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(secret.get_secret_value(), safe='')}"
    return SecretStr(f"Basic {b64encode(pair.encode()).decode()}")
