"""Audit one site on demand: read it, compute the outcome of every channel, return the contract's JSON."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from barometer.audit_files import EVIDENCE_FOLDER, VISIT_FILE, write_atomically, write_folder
from barometer.errors import UserError
from barometer.result import audit_result
from barometer.visit_file import visit_json
from spiders.orders import CrawlOptions, SiteOrder, Step
from spiders.plan import Plan
from spiders.reading import SiteReading
from storage.evidence import EvidenceStore
from storage.vocabulary import Profile


class Interrupted(Exception):
    """Somebody pressed Ctrl-C before the audit was over."""


def audit(
    url: str,
    plan: Plan,
    options: CrawlOptions,
    profiles: Sequence[Profile],
    on_step: Callable[[Step], None] | None = None,
    out: Path | None = None,
) -> list[dict[str, Any]]:
    """Return one result a profile for the site at *url*, read one after the other; may be called once a process.

    With *out* that folder gets the results, the pictures they name, and the records and evidence of the visits. Raises
    :class:`Interrupted` when a signal ended it before all were read, :class:`UserError` where *out* cannot be written.
    """
    started = _cpu_seconds()
    readings: list[SiteReading] = []
    orders = [SiteOrder(url, plan, profile=profile) for profile in profiles]
    from spiders.run import read_sites  # loading Scrapy takes half a second, which --help need not pay

    store = EvidenceStore(out / EVIDENCE_FOLDER) if out is not None else None
    options = replace(options, sites_at_once=1, evidence=store.directory if store is not None else None)
    if not read_sites(orders, options, readings.append, on_step):
        raise Interrupted
    if len(readings) < len(orders):
        raise RuntimeError(f"{len(orders) - len(readings)} of {len(orders)} readings of {url} were lost")
    spent = (_cpu_seconds() - started) / len(readings)
    results = [audit_result(reading, spent) for reading in readings]
    if out is not None and store is not None:
        _write(results, readings, store, out)
    return results


def _cpu_seconds() -> float:
    """Return what this process and those it started, the browser's among them, have spent so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _write(results: list[dict[str, Any]], readings: list[SiteReading], store: EvidenceStore, out: Path) -> None:
    from barometer.proof import draw  # Pillow is loaded by what draws, not by every command

    for result, reading in zip(results, readings, strict=True):
        prefix = f"{reading.visit.profile}-" if len(readings) > 1 else ""
        draw(reading, store, result, out, prefix)
    write_folder(results, out)
    try:
        write_atomically(out / VISIT_FILE, visit_json(readings))
    except OSError as error:
        raise UserError(f"{out}: {error.strerror or error}", "give --out a folder that can be written") from None
