"""Measure what a reply costs: parse, classify, new words, correlate with 90,000 waiting attempts.

``python -m benchmarks.reply_cost``, from the repository; takes some seconds. The target is 5 ms a mail for classifying and
correlating (median); CPU time, so that a busy machine does not count.
"""

import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from benchmarks.reply_accuracy import CORPUS
from probes.replies.classify import classify
from probes.replies.correlate import Expected, Waiting
from probes.replies.message import Message, parse_message
from probes.replies.text import new_words
from tests.probes.replies.letters import invented

ATTEMPTS, A_MERCHANT = 90_000, 225
START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def waiting() -> Waiting:
    """Return 90,000 attempts at 400 merchants, indexed."""
    return Waiting(
        Expected(
            attempt_id=str(number),
            reply_address=f"probe+{number:06d}@barometer.example",
            message_id=f"{number:06d}@barometer.example",
            token=f"BQ-{number:06d}",
            merchant_domains=(f"merchant-{number // A_MERCHANT}.example",),
            t0=START + timedelta(minutes=number % A_MERCHANT),
            window_end=START + timedelta(days=14),
        )
        for number in range(ATTEMPTS)
    )


def main() -> int:
    """Print the medians and the 95th percentiles, in milliseconds."""
    begun = process_time()
    attempts = waiting()
    print(f"indexing {ATTEMPTS} attempts: {process_time() - begun:.2f} s")
    raws = [letter.raw for letter in invented()]
    if CORPUS.is_dir():
        raws += [file.read_bytes() for file in sorted(CORPUS.rglob("*.eml"))]
    messages = [parse_message(raw) for raw in raws]
    classify(messages[0])

    def decide(message: Message) -> None:
        classify(message)
        attempts.correlate(message, START + timedelta(days=1))

    def whole(raw: bytes) -> None:
        message = parse_message(raw)
        decide(message)
        new_words(message)

    print(f"{len(raws)} mails, milliseconds of CPU a mail (median, 95th percentile):")
    print(f"  classify and correlate: {_times(decide, messages)}")
    print(f"  parse, classify, correlate, new words: {_times(whole, raws)}")
    return 0


def _times(act: Callable[[Any], None], items: Sequence[Any]) -> str:
    took = []
    for item in items:
        begun = process_time()
        act(item)
        took.append((process_time() - begun) * 1000)
    return f"{statistics.median(took):.2f}, {statistics.quantiles(took, n=20)[-1]:.2f}"


if __name__ == "__main__":
    sys.exit(main())
