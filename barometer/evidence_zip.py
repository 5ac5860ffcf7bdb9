"""An evidence file read without trust: what is wrong with it, one line each, and its content once nothing is.

It may come from anybody. Nothing is unpacked under a name that the file chose, and nothing is read without a limit.
"""

import hashlib
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from barometer.audit_files import RESULT_FILE, VISIT_FILE
from barometer.errors import UserError
from barometer.evidence_export import (
    LAYOUTS_FOLDER,
    MANIFEST_FILE,
    PAGES_FILE,
    PICTURES_FOLDER,
    README_FILE,
    SCHEMA,
    SUMS_FILE,
    sums_of,
)
from barometer.recorded import Recorded, paired, results_of
from barometer.reports.audit_contract import NotAnAuditError, parse_results
from barometer.reports.audit_folder import MAX_RESULT_BYTES
from barometer.visit_file import MAX_VISIT_BYTES, read_visits
from barometer.warc_file import Entry, entries, read_warc, warc_date
from spiders.reading import SiteReading
from storage.evidence import MAX_BYTES, EvidenceStore

MAX_FILES = 20_000
"""Most files in an evidence file (*ours*)."""
MAX_UNPACKED = 4_000_000_000
"""Most bytes it may hold unpacked (*ours*); its pages, unpacked once more, as many."""
MAX_LISTED = 32_000_000
"""Largest manifest or list of sums read, in bytes (*ours*)."""

_NEEDED = (VISIT_FILE, RESULT_FILE, PAGES_FILE, README_FILE, MANIFEST_FILE, SUMS_FILE)
_NAME = re.compile(
    rf"{'|'.join(map(re.escape, _NEEDED))}|{PICTURES_FOLDER}/[a-z0-9_-]{{1,80}}\.png|{LAYOUTS_FOLDER}/[a-z0-9_-]{{1,80}}\.json"
)
_CHUNK = 1_000_000
_BROKEN = (RuntimeError, NotImplementedError, ValueError, OverflowError, EOFError, zlib.error, struct.error)
"""What the reader of ZIP files raises for a damaged one, besides its own error."""
_SHA256 = r"^[0-9a-f]{64}$"


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Listed(_Part):
    name: str
    sha256: Annotated[str, Field(pattern=_SHA256)]
    size: Annotated[int, Field(ge=0)]
    what: str


class _Gone(_Part):
    evidence: Annotated[str, Field(pattern=_SHA256)]
    what: str
    url: str


class _Tool(_Part):
    version: str


class _Manifest(_Part):
    schema_name: Literal["barometer-evidence/1"] = Field(alias="schema")
    tool: _Tool
    visits: list[str]
    files: list[_Listed]
    missing: list[_Gone]


def problems(file: Path) -> list[str]:
    """Return what is wrong with the evidence file *file*, a line each; empty when all of it is as it was written.

    Raises :class:`UserError` where there is no such file.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return list(dict.fromkeys(_Check(archive).run()))
    except zipfile.BadZipFile as error:
        return [f"not a whole ZIP file: {error}"]
    except OSError as error:
        if error.errno is None or file.is_file():
            return [f"not a whole ZIP file: {error}"]
        raise UserError(f"{file}: {error.strerror}", "give a file of: barometer evidence export") from None
    except _BROKEN as error:
        return [f"not a whole ZIP file: {type(error).__name__}: {error}"]


@contextmanager
def unpacked(file: Path) -> Iterator[Recorded]:
    """Give the visits in the evidence file *file*, checked, their evidence unpacked to a folder that goes afterwards.

    Pictures stay where they are. Raises :class:`UserError` where anything is wrong with the file.
    """
    wrong = problems(file)
    if wrong:
        raise UserError(f"{file}: {wrong[0]}", f"see all of it with: barometer evidence verify {file.name}")
    with zipfile.ZipFile(file) as archive, tempfile.TemporaryDirectory(prefix="barometer-") as folder:
        store = EvidenceStore(folder)
        readings = read_visits(_content(archive, VISIT_FILE, MAX_VISIT_BYTES), VISIT_FILE)
        results = paired(readings, results_of(_content(archive, RESULT_FILE, MAX_RESULT_BYTES)), str(file))
        for name in archive.namelist():
            if name.startswith(f"{LAYOUTS_FOLDER}/"):
                store.put(_content(archive, name, MAX_BYTES), ".json")
        kept = {entry.key for reading in readings for entry in entries(reading, "") if entry.evidence is not None}
        with archive.open(PAGES_FILE) as stream:
            for record in read_warc(stream, MAX_UNPACKED):
                if record.key in kept:
                    store.put(record.payload, ".html")
        yield Recorded(readings, results, store)


class _Check:
    """The check of one file, from its outside to what its parts say of each other."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._sums: dict[str, str] = {}

    def run(self) -> Iterator[str]:
        """Yield every problem; later checks begin only once the earlier ones found none."""
        for check in (self._shape, self._listing, self._records):
            try:
                wrong = list(check())
            except ValueError as error:
                wrong = [str(error)]
            yield from wrong
            if wrong:
                return

    def _shape(self) -> Iterator[str]:
        listed = self._archive.infolist()
        if len(listed) > MAX_FILES:
            yield f"it holds {len(listed)} files, more than {MAX_FILES}"
            return
        names = [entry.filename for entry in listed]
        if sum(entry.file_size for entry in listed) > MAX_UNPACKED:
            yield f"unpacked it would take more than {MAX_UNPACKED // 1_000_000} MB"
        for entry in listed:
            mode = entry.external_attr >> 16
            if not _NAME.fullmatch(entry.filename) or (mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode)):
                yield f"{entry.filename[:100]!r} has no place in it"
            elif entry.flag_bits & 0x1:
                yield f"{entry.filename} is encrypted"
            elif entry.file_size > MAX_BYTES and entry.filename != PAGES_FILE:
                yield f"{entry.filename} is larger than any file that is kept"
        yield from (f"{name[:100]!r} is in it more than once" for name, times in Counter(names).items() if times > 1)
        for name in _NEEDED:
            if name not in names:
                yield f"{name} is missing"

    def _listing(self) -> Iterator[str]:
        """Check every file against the manifest and the sums."""
        try:
            manifest = _Manifest.model_validate_json(_content(self._archive, MANIFEST_FILE, MAX_LISTED))
        except ValidationError as error:
            yield f"{MANIFEST_FILE} is no manifest of {SCHEMA}: {error.errors(include_url=False)[0]['msg']}"
            return
        self._manifest = manifest
        listed = {entry.name: entry for entry in manifest.files}
        if len(listed) < len(manifest.files):
            yield f"{MANIFEST_FILE} lists a file more than once"
        for name in self._archive.namelist():
            size, self._sums[name] = self._sum(name)
            entry = listed.pop(name, None)
            if entry is None and name not in (MANIFEST_FILE, SUMS_FILE):
                yield f"{name} is not in {MANIFEST_FILE}"
            elif entry is not None and (entry.size, entry.sha256) != (size, self._sums[name]):
                yield f"{name} is not what {MANIFEST_FILE} says: changed, or damaged"
        yield from (f"{name[:100]!r} is in {MANIFEST_FILE} and not in the file" for name in listed)
        expected = sums_of({name: sha256 for name, sha256 in self._sums.items() if name != SUMS_FILE})
        if _content(self._archive, SUMS_FILE, MAX_LISTED) != expected.encode():
            yield f"{SUMS_FILE} does not hold the sums of the files"

    def _sum(self, name: str) -> tuple[int, str]:
        """Return the size and the SHA-256 of a file; a damaged one has a sum that no list holds."""
        sha256, size = hashlib.sha256(), 0
        try:
            with self._archive.open(name) as stream:
                while chunk := stream.read(_CHUNK):
                    sha256.update(chunk)
                    size += len(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return -1, "damaged"
        return size, sha256.hexdigest()

    def _records(self) -> Iterator[str]:
        """Check that the parts belong together: result, visit, and the evidence that the visit names."""
        try:
            readings = read_visits(_content(self._archive, VISIT_FILE, MAX_VISIT_BYTES), VISIT_FILE)
            content = _content(self._archive, RESULT_FILE, MAX_RESULT_BYTES)
            parse_results(content)
            results = paired(readings, results_of(content), "the file")
        except NotAnAuditError as error:
            yield f"{RESULT_FILE} is no audit result: {error}"
            return
        except UserError as error:
            yield error.what
            return
        if [reading.visit.id for reading in readings] != self._manifest.visits:
            yield f"{MANIFEST_FILE} names other visits than {VISIT_FILE}"
        for reading, result in zip(readings, results, strict=True):
            if result["site"]["url"] != reading.visit.url:
                yield f"{RESULT_FILE} is of another site than {VISIT_FILE}"
        gone = {entry.evidence for entry in self._manifest.missing}
        yield from self._files(readings, gone)
        yield from self._pages(readings, gone)

    def _files(self, readings: list[SiteReading], gone: set[str]) -> Iterator[str]:
        there = set(self._sums.values()) | gone
        for state in (state for reading in readings for state in reading.states):
            for what, name in (("layout", state.layout), ("picture", state.picture)):
                if name is not None and name not in there:
                    yield f"the {what} of {state.url[:200]} is neither in it nor listed as missing"

    def _pages(self, readings: list[SiteReading], gone: set[str]) -> Iterator[str]:
        """Check that the archive of the pages holds what the records name, at the address and time they name."""
        software = f"barometer/{self._manifest.tool.version}"
        wanted: dict[str, Entry] = {
            entry.key: entry for reading in readings for entry in entries(reading, software)
        }  # fmt: skip
        try:
            with self._archive.open(PAGES_FILE) as stream:
                for record in read_warc(stream, MAX_UNPACKED):
                    entry = wanted.pop(record.key, None)
                    if entry is None:
                        yield f"{PAGES_FILE} holds a record that {VISIT_FILE} does not name: {record.key[:60]!r}"
                    elif not _agrees(entry, record.headers, record.payload):
                        yield f"{PAGES_FILE}: {entry.url[:200] or entry.kind} is not what {VISIT_FILE} says"
        except ValueError as error:
            yield f"{PAGES_FILE}: {error}"
            return
        for entry in wanted.values():
            if entry.evidence is None or entry.evidence not in gone:
                yield f"{entry.url[:200] or entry.kind} is neither in {PAGES_FILE} nor listed as missing"


def _agrees(entry: Entry, headers: dict[str, str], payload: bytes) -> bool:
    told = (headers.get("warc-type"), headers.get("warc-target-uri", ""), headers.get("warc-date"))
    expected = entry.evidence or hashlib.sha256(entry.content).hexdigest()
    return told == (entry.kind, entry.url, warc_date(entry.at)) and hashlib.sha256(payload).hexdigest() == expected


def _content(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return the content of *name*; raises ``ValueError`` where it is larger than *most* bytes or damaged."""
    try:
        with archive.open(name) as stream:
            content = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{name} is damaged: {error}") from None
    if len(content) > most:
        raise ValueError(f"{name} is larger than {most // 1_000_000} MB")
    return content
