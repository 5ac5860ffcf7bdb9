"""The stored pages of a visit as a WARC file (ISO 28500, version 1.1), and such a file read back without trust.

Pages as they were sent are ``resource`` records, the visible HTML of a rendered state is a ``conversion``, and what came with
it (status, headers, times) a ``metadata`` record in JSON that refers to it. Keys, dates and digests come from the records of
the visit, so that the same visit gives the same file.
"""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from ipaddress import ip_address
from typing import IO, Any, NamedTuple
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid5

from warcio.warcwriter import WARCWriter

from spiders.reading import SiteReading
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.records import Page, PageState, Visit

WARC_VERSION = "1.1"
"""Version of the format; dates to the microsecond need it."""
MAX_LINE = 65_536
"""Longest line of a record's header, in bytes (*ours*)."""
MAX_HEADERS = 100
"""Most header lines of a record (*ours*)."""
MAX_PAYLOAD = 100_000_000
"""Largest page read from a file, in bytes (*ours*)."""

_LEAST_HEADER = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


class Entry(NamedTuple):
    """One record of the file: its key, kind, address and date; the evidence it holds, or its content itself."""

    key: str
    kind: str
    url: str
    at: datetime
    content_type: str
    evidence: str | None = None
    content: bytes = b""
    address: str | None = None
    refers_to: str | None = None


class Missing(NamedTuple):
    """Evidence that the records name and that is not there any more."""

    evidence: str
    what: str
    url: str


class Record(NamedTuple):
    """A record as it was read: its headers by name in lower case, and its payload."""

    headers: dict[str, str]
    payload: bytes

    @property
    def key(self) -> str:
        """The key of the record, a UUID without its prefix."""
        return self.headers.get("warc-record-id", "").removeprefix("<urn:uuid:").removesuffix(">")


def entries(reading: SiteReading, software: str) -> Iterator[Entry]:
    """Yield what the file of *reading* holds, in order; *software* names the tool and its version."""
    visit = reading.visit
    yield _about(visit, software)
    if visit.robots is not None:
        parts = urlsplit(visit.final_url or visit.url)
        key = uuid5(UUID(visit.id), "robots.txt")
        url = f"{parts.scheme}://{parts.netloc}/robots.txt"
        yield Entry(str(key), "resource", _address(url), visit.started_at, "text/plain", visit.robots)
    yield from (_of_page(page, page.evidence) for page in reading.pages if page.evidence is not None)
    for state in reading.states:
        if state.html is not None:
            yield _of_state(state, state.html)
        yield _about_state(state)


def write_warc(out: IO[bytes], listed: Iterator[Entry], evidence: EvidenceStore) -> Iterator[Missing]:
    """Write the records *listed* to *out*, one gzip member each; yield what could not be written, since it is gone.

    Only one page is in memory at a time.
    """
    writer = WARCWriter(out, gzip=True, warc_version=WARC_VERSION)
    about: str | None = None
    for entry in listed:
        content = entry.content
        if entry.evidence is not None:
            try:
                content = evidence.get(entry.evidence)
            except EvidenceProblem:
                yield Missing(entry.evidence, "page", entry.url)
                continue
        if entry.kind == "warcinfo":
            about = entry.key
        writer.write_record(_warc_record(writer, entry, content, about))


def read_warc(stream: IO[bytes], most_bytes: int) -> Iterator[Record]:
    """Yield the records of a gzipped WARC file, each payload checked against the digest in its header.

    Raises ``ValueError`` for a file that is none, is cut short, holds a damaged record or more than *most_bytes* unpacked.
    """
    left = most_bytes
    try:
        with gzip.GzipFile(fileobj=stream) as unpacked:
            while (line := unpacked.readline(MAX_LINE)) != b"":
                if not line.startswith(b"WARC/1."):
                    raise ValueError("no WARC record where one should begin")
                headers = _headers(unpacked)
                length = int(headers["content-length"])
                left -= length + _LEAST_HEADER
                if not 0 <= length <= MAX_PAYLOAD or left < 0:
                    raise ValueError("a record is larger than any page")
                payload = unpacked.read(length)
                if len(payload) < length or unpacked.read(4) != b"\r\n\r\n":
                    raise ValueError("a record is cut short")
                _check_digests(headers, payload)
                yield Record(headers, payload)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"damaged: {error}") from None


def _about(visit: Visit, software: str) -> Entry:
    fields = {
        "software": software,
        "format": f"WARC File Format {WARC_VERSION}",
        "http-header-user-agent": visit.user_agent or "",
        "robots": "obey",
    }
    lines = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in fields.items() if value)
    return Entry(
        str(UUID(visit.id)), "warcinfo", "", visit.started_at, "application/warc-fields", content=lines.encode()
    )  # fmt: skip


def _of_page(page: Page, name: str) -> Entry:
    kind = _one_line(page.content_type or "text/html").encode("ascii", "replace").decode()
    return Entry(str(UUID(page.id)), "resource", _address(page.url), page.fetched_at, kind, name)


def _of_state(state: PageState, name: str) -> Entry:
    return Entry(
        str(UUID(state.id)), "conversion", _address(state.url), state.seen_at, "text/html; charset=utf-8", name,
        address=_ip(state.address),
    )  # fmt: skip


def _about_state(state: PageState) -> Entry:
    told = {
        "page": state.page_url,
        "http_status": state.http_status,
        "headers": state.headers,
        "response_seconds": state.response_seconds,
        "bytes": state.bytes,
        "consent": state.consent,
        "age_gate": state.age_gate,
    }
    return Entry(
        str(uuid5(UUID(state.id), "metadata")), "metadata", _address(state.url), state.seen_at, "application/json",
        content=json.dumps(told).encode(), address=_ip(state.address),
        refers_to=str(UUID(state.id)) if state.html is not None else None,
    )  # fmt: skip


def _warc_record(writer: WARCWriter, entry: Entry, content: bytes, about: str | None) -> Any:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    headers = {
        "WARC-Record-ID": _urn(entry.key),
        "WARC-Date": warc_date(entry.at),
        "WARC-Block-Digest": digest,
        "WARC-Payload-Digest": None if entry.kind == "warcinfo" else digest,
        "WARC-IP-Address": entry.address,
        "WARC-Refers-To": _urn(entry.refers_to) if entry.refers_to else None,
        "WARC-Warcinfo-ID": _urn(about) if about and about != entry.key else None,
    }
    return writer.create_warc_record(
        entry.url,
        entry.kind,
        payload=BytesIO(content),
        length=len(content),
        warc_content_type=entry.content_type,
        warc_headers_dict={name: value for name, value in headers.items() if value is not None},
    )


def warc_date(moment: datetime) -> str:
    """Return *moment* as a record's header has it: UTC, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _headers(stream: gzip.GzipFile) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE)
        if line == b"\r\n":
            if not re.fullmatch(r"[0-9]{1,12}", headers.get("content-length", "")):
                raise ValueError("a record does not tell its length")
            return headers
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon or not line.endswith(b"\r\n"):
            raise ValueError("a record's header is broken")
        headers[name.strip().lower()] = value.strip()
    raise ValueError("a record's header does not end")


def _check_digests(headers: dict[str, str], payload: bytes) -> None:
    digest = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    for name in ("warc-block-digest", "warc-payload-digest"):
        if headers.get(name, digest) != digest:
            raise ValueError(f"the record {headers.get('warc-record-id', '')[:60]} is not what its digest says")


def _urn(key: str) -> str:
    return f"<urn:uuid:{key}>"


def _address(url: str) -> str:
    """Return *url* as a record's header can hold it: nothing in it begins a new line."""
    return quote(url.encode("utf-8", "replace"), safe=_URL_SAFE)


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode().strip()[:1000]


def _ip(address: str | None) -> str | None:
    """Return *address* where it is an IP address, without port and brackets, else ``None``."""
    try:
        return str(ip_address((address or "").strip("[]")))
    except ValueError:
        return None
