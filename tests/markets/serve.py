"""Serve the test markets: every folder beside this file with an ``expected.toml``, each on its own loopback address."""

import itertools
import mimetypes
import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from barometer.demo.loopback import Reply, serving

MARKETS = Path(__file__).parent
ANSWERS = "_redirects.toml"


def slugs() -> list[str]:
    """Return the names of all markets, sorted."""
    return sorted(path.parent.name for path in MARKETS.glob("*/expected.toml"))


def expected(slug: str) -> dict[str, Any]:
    """Return the truth about market *slug* as its ``expected.toml`` tells it."""
    return tomllib.loads((MARKETS / slug / "expected.toml").read_text("utf-8"))


def home_path(slug: str) -> str:
    """Return the path at which market *slug* is entered."""
    return str(expected(slug).get("options", {}).get("home", "/"))


def hosts(slug: str) -> list[str]:
    """Return the host names of market *slug*, that of its home page first; none where it is read by its address."""
    return list(expected(slug).get("options", {}).get("hosts", []))


@contextmanager
def serve_markets(
    chosen: Sequence[str] | None = None, host: str = "127.10.0.1", port: int = 0
) -> Iterator[dict[str, str]]:
    """Serve the *chosen* markets (by default all) while the context is open; yield each home address by slug."""
    names = list(slugs() if chosen is None else chosen)
    with serving([MarketSite(MARKETS / name / "site") for name in names], host, port) as addresses:
        yield {name: address + home_path(name) for name, address in zip(names, addresses, strict=True)}


class MarketSite:
    """A folder as a web site: a path is looked up as given, then with ``index.html``, then with ``.html``.

    ``_redirects.toml`` in the folder names paths that are answered otherwise. In a page, ``%SESSION%`` is replaced by a
    new session number on every request, ``%NEXT%`` by the number after the last one in the request target.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._sessions = itertools.count(0x5EED)
        told = self._folder / ANSWERS
        self._answers = tomllib.loads(told.read_text("utf-8"))["answer"] if told.is_file() else []

    def __call__(self, method: str, target: str) -> Reply:
        """Return what the site answers to a request for *target*."""
        path = unquote(urlsplit(target).path)
        answer: dict[str, Any] = next((answer for answer in self._answers if _matches(answer["path"], path)), {})
        headers = [*answer.get("headers", {}).items()]
        if "location" in answer:
            headers.append(("Location", answer["location"]))
        status = answer.get("status", HTTPStatus.FOUND if "location" in answer else HTTPStatus.OK)
        file = self._folder / answer["file"] if "file" in answer else self.find(path)
        if file is None:
            missing = HTTPStatus.NOT_FOUND if status == HTTPStatus.OK else status
            return Reply(missing, b"<!doctype html><title>404</title><p>Page introuvable.</p>", headers=tuple(headers))
        return Reply(status, self._filled(file, target), _media_type(file), tuple(headers))

    def find(self, path: str) -> Path | None:
        """Return the file that is sent for *path*, or ``None``."""
        bare = path.lstrip("/")
        for name in (bare, f"{bare.rstrip('/')}/index.html".lstrip("/"), f"{bare.rstrip('/')}.html"):
            file = (self._folder / name).resolve()
            if file.is_file() and self._folder in file.parents and file.name != ANSWERS:
                return file
        return None

    def _filled(self, file: Path, target: str) -> bytes:
        body = file.read_bytes()
        if b"%SESSION%" in body:
            body = body.replace(b"%SESSION%", f"{next(self._sessions) * 2654435761 % 2**64:016x}".encode())
        if b"%NEXT%" in body:
            numbers = re.findall(r"\d+", target) or ["0"]
            body = body.replace(b"%NEXT%", str(int(numbers[-1][-9:]) + 1).encode())
        return body


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _media_type(file: Path) -> str:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
