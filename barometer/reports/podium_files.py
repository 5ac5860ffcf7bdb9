"""The folder of an export: what its files are called, and how they get there whole, in the place of an older export's.

``podium-files.json`` lists what an export wrote. The next one knows by it what it may replace, and takes away what no longer
holds: the badge of a laureate that a correction took off its podium must not stay behind. Files of anybody else stay.
"""

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from barometer.errors import UserError
from barometer.podium import PublicEdition

LISTING = "podium-files.json"
SCHEMA = "barometer-podium-files/1"
_OWN_NAME = re.compile(r"(?:badges/[a-z]{2}/)?[a-z0-9][a-z0-9._-]{0,180}")
_SLUG = 40


class Artefact(NamedTuple):
    """A file of an export: its name below the folder, parted by slashes, and its bytes."""

    name: str
    content: bytes


class Written(NamedTuple):
    """What came of writing: the files, those of an older export that were taken away, and those left since they changed."""

    files: tuple[Path, ...]
    removed: tuple[Path, ...]
    left: tuple[Path, ...]


class _Listing(NamedTuple):
    edition: str
    revision: int
    files: Mapping[str, str]


def slug(text: str) -> str:
    """Return *text* as part of a file name, safe on every system; the same text gives the same slug.

    What cannot be said in plain letters is told apart by a digest.
    """
    short = plain_letters(text)
    if short == text:
        return short
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{short}-{digest}".lstrip("-")


def badge_name(language: str, number: int, category: str, place: int, key: str, ending: str) -> str:
    """Return the name of a badge's file: category, place or ``label``, merchant; *ending* is ``svg`` or ``png``."""
    what = f"place-{place}" if place else "label"
    # The number tells categories apart, so their names need no digest.
    parts = (f"{number:02}", plain_letters(category), what, slug(key))
    return f"badges/{language}/{'-'.join(filter(None, parts))}.{ending}"


def plain_letters(text: str) -> str:
    """Return what of *text* can be said in small plain letters and figures, parted by hyphens; it may be nothing."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG].strip("-")


def write_all(folder: Path, artefacts: Sequence[Artefact], edition: PublicEdition, *, force: bool = False) -> Written:
    """Write *artefacts* into *folder*, all of them or none, and take away what an older export left there.

    Files of the same edition and revision that are not written anew stay. Raises :class:`UserError` where the folder cannot
    be written, or a file in the way was not written by an export or was changed since, unless *force* is given.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        older = _listing(folder)
        if not force:
            _refuse_foreign(folder, artefacts, older.files)
        files = _replace(folder, artefacts)
        new = {artefact.name: _digest(artefact.content) for artefact in artefacts}
        same = (older.edition, older.revision) == (edition.name, edition.revision)
        kept = {name: digest for name, digest in older.files.items() if same and (folder / name).is_file()}
        gone, left = _remove(folder, {} if same else {n: d for n, d in older.files.items() if n not in new})
        _replace(folder, [Artefact(LISTING, _told(edition, kept | new))])
    except OSError as error:
        where = error.filename or folder
        raise UserError(f"--out {where}: {error.strerror or error}", "give a folder that can be written") from None
    return Written(files, gone, left)


def _refuse_foreign(folder: Path, artefacts: Iterable[Artefact], known: Mapping[str, str]) -> None:
    for artefact in artefacts:
        file = folder / artefact.name
        inside = file.parent.resolve().is_relative_to(folder.resolve())
        if not inside or file.is_symlink() or (file.exists() and not file.is_file()):
            raise UserError(f"{file} leads elsewhere or is no file", "give another folder to --out")
        if file.is_file() and _digest(file.read_bytes()) not in (known.get(artefact.name), _digest(artefact.content)):
            what = "was changed since it was exported" if artefact.name in known else "was not written by an export"
            raise UserError(f"{file} {what}", "keep it elsewhere, give another folder, or --force to replace it")


def _replace(folder: Path, artefacts: Iterable[Artefact]) -> tuple[Path, ...]:
    """Write every file beside its place first, then put them all there."""
    drafts: list[tuple[Path, Path]] = []
    try:
        for artefact in artefacts:
            file = folder / artefact.name
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f".draft-{os.getpid()}-{len(drafts)}")
            drafts.append((draft, file))
            draft.write_bytes(artefact.content)
        for draft, file in drafts:
            draft.replace(file)
    finally:
        for draft, _ in drafts:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
    return tuple(file for _, file in drafts)


def _remove(folder: Path, files: Mapping[str, str]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    removed, left = [], []
    for name, digest in sorted(files.items()):
        file = folder / name
        if not file.is_file() or file.is_symlink():
            continue
        if _digest(file.read_bytes()) == digest:
            file.unlink()
            removed.append(file)
        else:
            left.append(file)
    for language in {Path(name).parent for name in files if "/" in name}:
        with suppress(OSError):
            (folder / language).rmdir()
    return tuple(removed), tuple(left)


def _listing(folder: Path) -> _Listing:
    """Return what the last export says that it wrote; nothing where there was none, or its list is not one of ours."""
    try:
        told = json.loads((folder / LISTING).read_text("utf-8"))
        files = {name: digest for name, digest in told["files"].items() if _is_ours(name)}
        if told["schema"] == SCHEMA:
            return _Listing(str(told["edition"]), int(told["revision"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return _Listing("", 0, {})


def _is_ours(name: object) -> bool:
    return isinstance(name, str) and _OWN_NAME.fullmatch(name) is not None and ".." not in name


def _told(edition: PublicEdition, files: Mapping[str, str]) -> bytes:
    told = {
        "schema": SCHEMA,
        "edition": edition.name,
        "revision": edition.revision,
        "files": dict(sorted(files.items())),
    }
    return (json.dumps(told, ensure_ascii=True, indent=2) + "\n").encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
