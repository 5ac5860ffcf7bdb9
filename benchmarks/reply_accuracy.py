"""Measure how often a reply is told right, and fail below the floors kept in ``reply_floors.toml``.

``python -m benchmarks.reply_accuracy [--check] [--write-floors] [--misses]``, from the repository. The open corpus is found by
``BAROMETER_CORPUS`` (default ``../shared/corpus``); its digest stands in the floors file. The invented mails of
``tests/probes/replies`` are measured beside it, because they hold more languages and more ticket systems.

The corpus labels a notice of delay as a bounce, the method (section 3) as ``other_automatic``. The method is followed, and the
figures are given both ways: *as labelled* counts these notices as wrong, *by the method* as right. The forbidden errors are a
bounce or an acknowledgement called human.
"""

import argparse
import csv
import hashlib
import json
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from probes.replies.classify import Verdict, classify
from probes.replies.message import Message, parse_message
from probes.replies.page_text import FormOutcome, classify_chat_text, classify_page_text
from probes.replies.text import new_words
from storage.vocabulary import ReplyKind
from tests.probes.replies.letters import invented

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus")) / "emails"
FLOORS = Path(__file__).with_name("reply_floors.toml")
LATE = "delay"
"""What the rules of late deliveries have in their name."""


class Case(NamedTuple):
    """A mail with its label."""

    name: str
    label: ReplyKind
    message: Message


def corpus_cases(corpus: Path) -> Iterator[Case]:
    """Yield the labelled mails."""
    with (corpus / "labels.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield Case(row["file"], ReplyKind(row["label"]), parse_message((corpus / row["file"]).read_bytes()))


def digest(corpus: Path) -> str:
    """Return a digest of the labels and of the mails they are about."""
    total = hashlib.sha256((corpus / "labels.csv").read_bytes())
    for file in sorted(file for file in corpus.rglob("*") if file.is_file()):
        total.update(f"{file.relative_to(corpus)} {file.stat().st_size}\n".encode())
    return total.hexdigest()[:16]


def without_headers(message: Message) -> Message:
    """Return *message* with its subject and writer alone, as a mail program shows it."""
    return replace(message, headers=MappingProxyType({}))


def judged(
    part: str, cases: list[Case], misses: list[str], seen: Callable[[Message], Message] = lambda message: message
) -> dict[str, float]:
    """Return the figures of *cases* as *seen*, each named with *part*."""
    verdicts = [(case, classify(seen(case.message))) for case in cases]
    right: Counter[str] = Counter()
    right_by_method: Counter[str] = Counter()
    total = Counter(case.label.value for case in cases)
    forbidden = 0
    for case, verdict in verdicts:
        agrees = verdict.kind is case.label
        right[case.label.value] += agrees
        right_by_method[case.label.value] += agrees or _is_late(case, verdict)
        forbidden += verdict.kind is ReplyKind.HUMAN and case.label in (ReplyKind.BOUNCE, ReplyKind.ACKNOWLEDGEMENT)
        if not agrees:
            differs = " (the method differs from the label)" if _is_late(case, verdict) else ""
            misses.append(f"{part}: {case.name}: {case.label} is {verdict.kind} by {verdict.rule}{differs}")
    figures = {f"{part}: {kind}": right[kind] / count for kind, count in total.items()}
    return figures | {
        f"{part}: kind right, as labelled": right.total() / len(cases),
        f"{part}: kind right, by the method": right_by_method.total() / len(cases),
        f"{part}: mean over the kinds, as labelled": sum(right[kind] / total[kind] for kind in total) / len(total),
        f"{part}: mean over the kinds, by the method": sum(right_by_method[kind] / total[kind] for kind in total)
        / len(total),
        f"{part}: none forbidden": 1.0 - forbidden / len(cases),
    }


def _is_late(case: Case, verdict: Verdict) -> bool:
    return case.label is ReplyKind.BOUNCE and verdict.kind is ReplyKind.OTHER_AUTOMATIC and LATE in verdict.rule


def on_pages(corpus: Path, misses: list[str]) -> dict[str, float]:
    """Return how many texts of pages and chats are told right."""
    right, total = Counter[str](), Counter[str]()
    for line in (corpus / "web_messages.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        if case["label"] == "form_success":
            agrees = classify_page_text(case["text"]).outcome is FormOutcome.SUCCESS
        else:
            agrees = classify_chat_text(case["text"])[0] is ReplyKind.ACKNOWLEDGEMENT
        total[case["label"]] += 1
        right[case["label"]] += agrees
        if not agrees:
            misses.append(f"pages: {case['id']}: {case['label']} is not told")
    return {f"pages: {label}": right[label] / count for label, count in total.items()}


def of_texts(cases: list[Case], misses: list[str]) -> dict[str, float]:
    """Return how many people's replies keep words of their own, no quoted line and no mark of a signature.

    The corpus says nothing of its new words: this sees what no reader could call new, and not whether every word is there.
    """
    people = [case for case in cases if case.label is ReplyKind.HUMAN and case.message.text.strip()]
    right = 0
    for case in people:
        lines = new_words(case.message).split("\n")
        kept = any(lines) and not any(line.startswith(">") or line in ("--", "-- ") for line in lines)
        right += kept
        if not kept:
            misses.append(f"texts: {case.name}: quotation or nothing is left")
    return {"texts: own words alone": right / len(people)}


def confusion(cases: list[Case]) -> list[str]:
    """Return the lines of a table: labels down, verdicts across."""
    told = Counter((case.label, classify(case.message).kind) for case in cases)
    lines = ["| label | " + " | ".join(ReplyKind) + " |", "| --- |" + " ---: |" * len(ReplyKind)]
    return lines + [
        f"| {label} | " + " | ".join(str(told[label, kind]) for kind in ReplyKind) + " |" for label in ReplyKind
    ]


def measured(corpus: Path, misses: list[str]) -> tuple[dict[str, float], list[str]]:
    """Return every figure by name, and the confusion of the corpus."""
    cases = list(corpus_cases(corpus))
    own = [Case(letter.name, letter.kind, parse_message(letter.raw)) for letter in invented()]
    figures = judged("corpus", cases, misses) | judged("invented", own, misses) | on_pages(corpus, misses)
    figures |= of_texts(cases, misses)
    stripped = judged("corpus without headers", cases, [], without_headers)
    for name in ("out_of_office", "acknowledgement", "none forbidden"):
        figures[f"corpus without headers: {name}"] = stripped[f"corpus without headers: {name}"]
    return figures, confusion(cases)


def below(figures: dict[str, float], corpus: Path) -> list[str]:
    """Return in one line each what falls below its floor, or cannot be held against one."""
    told = tomllib.loads(FLOORS.read_text("utf-8"))
    if told["corpus"] != digest(corpus):
        return [f"the corpus is not the one the floors were set on ({told['corpus']}); measure it, then --write-floors"]
    return [
        f"{name}: {figures.get(name, 0.0):.3f} is below its floor {floor}"
        for name, floor in told["floors"].items()
        if figures.get(name, 0.0) < floor
    ]


def floors_of(figures: dict[str, float], corpus: Path) -> str:
    """Return the text of a floors file that *figures* just reach."""
    lines = [
        "# Floors of reply_accuracy. Lower one only on purpose, and say why in the commit.",
        f'corpus = "{digest(corpus)}"',
    ]
    lines += [
        "",
        "[floors]",
        *(f"{json.dumps(name)} = {int(share * 1000) / 1000}" for name, share in sorted(figures.items())),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table; with ``--check`` return 1 where a floor is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail below the floors")
    parser.add_argument("--write-floors", action="store_true", help="set the floors to what was measured")
    parser.add_argument("--misses", action="store_true", help="list what was wrong")
    wanted = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"reply_accuracy: no corpus at {CORPUS}; name its folder in BAROMETER_CORPUS", file=sys.stderr)
        return 2
    misses: list[str] = []
    figures, table = measured(CORPUS, misses)
    print(
        "\n".join(
            ["| what | share |", "| --- | ---: |", *(f"| {n} | {s:.3f} |" for n, s in sorted(figures.items())), ""]
        )
    )
    print("\n".join([*table, *([""] if wanted.misses else []), *(misses if wanted.misses else [])]))
    if wanted.write_floors:
        FLOORS.write_text(floors_of(figures, CORPUS), "utf-8")
    problems = below(figures, CORPUS) if wanted.check else []
    for problem in problems:
        print(f"reply_accuracy: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
