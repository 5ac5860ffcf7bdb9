"""Labelled strings: numbers in running text, text runs of our own, protected addresses, and what is right about them."""

import csv
import html
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from spiders.detect.document import Document
from spiders.detect.emails import find_emails
from spiders.detect.emails_cloaked import cloudflare_address
from spiders.detect.phones import find_phones

OWN_RUNS = Path(__file__).parents[1] / "tests" / "spiders" / "detect" / "phone_runs.toml"


class Score(NamedTuple):
    """How many of how many were right."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """The share that was right; nothing measured is nothing wrong."""
        return self.right / self.of if self.of else 1.0


def matcher_cases(corpus: Path, misses: list[str]) -> dict[str, Score]:
    """Return precision and recall on the cases of libphonenumber's own matcher test.

    A case counts as a number from level "valid" on, if today's numbering plan still knows it; every other text holds none.
    """
    with (corpus / "phones" / "matcher_cases.csv").open(encoding="utf-8", newline="") as lines:
        cases = [
            (html.escape(case["text"]), case["region"], {case["expected_e164"]} if _is_number(case) else set[str]())
            for case in csv.DictReader(lines)
        ]
    return _precision_and_recall("phones: matcher cases", cases, misses)


def _is_number(case: dict[str, str]) -> bool:
    return case["leniency"] not in {"none", "possible"} and bool(case["expected_e164"])


def text_runs(misses: list[str]) -> dict[str, Score]:
    """Return precision and recall on the text runs that we wrote and labelled ourselves."""
    runs = tomllib.loads(OWN_RUNS.read_text("utf-8"))["run"]
    cases = [
        (
            run["html"] if "html" in run else html.escape(run["text"]),
            run.get("country", "FR"),
            set(run.get("phones", ())),
        )
        for run in runs
    ]
    return _precision_and_recall("phones: own text runs", cases, misses)


def _precision_and_recall(name: str, cases: Iterable[tuple[str, str, set[str]]], misses: list[str]) -> dict[str, Score]:
    right = found_in_all = expected_in_all = 0
    for markup, country, expected in cases:
        page = Document(f"<!doctype html><body>{markup}".encode(), "https://shop.example/")
        found = {sighting.value for sighting in find_phones(page, country).sightings}
        right += len(found & expected)
        found_in_all += len(found)
        expected_in_all += len(expected)
        if found != expected:
            misses.append(f"{name}: {markup!r} ({country}): {sorted(found)}, {sorted(expected)} is right")
    return {f"{name}, precision": Score(right, found_in_all), f"{name}, recall": Score(right, expected_in_all)}


def protected_addresses(corpus: Path, misses: list[str]) -> dict[str, Score]:
    """Return how many addresses that Cloudflare protects on real pages are read."""
    cases = json.loads((corpus / "email-obfuscation" / "cloudflare_real.json").read_text("utf-8"))
    right = 0
    for case in cases:
        good = cloudflare_address(case["hex"]) == case["expected"] and _is_found(case)
        right += good
        if not good:
            misses.append(f"cloudflare: {case['expected']}")
    return {"emails: Cloudflare protected": Score(right, len(cases))}


def _is_found(case: dict[str, str]) -> bool:
    """Tell whether the address is found on a page; a few that are protected on real pages are no addresses."""
    if "." not in case["expected"].rpartition("@")[2]:
        return True
    markup = f'<p>Contact: <span class="__cf_email__" data-cfemail="{case["hex"]}">[email&#160;protected]</span></p>'
    found = find_emails(Document(f"<!doctype html><body>{markup}".encode(), "https://shop.example/"))
    return [sighting.value for sighting in found.sightings] == [case["expected"]]
