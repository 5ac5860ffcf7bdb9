"""An export: chosen tables in chosen formats, in a folder that appears whole or not at all.

The folder tells what it is: ``README.txt`` for people, ``tables.json`` for programs, with the SHA-256 of every file.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from barometer.audit_files import json_file
from barometer.errors import UserError
from barometer.settings import tool_version
from barometer.tables.cells import moment_cell
from barometer.tables.table import Row, Source, Table

SCHEMA = "barometer-tables/1"
MANIFEST_FILE, README_FILE = "tables.json", "README.txt"


class Format(StrEnum):
    """How tables are written; ``json`` is JSON Lines."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    XLSX = "xlsx"


_WRITERS = {
    Format.CSV: ("comma", "CommaFile"),
    Format.JSON: ("lines", "LinesFile"),
    Format.PARQUET: ("parquet", "ParquetFile"),
    Format.XLSX: ("workbook", "Workbook"),
}

_README = """CONFIDENTIAL

Tables of a contactability barometer: who was measured, what was seen, asked and answered, and by whom. They name merchants that
an edition does not name, and people. Keep them, and whatever is made from them, among those who work on the measurement.

{tables}
tables.json   every table and column in words, its kind, the rows, and the SHA-256 of each file

How values are written
  moments        UTC; ISO 8601 to the microsecond (a workbook: a date cell, to the millisecond)
  exact numbers  as they are (JSON: as a string, Parquet: as a decimal)
  lists, objects JSON text (JSON Lines: nested)
  no value       csv: an empty cell, where an empty text is "" in quotation marks; json and parquet: null; xlsx: an empty cell
  csv            an apostrophe stands before what a spreadsheet might run as a formula, +33144000000 for one, also inside a cell
                 after a semicolon, tab or line break; control and direction characters are replaced
  json           JSON Lines: one object a line; nothing is replaced
  parquet        nothing is replaced
  xlsx           text is never a formula nor a link; cells over 32,767 characters end with "[... cut]", tables over 1,048,575 rows
                 go on on the next sheet

{left_out}
"""


class Writer(Protocol):
    """Writes one table in one format; ``files`` are what it writes."""

    files: list[Path]

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        ...

    def close(self) -> None:
        """End the files."""
        ...


class Written(NamedTuple):
    """A table that was written: its rows, and the names of its files."""

    table: Table
    rows: int
    files: tuple[str, ...]


class About(NamedTuple):
    """What the manifest tells beside the tables: when the records were read, the edition, and who was left out."""

    at: datetime
    edition: str | None = None
    revision: int | None = None
    left_alone: int = 0


def export(
    sources: Iterable[Source],
    formats: Sequence[Format],
    out: Path,
    about: About,
    *,
    force: bool = False,
    told: Callable[[Written], None] = lambda written: None,
) -> list[Written]:
    """Write the tables of *sources* into the folder *out* and return them; *told* hears of each once it is written.

    Raises :class:`UserError` where *out* holds anything but an older export, which only *force* replaces, or cannot be written.
    """
    _refuse(out, force)
    with _draft(out) as folder:
        written = []
        for source in sources:
            for one in _write(source, formats, folder):
                written.append(one)
                told(one)
        _describe(folder, written, about)
        _check_sums(folder, written, about)
        _put(folder, out)
    return written


def chosen(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """Return *sources* with the tables called *names* alone, all where none is named."""
    if not names:
        return list(sources)
    found = []
    for source in sources:
        kept = tuple(table for table in source.tables if table.name in names)
        if kept:
            found.append(source._replace(tables=kept))
    return found


def _write(source: Source, formats: Sequence[Format], folder: Path) -> Iterator[Written]:
    counts = {table.name: 0 for table in source.tables}
    with ExitStack() as stack:
        writers: dict[str, list[Writer]] = {}
        for table in source.tables:
            writers[table.name] = [_writer(format_, folder, table) for format_ in formats]
            for writer in writers[table.name]:
                stack.callback(writer.close)
        for name, rows in source.batches():
            if name in counts and rows:
                counts[name] += len(rows)
                for writer in writers[name]:
                    writer.add(rows)
    for table in source.tables:
        files = tuple(file.name for writer in writers[table.name] for file in writer.files)
        yield Written(table, counts[table.name], files)


def _writer(format_: Format, folder: Path, table: Table) -> Writer:
    module, name = _WRITERS[format_]
    writer: Writer = getattr(import_module(f"barometer.tables.{module}"), name)(folder, table)
    return writer


def _describe(folder: Path, written: Sequence[Written], about: About) -> None:
    width = max((len(one.table.name) for one in written), default=0)
    tables = "".join(f"{one.table.name:{width}}  {one.rows:>10,} rows   {one.table.says}\n" for one in written)
    left = (
        f"{about.left_alone} merchants on the opt-out list, and all that was recorded of them, are left out."
        if about.left_alone
        else "No merchant is left out."
    )
    (folder / README_FILE).write_text(_README.format(tables=tables, left_out=left), "utf-8")


def _check_sums(folder: Path, written: Sequence[Written], about: About) -> None:
    files = [README_FILE, *(file for one in written for file in one.files)]
    manifest = {
        "schema": SCHEMA,
        "confidential": True,
        "tool": {"version": tool_version()},
        "read_at": moment_cell(about.at),
        "edition": about.edition,
        "revision": about.revision,
        "merchants_left_alone": about.left_alone,
        "tables": [_told(one) for one in written],
        "files": {name: {"bytes": (folder / name).stat().st_size, "sha256": _sum(folder / name)} for name in files},
    }
    (folder / MANIFEST_FILE).write_text(json_file(manifest), "utf-8")


def _told(one: Written) -> dict[str, Any]:
    return {
        "table": one.table.name,
        "says": one.table.says,
        "rows": one.rows,
        "files": list(one.files),
        "columns": [
            {"name": column.name, "kind": str(column.kind), "says": column.says} for column in one.table.columns
        ],
        "left_out": [{"name": name, "why": why} for name, why in one.table.left_out],
    }


def _sum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _refuse(out: Path, force: bool) -> None:
    """Raise :class:`UserError` where *out* may not be replaced: nothing that is not ours is ever deleted."""
    try:
        if not out.exists() and not out.is_symlink():
            return
        if not out.is_dir() or out.is_symlink():
            raise UserError(f"--out {out}: is no folder", "give a new folder")
        inside = {entry.name for entry in out.iterdir()}
        if not inside:
            return
        foreign = sorted(inside - _ours(out))
        if foreign:
            raise UserError(f"--out {out}: holds other files, such as {foreign[0][:60]}", "give a new folder")
        if not force:
            raise UserError(f"--out {out}: holds an export already", "give another folder, or --force to replace it")
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror or error}", "give a folder that can be written") from None


def _ours(out: Path) -> set[str]:
    """Return the names of the files that an older export wrote into *out*; nothing where none did."""
    try:
        manifest = json.loads((out / MANIFEST_FILE).read_text("utf-8"))
        files = manifest["files"]
        if manifest["schema"] != SCHEMA or not isinstance(files, Mapping):
            return set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {MANIFEST_FILE, *files}


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """Give a folder beside *out* that only its owner may read, gone afterwards unless it was put in its place."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}.", suffix=".part", dir=out.parent))
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror or error}", "give a folder that can be written") from None
    try:
        yield folder
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror or error}", "make room, or give another folder") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(folder: Path, out: Path) -> None:
    """Put *folder* where *out* is; an older export steps aside first, and comes back where that fails."""
    if not out.exists() or not any(out.iterdir()):
        folder.replace(out)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}.", suffix=".old", dir=out.parent))
    old = aside / "export"
    out.replace(old)
    try:
        folder.replace(out)
    except OSError:
        old.replace(out)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)
