"""Audit one site on demand: read it, compute the outcome of every channel, return the contract's JSON."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from barometer.errors import UserError
from barometer.result import audit_result
from spiders.orders import CrawlOptions, SiteOrder, Step
from spiders.reading import SiteReading
from spiders.search import Plan
from storage.vocabulary import Profile

RESULT_FILE = "result.json"
"""Name of the contract's file in an audit folder."""


class Interrupted(Exception):
    """Somebody pressed Ctrl-C before the audit was over."""


def audit(
    url: str,
    plan: Plan,
    options: CrawlOptions,
    profiles: Sequence[Profile],
    on_step: Callable[[Step], None] | None = None,
) -> list[dict[str, Any]]:
    """Return one result a profile for the site at *url*, read one after the other; may be called once a process.

    Raises :class:`Interrupted` when a signal ended it before all were read.
    """
    started = time.process_time()
    readings: list[SiteReading] = []
    orders = [SiteOrder(url, plan, profile=profile) for profile in profiles]
    from spiders.run import read_sites  # loading Scrapy takes half a second, which --help need not pay

    if not read_sites(orders, replace(options, sites_at_once=1), readings.append, on_step):
        raise Interrupted
    if len(readings) < len(orders):
        raise RuntimeError(f"{len(orders) - len(readings)} of {len(orders)} readings of {url} were lost")
    spent = (time.process_time() - started) / len(readings)
    return [audit_result(reading, spent) for reading in readings]


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
