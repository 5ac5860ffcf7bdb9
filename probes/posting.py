"""The probe of the channel ``x``, for an account that its owner lets post: everybody else is assisted."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from probes.api_answer import ApiError, NoConnection, RateLimited
from probes.http import Api, InsecureAddress
from probes.probe import Blocked, Checked, Delivery, NotSent, Outgoing, Sent, Unclear, Unreachable
from probes.x.client import Account, NotAllowed, XClient
from probes.x.login import App, Login, NotAuthorised
from probes.x.token_file import TokenFileError, TokenStore
from probes.x.wording import NoHandle, TooLong, draft
from storage.vocabulary import BlockedBy, Channel


class PostProbe:
    """Posts the public question, with the merchant's name in front, from *account*; used as an asynchronous context."""

    channel = Channel.X

    def __init__(
        self, address: str, app: App, store: TokenStore, account: Account, headers: Mapping[str, str] | None = None
    ) -> None:
        self._address, self._app, self._store, self._account = address, app, store, account
        self._headers = headers or {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the interface; raises :class:`Unreachable` where the account's tokens cannot be read, or its address is unsafe."""
        try:
            api = await self._open.enter_async_context(Api(self._address, headers=self._headers))
            self._client = XClient(api, Login(api, self._app, self._store), self._account)
        except (TokenFileError, InsecureAddress) as error:
            await self._open.aclose()
            raise Unreachable(str(error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self._open.aclose()

    async def check(self, target: str) -> Checked:
        """Return whether there is such an account; raises :class:`Unreachable` where X does not say."""
        try:
            await self._client.user_id_of(_handle(target))
        except NoHandle as error:
            return Checked(False, str(error))
        except (ApiError, TokenFileError) as error:
            if getattr(error, "status", None) in (200, 404):
                return Checked(False, f"X knows no account {_handle(target)}")
            raise Unreachable(f"X: {error}") from error
        return Checked(True)

    async def deliver(self, outgoing: Outgoing, handing_over: Callable[[], Awaitable[None]]) -> Delivery:
        """Post, and return what became of it (see :class:`~probes.probe.Probe`); ``t0`` is the post's own time."""
        try:
            post = draft(_handle(outgoing.target), outgoing.body)
            await self._client.ready()
        except (NoHandle, TooLong) as error:
            return Blocked(BlockedBy.NOT_UNDERSTOOD, str(error))
        except (ApiError, TokenFileError) as error:
            raise Unreachable(f"X: {error}") from error
        await handing_over()
        try:
            posted = await self._client.post(post.text)
        except RateLimited as error:
            return NotSent(str(error), error.until)
        except (NotAllowed, NotAuthorised, NoConnection, TokenFileError) as error:
            return NotSent(str(error))
        except ApiError as error:
            return Unclear(str(error)) if error.may_have_acted else Blocked(BlockedBy.REJECTED, str(error))
        link = f"https://x.com/i/status/{posted.id}"
        return Sent(posted.created_at, f"posted as {posted.id}", link=link)


def _handle(target: str) -> str:
    """Return the name in the address of an account, or *target* itself."""
    return urlsplit(target).path.strip("/").partition("/")[0] if "/" in target else target
