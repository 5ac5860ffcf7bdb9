"""Measure how often the barometer is right, and fail below the floors kept in ``floors.toml``.

``python -m benchmarks.accuracy [--check] [--write-floors] [--misses]``, from the repository. The open corpus is found by
``BAROMETER_CORPUS`` (default ``../shared/corpus``); its digest stands in the floors file, because a floor means nothing on
other pages. Floors are lowered on purpose only, by editing the file.

A (site, channel) pair is right when outcome, depth and every labelled value are right. Positives are counted by depth, and
pairs that are labelled ``none`` apart: saying "not found" everywhere would already be right for most. A pair that was not
measured is an error. A trap is passed when its value is not reported as the merchant's on any page.
"""

import argparse
import csv
import hashlib
import json
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from barometer.demo.loopback import serving
from benchmarks import forms_against_formasaurus as forms
from benchmarks.labelled import Score, matcher_cases, protected_addresses, text_runs
from tests.crawling import results
from tests.markets.judge import complaints
from tests.markets.orders import map_hosts_of, order_of
from tests.markets.serve import MarketSite, expected, serve_markets

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus"))
FLOORS = Path(__file__).with_name("floors.toml")
UNDECIDABLE = {("fr-lamarquefrancaise", "email"): "an inline script writes the address when a button is pressed"}
"""Pairs that no static page can decide, with the reason; they wait for the rendered proof."""


def digest(corpus: Path) -> str:
    """Return a digest of the labels and of every page they are about."""
    total = hashlib.sha256()
    for file in sorted(
        file
        for part in ("sites", "pages", "phones", "email-obfuscation")
        for file in (corpus / part).rglob("*")
        if file.is_file()
    ):
        total.update(f"{file.relative_to(corpus)} {file.stat().st_size}\n".encode())
        if file.suffix in (".csv", ".json"):
            total.update(file.read_bytes())
    return total.hexdigest()[:16]


@contextmanager
def served_sites(corpus: Path) -> Iterator[dict[str, str]]:
    """Serve the saved sites on loopback; yield the address of each home page by slug."""
    slugs = sorted(folder.name for folder in (corpus / "sites").iterdir() if folder.is_dir())
    homes = {row["slug"]: row["home_path"] for row in _rows(corpus / "sites" / "labels.csv")}
    with serving([MarketSite(corpus / "sites" / slug) for slug in slugs], "127.13.0.1") as addresses:
        yield {slug: address + homes[slug] for slug, address in zip(slugs, addresses, strict=True)}


def sites(corpus: Path, misses: list[str], render: bool = False) -> dict[str, Score]:
    """Return the scores of the labelled pairs, by channel and depth, and of the traps; with *render* by a browser."""
    labels = _rows(corpus / "sites" / "labels.csv")
    countries = {row["slug"]: row["country"] for row in labels}
    with served_sites(corpus) as addresses:
        orders = [{"url": url, "country": countries[slug], "render": render} for slug, url in addresses.items()]
        read = dict(zip(addresses, results(orders), strict=True))
        again = dict(zip(addresses, results(orders), strict=True)) if render else read
    way = RENDERED if render else "sites"
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row in labels:
        if row["note"].startswith("DOUBTFUL"):
            continue
        decidable = render or (row["slug"], row["channel"]) not in UNDECIDABLE
        wrong = _wrong(row, read[row["slug"]])
        kinds = ["all", f"{row['channel']} {'none' if row['depth'] == 'none' else 'found'}", f"depth {row['depth']}"]
        for kind in [*kinds, *([] if render else ["decidable"])] if decidable else ["all"]:
            total[kind] += 1
            right[kind] += not wrong
        if wrong:
            misses.append(
                f"{way}: {row['slug']} {row['channel']}: {wrong}" + ("" if decidable else " (not decidable statically)")
            )
    scores = {f"{way}: {kind}": Score(right[kind], count) for kind, count in total.items()}
    if render:
        scores[f"{way}: two runs agree on exact depths"] = _agreement(read, again, misses)
    return scores | {f"{way}: traps": _traps(corpus, labels, read, misses)}


def _agreement(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]], misses: list[str]) -> Score:
    """Return how many exact depths of one run the other found too."""
    right = total = 0
    for slug, result in one.items():
        for name, channel in result["channels"].items():
            if channel["outcome"] == "exact":
                same = other[slug]["channels"][name]
                agrees = (same["outcome"], same["clicks"]) == ("exact", channel["clicks"])
                total += 1
                right += agrees
                if not agrees:
                    misses.append(f"{slug} {name}: exact {channel['clicks']}, then {same['outcome']} {same['clicks']}")
    return Score(right, total)


def _wrong(row: dict[str, str], result: dict[str, Any]) -> str:
    """Return what is wrong with a labelled pair, or an empty string."""
    channel = result["channels"]["phone" if row["channel"] == "phone_text" else row["channel"]]
    values, outcome, clicks = channel["values"], channel["outcome"], channel["clicks"]
    if row["channel"] == "phone_text" and outcome in ("exact", "at_most"):
        values = [value for value in values if value["readable"]]
        outcome, clicks = ("exact", min(value["depth"] for value in values)) if values else ("not_found", None)
    if row["depth"] == "none":
        return "" if outcome == "not_found" else f"{outcome} at {clicks}, none is right"
    if outcome != "exact" or clicks != int(row["depth"]):
        return f"{outcome} at {clicks}, {row['depth']} is right"
    have = {_comparable(value["value"]) for value in values}
    lacking = [
        value
        for value in row["values"].split(";")
        if value and row["channel"] != "chat" and _comparable(value) not in have
    ]
    return f"{lacking} is lacking" if lacking else ""


def _comparable(value: str) -> str:
    if not value.startswith("http"):
        return value.casefold()
    parts = urlsplit(value)
    query = f"?{parts.query}" if "profile.php" in parts.path else ""
    return unquote(f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}{query}").casefold()


_TRAP_CHANNELS = {
    "phone_other": ("phone",), "phone_placeholder": ("phone",), "number_not_phone": ("phone",), "email_other": ("email",),
    "email_hidden": ("email",), "social_other": ("facebook", "x", "instagram", "linkedin", "youtube"),
    "social_generic": ("facebook", "x", "instagram", "linkedin", "youtube"), "form_hint": ("phone", "email"),
    "form_not_contact": ("form",),
}  # fmt: skip


def _traps(corpus: Path, labels: list[dict[str, str]], read: dict[str, dict[str, Any]], misses: list[str]) -> Score:
    """Return the score of ``traps.csv``: none of its values is reported, unless the labels give it too."""
    own = {_trap_value(value) for row in labels for value in row["values"].split(";") if value}
    right = total = 0
    for row in _rows(corpus / "sites" / "traps.csv"):
        for value in row["value"].split(";") if row["kind"] in _TRAP_CHANNELS else ():
            if _trap_value(value) in own:
                continue
            reported = {
                _trap_value(entry[key])
                for channel in _TRAP_CHANNELS[row["kind"]]
                for entry in read[row["slug"]]["channels"][channel]["values"]
                for key in ("value", "page")
            }
            caught = _trap_value(value) in reported
            total += 1
            right += not caught
            if caught:
                misses.append(f"{row['slug']} trap {row['kind']}: {value} is reported")
    return Score(right, total)


def _trap_value(value: str) -> str:
    if value.startswith("/"):
        return value.rstrip("/")
    if value.startswith("http"):
        path = urlsplit(value).path.rstrip("/")
        return path if urlsplit(value).hostname in (None, "") or value.startswith("http://127.") else _comparable(value)
    digits = "".join(character for character in value if character.isdigit())
    return digits[-9:] if len(digits) >= 9 else value.casefold()


def markets(misses: list[str]) -> dict[str, Score]:
    """Return how many of the hand-made test markets are read as their truth says."""
    with serve_markets() as addresses:
        orders = [order_of(slug, url) for slug, url in addresses.items()]
        map_hosts = [mapped for slug, url in addresses.items() for mapped in map_hosts_of(slug, url)]
        read = dict(zip(addresses, results(orders, map_hosts), strict=True))
    wrong = {slug: found for slug, result in read.items() if (found := complaints(expected(slug), result))}
    misses += [f"market {slug}: {'; '.join(found)}" for slug, found in wrong.items()]
    return {"markets": Score(len(read) - len(wrong), len(read))}


def form_figures() -> dict[str, float]:
    """Return F1 of the annotators' contact-or-comment class and the share of field roles that are right.

    ``kept`` are the hosts that nobody looked at while the rules were written.
    """
    figures = {}
    for part in ("all", "kept"):
        marks = forms.measured(list(forms.annotated_pages(part)))
        figures[f"forms: contact or comment F1, {part} hosts"] = forms.f1(marks.classes, forms.CONTACT)[2]
        right = sum(count for (theirs, ours), count in marks.roles.items() if theirs == ours)
        figures[f"forms: field roles, {part} hosts"] = right / max(1, marks.roles.total())
    return figures


RENDERED = "rendered sites"
"""How the names of what a browser measured begin."""


def _slack(name: str, score: Score) -> float:
    """Return what a floor leaves below its score: one pair and one in forty where a browser on a busy machine measures."""
    return (1 + score.of // 40) / score.of if name.startswith(RENDERED) and score.of else 0.0


def floors_of(scores: dict[str, float], corpus: Path) -> str:
    """Return the text of a floors file that *scores* just reach."""
    lines = [
        "# Accuracy floors: `make accuracy` fails below them. Lower one only on purpose, and say why in the commit.",
        f'corpus = "{digest(corpus)}"', "", "[floors]",
        *(f"{json.dumps(name)} = {int(share * 1000) / 1000}" for name, share in sorted(scores.items())),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def below(scores: dict[str, float], corpus: Path) -> list[str]:
    """Return in one line each what falls below its floor, or cannot be held against one."""
    told = tomllib.loads(FLOORS.read_text("utf-8"))
    if told["corpus"] != digest(corpus):
        return [f"the corpus is not the one the floors were set on ({told['corpus']}); measure it, then --write-floors"]
    unknown = [f"{name}: no longer measured" for name in told["floors"] if name not in scores]
    return unknown + [
        f"{name}: {scores[name]:.3f} is below its floor {floor}"
        for name, floor in told["floors"].items()
        if scores.get(name, 1) < floor
    ]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def measured(corpus: Path, misses: list[str]) -> tuple[dict[str, float], dict[str, float], list[str]]:
    """Return every score by name, the floor that each would set, and the lines of the table."""
    counted = (
        sites(corpus, misses)
        | sites(corpus, misses, render=True)
        | markets(misses)
        | matcher_cases(corpus, misses)
        | text_runs(misses)
        | protected_addresses(corpus, misses)
    )
    lines = [f"| {name} | {score.right} of {score.of} | {score.share:.3f} |" for name, score in sorted(counted.items())]
    scores = {name: score.share for name, score in counted.items()}
    floors = {name: max(0.0, score.share - _slack(name, score)) for name, score in counted.items()}
    for name, figure in form_figures().items():
        scores[name] = floors[name] = figure
        lines.append(f"| {name} | | {figure:.3f} |")
    return scores, floors, lines


def main() -> int:
    """Print the table; with ``--check`` return 1 where a floor is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail below the floors")
    parser.add_argument("--write-floors", action="store_true", help="set the floors to what was measured")
    parser.add_argument("--misses", action="store_true", help="list what was wrong")
    wanted = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"accuracy: no corpus at {CORPUS}; name its folder in BAROMETER_CORPUS", file=sys.stderr)
        return 2
    misses: list[str] = []
    scores, floors, lines = measured(CORPUS, misses)
    print("\n".join(["| what | right | share |", "| --- | --- | --- |", *lines]))
    if wanted.misses:
        print("\n".join(["", *misses]))
    if wanted.write_floors:
        FLOORS.write_text(floors_of(floors, CORPUS), "utf-8")
    problems = below(scores, CORPUS) if wanted.check else []
    for problem in problems:
        print(f"accuracy: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
