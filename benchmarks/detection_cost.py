"""Compare what it costs to detect all channels of a page with reading it for telephones alone, and with a bare parse.

``python -m benchmarks.detection_cost [--pages 0] [--quick]``, from the repository, on the pages of the open corpus
(``BAROMETER_CORPUS``, default ``../shared/corpus``); ``--pages`` takes that many, evenly spread. Tables go to standard
output. Each figure is the median over the pages of the best of three times, in processor milliseconds.

Compared are: a bare lexbor parse; ours, that is parsing, reading and every detector; and parsel's text given to the
matcher of ``phonenumbers`` and nothing more, once the visible text and once all text, scripts included, which is what
``body ::text`` gives. The share of each detector is measured on a document that no other detector has seen.
"""

import argparse
import gzip
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from parsel import Selector
from phonenumbers import PhoneNumberMatcher
from selectolax.lexbor import LexborHTMLParser

from spiders.detect.callback import find_callbacks
from spiders.detect.chat import find_chat
from spiders.detect.document import Document
from spiders.detect.emails import find_emails
from spiders.detect.forms import find_forms
from spiders.detect.links import is_contact_page
from spiders.detect.page import detect
from spiders.detect.phones import find_phones
from spiders.detect.social import find_social
from spiders.detect.source import decoded

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus"))
REPEATS = 3
HTML = {".html", ".htm"}
VISIBLE = "//body//text()[not(ancestor::script or ancestor::style)]"
ALL_TEXT = "//body//text()"
COUNTRY = "FR"
ADDRESS = "https://www.shop.example/page"

DETECTORS: dict[str, Callable[[Document], object]] = {
    "phones": lambda document: find_phones(document, COUNTRY),
    "e-mails": find_emails,
    "forms": find_forms,
    "chat": find_chat,
    "social networks": find_social,
    "callbacks": find_callbacks,
    "contact page": lambda document: is_contact_page(document, []),
}


class Page(NamedTuple):
    """What one page costs, in milliseconds; *first* is ours before anything of this page was remembered."""

    size: int
    parse: float
    first: float
    ours: float
    matcher: float
    all_text: float
    read: float
    detectors: dict[str, float]


def main() -> None:
    """Print the tables; exit with 2 where there is no corpus."""
    options = argparse.ArgumentParser()
    options.add_argument("--pages", type=int, default=0, help="measure so many pages (default: all)")
    options.add_argument("--quick", action="store_true", help="40 pages")
    asked = options.parse_args()
    bodies = _spread(list(_bodies()), 40 if asked.quick else asked.pages)
    if not bodies:
        print(f"no pages under {CORPUS}: give the folder of the corpus in BAROMETER_CORPUS", file=sys.stderr)
        raise SystemExit(2)
    for body in bodies[:1]:
        _measure(body)  # word lists and tables are loaded on first use
    pages = []
    for number, body in enumerate(bodies, 1):
        pages.append(_measure(body))
        if sys.stderr.isatty():
            print(f"\r{number} of {len(bodies)} pages", end="", file=sys.stderr)
    _print(pages)


def _bodies() -> Iterator[bytes]:
    for file in sorted((CORPUS / "sites").rglob("*")) + sorted((CORPUS / "pages").rglob("*.gz")):
        packed = file.suffix == ".gz"
        if (file.with_suffix("") if packed else file).suffix.lower() in HTML:
            body = file.read_bytes()
            yield gzip.decompress(body) if packed else body


def _spread(bodies: Sequence[bytes], count: int) -> Sequence[bytes]:
    return bodies[:: max(1, len(bodies) // count)][:count] if count else bodies


def _measure(body: bytes) -> Page:
    text = decoded(body, None)
    first = _milliseconds(lambda: detect(Document(body, ADDRESS), COUNTRY))
    return Page(
        size=len(body),
        parse=_best(lambda: LexborHTMLParser(text)),
        first=first,
        ours=_best(lambda: detect(Document(body, ADDRESS), COUNTRY)),
        matcher=_best(partial(_match, text, VISIBLE)),
        all_text=_best(partial(_match, text, ALL_TEXT)),
        read=_best(lambda: Document(body, ADDRESS)),
        detectors={name: _alone(body, detector) for name, detector in DETECTORS.items()},
    )


def _match(html: str, words: str) -> list[object]:
    return list(PhoneNumberMatcher(" ".join(Selector(html).xpath(words).getall()), COUNTRY))


def _alone(body: bytes, detector: Callable[[Document], object]) -> float:
    """Return what *detector* costs on a document that was just read."""
    return min(_milliseconds(partial(detector, Document(body, ADDRESS))) for _ in range(REPEATS))


def _best(act: Callable[[], object]) -> float:
    return min(_milliseconds(act) for _ in range(REPEATS))


def _milliseconds(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return (time.process_time() - started) * 1_000


def _print(pages: Sequence[Page]) -> None:
    sizes = statistics.median(page.size for page in pages)
    print(f"\n{len(pages)} pages, median size {sizes / 1_000:.0f} kB; Python {platform.python_version()}\n")
    parse, first, ours, matcher, all_text = (
        statistics.median(getattr(page, part) for page in pages)
        for part in ("parse", "first", "ours", "matcher", "all_text")
    )
    print("| reading | median ms | against ours |\n| --- | ---: | ---: |")
    for name, cost in (
        ("bare lexbor parse", parse),
        ("ours: parse, read, detect all channels", ours),
        ("the same, page never seen before", first),
        ("parsel's visible text and PhoneNumberMatcher", matcher),
        ("parsel's text, scripts included, and PhoneNumberMatcher", all_text),
    ):
        print(f"| {name} | {cost:.2f} | {cost / ours:.2f} |")
    print("\n| figure | measured | wanted |\n| --- | ---: | ---: |")
    print(f"| parsel's visible text and matcher / ours | {matcher / ours:.1f} | at least 3 |")
    print(f"| parsel's text and matcher / ours | {all_text / ours:.1f} | at least 3 |")
    print(f"| ours / bare parse | {ours / parse:.1f} | at most 12 |")
    _print_shares(pages, parse)


def _print_shares(pages: Sequence[Page], parse: float) -> None:
    """Print what each part costs: medians, and means beside them, since a detector that finds nothing hardly works."""
    total = sum(page.read + sum(page.detectors.values()) for page in pages)
    print("\n| part | median ms | mean ms | share of all |\n| --- | ---: | ---: | ---: |")
    reading = [page.read for page in pages]
    costs_of = {f"reading (of it the parse: {parse:.2f})": reading}
    costs_of |= {name: [page.detectors[name] for page in pages] for name in DETECTORS}
    for name, costs in costs_of.items():
        mean, share = statistics.mean(costs), sum(costs) / total
        print(f"| {name} | {statistics.median(costs):.2f} | {mean:.2f} | {share:.0%} |")


if __name__ == "__main__":
    main()
