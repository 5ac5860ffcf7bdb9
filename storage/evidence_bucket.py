"""Evidence in a bucket behind the S3 API: the same names and bytes as in a folder, for workers on many machines."""

import errno
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PurePosixPath
from threading import Lock
from typing import IO, Any

from storage.evidence_files import MAX_BYTES, Kept, file_name, name_in, packed, shard, unpacked
from storage.evidence_location import Bucket
from storage.evidence_troubles import is_absent, problem_of
from storage.problems import EvidenceProblem, StoreUnreachable

CONNECT_SECONDS = 10
"""How long a connection may take to be made (*ours*)."""
READ_SECONDS = 30
"""How long the service may be silent in the middle of an answer (*ours*)."""
TRIES = 4
"""How often a request is made before it is given up, with pauses of up to 1, 2 and 4 seconds between (*ours*)."""
CONNECTIONS = 32
"""Connections kept open by one process (*ours*); more requests than that wait."""
AT_ONCE = 1000
"""Keys listed, or removed, by one request; more the service does not do."""
_PACKED_AT_MOST = MAX_BYTES + 1_000_000


class EvidenceBucket:
    """A bucket, or what in it begins with a prefix.

    An object appears whole or not at all, and its digest is checked by the service when it arrives. ``put`` asks nothing first:
    one request writes the object, mends a damaged one, and renews its age, by which retention and repair know what is in use.
    Methods may be called from several threads at once.
    """

    def __init__(self, location: Bucket) -> None:
        self._location = location
        self._service: Any = None
        self._failures: tuple[type[BaseException], ...] = ()
        self._opening = Lock()

    def names(self) -> Iterator[str]:
        """Yield every name, in order and once."""
        return (kept.name for kept in self._listed())

    def inventory(self) -> Iterator[Kept]:
        """Yield every file, in order of the names, as the service lists them page by page."""
        return self._listed()

    def look(self, name: str) -> Kept | None:
        """Return what is known of the object under *name*; one request, whatever its suffix."""
        return next(self._listed(f"{shard(name)}/{name}."), None)

    def look_through(self, names: Iterable[str]) -> Iterator[tuple[str, Kept | None]]:
        """Compare *names* with one listing, from the first of them on."""
        files: Iterator[Kept] | None = None
        there: Kept | None = None
        for name in names:
            if files is None:
                files = self._listed(after=f"{shard(name)}/{name}")
                there = next(files, None)
            while there is not None and there.name < name:
                there = next(files, None)
            yield name, there if there is not None and there.name == name else None

    def content(self, kept: Kept) -> bytes | None:
        """Return what the object holds; one that is larger than anything that is kept is not fetched."""
        if kept.size > _PACKED_AT_MOST:
            return None
        with self.open(kept) as stream:
            return unpacked(stream, kept.file.name)

    def open(self, kept: Kept) -> IO[bytes]:
        """Fetch the object as it is kept; ``FileNotFoundError`` when it is gone."""
        return BytesIO(self._content(self._key(kept)))

    def put(self, name: str, content: bytes, suffix: str) -> None:
        """Write the object, over the same content where that is there."""
        key = f"{self._location.prefix}{shard(name)}/{file_name(name, suffix)}"
        self._change("be written to", "put_object", Key=key, Body=packed(content, suffix))

    def discard(self, files: Iterable[Kept]) -> None:
        """Remove *files*, a thousand in a request; what is gone already does no harm."""
        keys = [{"Key": self._key(kept)} for kept in files]
        for start in range(0, len(keys), AT_ONCE):
            wanted = {"Objects": keys[start : start + AT_ONCE], "Quiet": True}
            refused = self._change("be removed from", "delete_objects", Delete=wanted).get("Errors", [])
            if refused:
                what = f"{len(refused)} files of evidence cannot be removed from {self._location}: {refused[0].get('Code')}"
                raise EvidenceProblem(what, "allow s3:DeleteObject to these credentials")

    def take_away(self, kept: Kept, before: datetime) -> bool:
        """Look once more, and remove the object.

        The protocol has no removal on condition that every service knows: an object that is put again in the moment between
        both requests is lost, and named by the next repair. Only what nobody has put for an hour or more gets here.
        """
        now = self.look(kept.name)
        if now is None or now.written_at >= before:
            return False
        self.discard([now])
        return True

    def leftovers(self, before: datetime) -> list[Kept]:
        """Return nothing: an object that was not sent to its end is not there."""
        return []

    def top(self) -> set[str]:
        """Return the first names directly below the prefix, at most a thousand."""
        found = self._ask("be listed in", "list_objects_v2", Prefix=self._location.prefix, Delimiter="/")
        keys = [one["Key"] for one in found.get("Contents", ())] + [
            one["Prefix"] for one in found.get("CommonPrefixes", ())
        ]
        return {key.removeprefix(self._location.prefix).rstrip("/") for key in keys} - {""}

    def note(self, name: str) -> str:
        """Return the text of a small object directly below the prefix; ``FileNotFoundError`` where there is none."""
        return self._content(f"{self._location.prefix}{name}").decode("utf-8", "replace")

    def set_note(self, name: str, text: str | None) -> None:
        """Write a small object directly below the prefix, or remove it."""
        key = f"{self._location.prefix}{name}"
        if text is None:
            self._change("be removed from", "delete_object", Key=key)
        else:
            self._change("be written to", "put_object", Key=key, Body=text.encode())

    def _key(self, kept: Kept) -> str:
        return f"{self._location.prefix}{kept.file}"

    def _listed(self, start: str = "", after: str = "") -> Iterator[Kept]:
        """Yield the files whose key begins with *start*, below the prefix, and sorts behind *after*.

        One content that was put as two kinds of file is two objects; the second is seen once the first is gone.
        """
        prefix = self._location.prefix
        words: dict[str, Any] = {"Prefix": f"{prefix}{start}", "MaxKeys": AT_ONCE}
        if after:
            words["StartAfter"] = f"{prefix}{after}"
        last = ""
        while True:
            page = self._ask("be listed in", "list_objects_v2", **words)
            for one in page.get("Contents", ()):
                kept = _kept(one, prefix)
                if kept is None or kept.name == last:
                    continue
                if kept.name < last:
                    what = f"evidence in {self._location} is listed in no order"
                    raise StoreUnreachable(what, "use a bucket whose listings are sorted by key, as the S3 API says")
                last = kept.name
                yield kept
            if not page.get("IsTruncated"):
                return
            words["ContinuationToken"] = page["NextContinuationToken"]

    def _change(self, doing: str, method: str, **words: Any) -> dict[str, Any]:
        try:
            return self._ask(doing, method, **words)
        except StoreUnreachable as problem:
            raise EvidenceProblem(problem.what, problem.remedy) from problem.__cause__

    def _ask(self, doing: str, method: str, **words: Any) -> dict[str, Any]:
        bucket = self._location.bucket
        try:
            found: dict[str, Any] = self._answer(doing, lambda files: files.call_s3(method, Bucket=bucket, **words))
        except FileNotFoundError as error:
            raise problem_of(error, doing, self._location) from None
        return found

    def _content(self, key: str) -> bytes:
        path = f"{self._location.bucket}/{key}"
        content: bytes = self._answer("be read from", lambda files: files.cat_file(path, max_concurrency=1))
        return content

    def _answer(self, doing: str, question: Callable[[Any], Any]) -> Any:
        """Return the service's answer; what it has not raises ``FileNotFoundError``, all else :class:`StoreUnreachable`."""
        with self._opening:
            if self._service is None:
                self._service, self._failures = _service(self._location)
        try:
            return question(self._service)
        except self._failures as error:
            if is_absent(error):
                raise FileNotFoundError(errno.ENOENT, "there is no such object", str(self._location)) from None
            raise problem_of(error, doing, self._location) from error


def _service(location: Bucket) -> tuple[Any, tuple[type[BaseException], ...]]:
    """Return what speaks to the service, in a thread of its own, and what it raises where the service or the way to it fails."""
    try:
        from aiohttp import ClientError
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
        from fsspec.exceptions import FSTimeoutError  # type: ignore[import-untyped]
        from s3fs import S3FileSystem  # type: ignore[import-untyped]
    except ImportError:
        what = f"evidence in {location} needs packages that are not installed"
        raise StoreUnreachable(what, 'install them: pip install "barometer[s3]"') from None
    for chatty in ("aiobotocore", "botocore", "fsspec", "s3fs"):
        # What they tell for debugging holds signed requests.
        logging.getLogger(chatty).setLevel(logging.WARNING)
    words = {
        "connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS, "max_pool_connections": CONNECTIONS,
        "retries": {"total_max_attempts": TRIES, "mode": "standard"},
    }  # fmt: skip
    failures = (OSError, BotoCoreError, ClientError, FSTimeoutError)
    try:
        service = S3FileSystem(config_kwargs=words, use_listings_cache=False, skip_instance_cache=True)
        # Tries are counted in one place: botocore's, which knows what may be tried again.
        service.retries = 1
        service.connect()
    except failures as error:
        raise problem_of(error, "be reached in", location) from error
    return service, failures


def _kept(one: dict[str, Any], prefix: str) -> Kept | None:
    """Return an entry of a listing as a file of evidence, ``None`` for a stranger."""
    file = PurePosixPath(one["Key"].removeprefix(prefix))
    name = name_in(file.name)
    if name is None or str(file.parent) != shard(name):
        return None
    written_at: datetime = one["LastModified"]
    return Kept(file, int(one["Size"]), written_at.astimezone(UTC))
