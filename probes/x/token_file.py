"""Where an account's OAuth 2.0 tokens are kept: in a file that only its owner can read."""

import asyncio
import fcntl
import json
import os
import stat
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeGuard
from uuid import uuid4

from pydantic import SecretStr

_LARGEST_FILE = 65_536
_WAIT_SECONDS = 0.2
_WAITS = 1500
"""As many as the slowest renewal of another takes, and some more."""


class TokenFileError(Exception):
    """The file of tokens cannot be read, kept or trusted; the text says why and never what is in it."""


@dataclass(frozen=True)
class Tokens:
    """What lets the program act for one account; ``expires_at`` is aware, in UTC."""

    access: SecretStr
    refresh: SecretStr
    expires_at: datetime


class TokenStore(Protocol):
    """Where tokens are kept."""

    def load(self) -> Tokens:
        """Return the tokens; raises :class:`TokenFileError`."""

    def save(self, tokens: Tokens) -> None:
        """Keep *tokens* in place of the former; raises :class:`TokenFileError`."""

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Return a context that one task of one process at a time may be in; raises :class:`TokenFileError`."""


class TokenFile:
    """Tokens in a JSON file of mode 0600: ``access_token``, ``refresh_token``, ``expires_at`` (ISO 8601)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Tokens:
        """Return the tokens; raises :class:`TokenFileError`, also where others may read the file."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                state = os.fstat(descriptor)
                text = file.read(_LARGEST_FILE) if stat.S_ISREG(state.st_mode) else b""
        except OSError as problem:
            raise TokenFileError(f"{self._path}: {problem.strerror}") from None
        if state.st_mode & 0o077:
            raise TokenFileError(f"{self._path}: others may read it; give it mode 0600")
        try:
            found = json.loads(text)
            expires_at = datetime.fromisoformat(found["expires_at"])
            access, refresh = found["access_token"], found["refresh_token"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise TokenFileError(f"{self._path}: no access_token, refresh_token and expires_at") from None
        if expires_at.tzinfo is None:
            raise TokenFileError(f"{self._path}: expires_at has no offset")
        if not (is_token(access) and is_token(refresh)):
            raise TokenFileError(f"{self._path}: a token is printable ASCII without spaces around it")
        return Tokens(SecretStr(access), SecretStr(refresh), expires_at)

    def save(self, tokens: Tokens) -> None:
        """Replace the file in one step, so that a crash leaves the old tokens or the new; raises :class:`TokenFileError`."""
        text = json.dumps(
            {
                "access_token": tokens.access.get_secret_value(),
                "refresh_token": tokens.refresh.get_secret_value(),
                "expires_at": tokens.expires_at.astimezone(UTC).isoformat(),
            }
        )
        new = self._path.with_name(f".{self._path.name}.{uuid4().hex}")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            new.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as problem:
            raise TokenFileError(f"{self._path}: {problem.strerror}") from None
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold a lock beside the file; raises :class:`TokenFileError` when another holds it for five minutes."""
        lock = self._path.with_name(f"{self._path.name}.lock")
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as problem:
            raise TokenFileError(f"{lock}: {problem.strerror}") from None
        try:
            await _locked(descriptor, lock)
            yield
        finally:
            os.close(descriptor)


def is_token(value: object) -> TypeGuard[str]:
    """Tell whether *value* can be sent as a token."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value.strip() == value != ""


async def _locked(descriptor: int, lock: Path) -> None:
    """Wait for the lock without stopping the other tasks, of which one may hold it."""
    for _ in range(_WAITS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            await asyncio.sleep(_WAIT_SECONDS)
        except OSError as problem:
            raise TokenFileError(f"{lock}: {problem.strerror}") from None
    raise TokenFileError(f"{lock}: another process has held it for {_WAITS * _WAIT_SECONDS:.0f} s")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
