"""The files of an audit folder: what they are called, and how they are written."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from barometer.errors import UserError

EVIDENCE_FOLDER = "evidence"
"""Name of the folder with the evidence in an audit folder."""
RESULT_FILE = "result.json"
"""Name of the contract's file in an audit folder."""
VISIT_FILE = "visit.json"
"""Name of the visit file in an audit folder and in an export."""


def write_folder(results: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write ``result.json`` into *folder*; a single result as an object, several as an array. Return the file.

    Raises :class:`UserError` where the folder cannot be written.
    """
    document = results[0] if len(results) == 1 else list(results)
    try:
        return write_atomically(folder / RESULT_FILE, json_file(document))
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror or error}", "give --out a folder that can be written") from None


def prepare_folder(folder: Path) -> None:
    """Make *folder* where it is missing; raises :class:`UserError` where nothing can be written into it.

    A result that took minutes is not to be lost for want of a place.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror or error}", "give a folder that can be written") from None


def json_file(document: object) -> str:
    """Return *document* as the text of a JSON file; half characters, which no file can hold, are escaped."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(document, indent=1)
    return text + "\n"


def write_atomically(file: Path, text: str) -> Path:
    """Write *text* to *file* as a whole or not at all; return *file*."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return file
