"""The file that node_exporter's textfile collector reads: always whole, readable by all, rewritten after every job."""

import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from barometer.errors import UserError
from barometer.monitoring.exposition import read, unreadable
from barometer.settings import Settings
from storage.database import Database
from storage.problems import StorageProblem

ENDING = ".prom"
"""What names of such files end in; node_exporter passes all others over."""
MODE = 0o644
"""node_exporter runs as another user; no figure is a secret."""


def textfile(path: Path) -> Path:
    """Return *path*; raises :class:`UserError` where node_exporter would not read a file of this name."""
    if path.suffix != ENDING or path.name == ENDING:
        raise UserError(f"{path}: node_exporter reads only files whose names end in {ENDING}", "call it barometer.prom")
    return path


def write(path: Path, text: str) -> None:
    """Put *text* in the place of *path*, at one stroke; raises ``OSError``, and then the old file stays."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), MODE)
            file.write(text)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


class Textfile:
    """The textfile of a scheduler; it writes nothing where *path* is ``None``, and warns once of what keeps it from writing."""

    def __init__(self, path: Path | None, warn: Callable[[str], None]) -> None:
        self._path, self._warn = path, warn
        self._warned: str | None = None
        self._alone = threading.Lock()

    def rewrite(self, database: Database, settings: Settings) -> None:
        """Write the figures of now; that the database cannot be read is a figure as well."""
        if self._path is None:
            return
        with self._alone:
            try:
                write(self._path, _figures(database, settings))
            except OSError as error:
                said = f"the metrics cannot be written to {self._path}: {error.strerror or error}"
                if said != self._warned:
                    self._warned = said
                    self._warn(said)
            else:
                self._warned = None


def _figures(database: Database, settings: Settings) -> str:
    try:
        return read(database, settings)
    except StorageProblem:
        return unreadable(settings)
