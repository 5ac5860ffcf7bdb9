"""Where evidence is kept: a folder, or a bucket behind the S3 API."""

import re
from pathlib import Path
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/|[Ss]3:")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"(?:[A-Za-z0-9_.=-]+(?:/[A-Za-z0-9_.=-]+)*)?")
_MAX_PREFIX = 800
"""Longest prefix, in characters; with the name of a file it stays below the 1024 that a key may have."""


class Bucket(str):
    """The address of a bucket, and of a part of it: ``s3://BUCKET`` or ``s3://BUCKET/PREFIX``. It holds no secret.

    Which service that is, its region and the credentials come from the usual ``AWS_`` variables or ``~/.aws``.
    """

    __slots__ = ()

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """What every key begins with: empty, or ended by a slash."""
        inside = self.removeprefix("s3://").partition("/")[2]
        return f"{inside}/" if inside else ""


Location = Path | Bucket
"""A folder, or a bucket."""


def evidence_location(given: Path | str) -> Location:
    """Return where *given* says that evidence is kept; anything that is no address is a folder.

    Raises ``ValueError``, said in words and without what was given, for an empty text, an address that is none of S3, one
    with credentials in it, and names that a bucket or its keys cannot have.
    """
    if isinstance(given, Path | Bucket):
        return _folder(given) if isinstance(given, Path) else given
    if not _ADDRESS.match(given):
        return _folder(Path(given))
    try:
        address = urlsplit(given)
        words = (address.netloc, address.query, address.fragment)
    except ValueError:
        raise ValueError("is no address; write s3://BUCKET/PREFIX, or the path of a folder") from None
    if "@" in given or address.query or address.fragment:
        raise ValueError(
            "holds more than a bucket and a prefix; credentials and the endpoint belong into AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL, or into ~/.aws"
        )
    if address.scheme != "s3" or not given.startswith("s3://"):
        raise ValueError("is an address of no kind that is known; write s3://BUCKET/PREFIX, or the path of a folder")
    prefix = address.path.strip("/")
    if not _BUCKET.fullmatch(words[0]) or ".." in words[0]:
        raise ValueError("names no bucket; its name has 3 to 63 small letters, digits, dots and hyphens")
    if not _PREFIX.fullmatch(prefix) or len(prefix) > _MAX_PREFIX or {".", ".."} & set(prefix.split("/")):
        raise ValueError("names no prefix; write letters, digits, hyphens and underscores, with single slashes between")
    return Bucket(f"s3://{words[0]}/{prefix}".removesuffix("/"))


def _folder(path: Path) -> Path:
    if path == Path():
        raise ValueError("is empty; name a folder, such as var/evidence")
    return path
