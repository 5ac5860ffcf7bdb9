"""The evidence of a visit as one ZIP file that anybody can check without this tool.

The same visit gives the same bytes: nothing in the file tells when or where it was written. Files are written as they are
read, one page or picture at a time.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from barometer.audit_files import RESULT_FILE, VISIT_FILE, json_file
from barometer.errors import UserError
from barometer.proof import drawn
from barometer.recorded import Recorded
from barometer.result import best_sightings, state_of
from barometer.settings import tool_version
from barometer.visit_file import visit_json
from barometer.warc_file import Missing, entries, write_warc
from spiders.reading import SiteReading
from storage.problems import EvidenceProblem
from storage.vocabulary import Channel

SCHEMA = "barometer-evidence/1"
"""Names the shape of the manifest and of the file it describes."""
MANIFEST_FILE = "manifest.json"
PAGES_FILE = "pages.warc.gz"
SUMS_FILE = "SHA256SUMS"
README_FILE = "README.txt"
PICTURES_FOLDER = "pictures"
LAYOUTS_FOLDER = "layouts"

Json = dict[str, Any]

_STORED = (".png", ".gz")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_README = """Evidence of one look at one website.

What is in it
  result.json     what was measured: how many clicks each contact channel is away, and the way there
  visit.json      what was recorded: every page, click and sighting, with times (UTC)
  pages.warc.gz   the pages as they were received, in the WARC format of web archives (ISO 28500)
  layouts/        where the visible parts of each rendered state of a page stood
  pictures/       what each state looked like; NAME.png and NAME-crop.png show where a channel was seen
  manifest.json   what each file is, its size and its SHA-256, and what is missing because it was retired
  SHA256SUMS      the SHA-256 of every file but itself

How to check that nothing was changed, without the tool that wrote it
  sha256sum -c SHA256SUMS         on Linux; shasum -a 256 -c SHA256SUMS on macOS
  warcio check -v pages.warc.gz   any reader of web archives will do; every record carries its digest
The names of pages in visit.json (evidence, html, layout, picture, robots) are the SHA-256 of the files they stand for.

How to check it with the tool
  barometer evidence verify FILE.zip   all of the above at once
  barometer replay FILE.zip --check    looks for the channels again in the stored pages, and compares
"""


class Exported(NamedTuple):
    """What was written: the number of files, and the evidence that was missing."""

    files: int
    missing: list[Missing]


class File(NamedTuple):
    """A file of the export, as the manifest and the sums tell of it."""

    name: str
    sha256: str
    size: int
    what: str


def export(recorded: Recorded, out: Path) -> Exported:
    """Write the evidence of *recorded* to *out*, whole or not at all.

    Evidence that was retired is told and listed as missing. Raises :class:`UserError` where *out* cannot be written.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w") as archive:
            written = _Export(archive, recorded).write()
        draft.replace(out)
    except OSError as error:
        raise UserError(f"{out}: {error.strerror or error}", "give a file that can be written") from None
    finally:
        draft.unlink(missing_ok=True)
    return written


class _Export:
    """One file in the making."""

    def __init__(self, archive: zipfile.ZipFile, recorded: Recorded) -> None:
        self._archive = archive
        self._readings = recorded.readings
        self._results = [cast(Json, json.loads(json.dumps(result))) for result in recorded.results]
        self._evidence = recorded.evidence
        self._files: list[File] = []
        self._missing: list[Missing] = []

    def write(self) -> Exported:
        """Write everything, what describes the rest last."""
        self._text(VISIT_FILE, visit_json(self._readings), "the records of the visit")
        self._pages()
        for reading, result in zip(self._readings, self._results, strict=True):
            self._channels(reading, result, self._states(reading))
        one = self._results[0] if len(self._results) == 1 else self._results
        self._text(RESULT_FILE, json_file(one), "what was measured")
        self._text(README_FILE, _README, "how to check this file")
        self._text(MANIFEST_FILE, json_file(self._manifest()), "what each file is")
        sums = sums_of({file.name: file.sha256 for file in self._files})
        self._text(SUMS_FILE, sums, "the SHA-256 of every file")
        return Exported(len(self._files), self._missing)

    def _manifest(self) -> Json:
        return {
            "schema": SCHEMA,
            "tool": {"version": tool_version()},
            "visits": [reading.visit.id for reading in self._readings],
            "files": [file._asdict() for file in sorted(self._files)],
            "missing": [missing._asdict() for missing in self._missing],
        }

    def _pages(self) -> None:
        software = f"barometer/{tool_version()}"
        with self._file(PAGES_FILE, "the pages as they were received") as out:
            for reading in self._readings:
                self._missing += write_warc(out, entries(reading, software), self._evidence)

    def _states(self, reading: SiteReading) -> dict[str, str]:
        """Write what was kept of each state; return the names of the pictures by their states' keys."""
        pictures: dict[str, str] = {}
        for number, state in enumerate(reading.states, 1):
            name = f"{self._prefix(reading)}state-{number:03}"
            self._stored(state.layout, f"{LAYOUTS_FOLDER}/{name}.json", "layout", state.url)
            if self._stored(state.picture, f"{PICTURES_FOLDER}/{name}.png", "picture", state.url):
                pictures[state.id] = f"{PICTURES_FOLDER}/{name}.png"
        return pictures

    def _channels(self, reading: SiteReading, result: Json, pictures: dict[str, str]) -> None:
        """Draw where each channel was seen; the result names the pictures as they lie in this file."""
        best = best_sightings(reading)
        before = {state.url: pictures.get(state.id) for state in reversed(reading.states) if not state.hovered}
        for name, channel in result["channels"].items():
            for step in channel["path"] or []:
                step["screenshot"] = before.get(step["from"])
            if channel["proof"]:
                channel["proof"]["screenshot"] = None
            sighting = best.get(Channel(name))
            shown = drawn(self._evidence, sighting, state_of(reading, sighting)) if sighting is not None else None
            if shown is None or not channel["values"]:
                continue
            file = f"{PICTURES_FOLDER}/{self._prefix(reading)}{name}"
            self._bytes(f"{file}.png", shown[0], f"where {name} was seen on the whole page")
            self._bytes(f"{file}-crop.png", shown[1], f"where {name} was seen, close up")
            if channel["proof"]:
                channel["proof"]["screenshot"] = f"{file}.png"

    def _prefix(self, reading: SiteReading) -> str:
        return f"{reading.visit.profile}-" if len(self._readings) > 1 else ""

    def _stored(self, evidence: str | None, name: str, what: str, url: str) -> bool:
        """Write a stored file under *name*; return whether it was there."""
        if evidence is None:
            return False
        try:
            content = self._evidence.get(evidence)
        except EvidenceProblem:
            self._missing.append(Missing(evidence, what, url))
            return False
        self._bytes(name, content, f"{what} of {url}")
        return True

    def _text(self, name: str, text: str, what: str) -> None:
        self._bytes(name, text.encode(), what)

    def _bytes(self, name: str, content: bytes, what: str) -> None:
        with self._file(name, what) as out:
            out.write(content)

    @contextmanager
    def _file(self, name: str, what: str) -> Iterator[IO[bytes]]:
        """Give a file of the export to be written to; what is written is summed on the way."""
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.create_system, entry.external_attr = 3, 0o644 << 16
        entry.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
        with self._archive.open(entry, "w") as out:
            summed = _Summed(out)
            yield cast(IO[bytes], summed)
        self._files.append(File(name, summed.sha256.hexdigest(), summed.size, what))


class _Summed:
    """A file that is written and summed at once."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        self.size += len(content)
        return self._out.write(content)

    def flush(self) -> None:
        """Leave it to the archive when bytes go to the disk."""


def sums_of(files: dict[str, str]) -> str:
    """Return what ``sha256sum -c`` reads: the sum of each file by name, in order."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
