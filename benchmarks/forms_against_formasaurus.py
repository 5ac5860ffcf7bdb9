"""Measure our reading of forms on hand-typed pages, and set it beside formasaurus (MIT), a trained classifier.

``python benchmarks/forms_against_formasaurus.py [--part all|open|kept] [--misses]``, from the repository; the folder of
the open corpus is taken from ``BAROMETER_CORPUS`` (default ``../shared/corpus``). To fill the second column, install
formasaurus anywhere and name its interpreter in ``FORMASAURUS_PYTHON``.

A form counts as found when our kind and the annotators' type agree: their one class "contact/comment" is our
``contact`` or ``comment``; search, login, registration, mailing list and order stand for themselves; every other type
of theirs is our ``other``. Forms they left untyped are skipped. Both sides list the ``<form>`` elements of the page
in document order; where the parsers differ (broken nesting), the lists are aligned by id, name, class and action. A
form of theirs that we do not see counts as ``other``. A field counts as right when our role is the one that its
annotation stands for, all annotations without a role of ours being ``other``; buttons and fields without a name are
not compared.

The corpus is split by a hash of the host. Rules were written from ``open``; at the first look ``kept`` gave F1 0.920
for contact or comment and 0.911 for fields. Four of its pages and the names of its missed captchas and traps were
looked at afterwards, so its present figures are only half a test.
"""

import argparse
import gzip
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import lxml.html

from spiders.detect.document import Document
from spiders.detect.forms import Form, find_forms, read_forms
from storage.vocabulary import FieldRole, FormKind

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus")) / "pages" / "formasaurus"
PUBLISHED_CONTACT_F1 = 0.91
"""F1 that formasaurus publishes for its class contact/comment, by cross-validation over its own pages."""

CONTACT = "contact or comment"
CLASS_OF_TYPE = {"c": CONTACT, "s": "search", "l": "login", "r": "registration", "m": "newsletter", "b": "order"}
CLASS_OF_KIND = {
    FormKind.CONTACT: CONTACT, FormKind.COMMENT: CONTACT, FormKind.SEARCH: "search", FormKind.LOGIN: "login",
    FormKind.REGISTRATION: "registration", FormKind.NEWSLETTER: "newsletter", FormKind.ORDER: "order",
}  # fmt: skip
UNTYPED = ("X", "-")
BUTTONS = ("Bs", "Bc", "Br", "Bo")
ROLE_OF_CODE = {
    FieldRole.NAME: ("n1", "n2", "n3", "nf", "ns"), FieldRole.EMAIL: ("e1", "e2"), FieldRole.CAPTCHA: ("ca",),
    FieldRole.PHONE: ("ph", "P0", "P1", "P2", "P3"), FieldRole.SUBJECT: ("CT",), FieldRole.MESSAGE: ("CC",),
    FieldRole.CONSENT: ("tC",), FieldRole.HONEYPOT: ("hp",),
}  # fmt: skip


class Page(NamedTuple):
    """One annotated page: the types of its forms and the codes of their fields, by name."""

    file: str
    url: str
    body: bytes
    types: list[str]
    fields: list[dict[str, str]]


class Marks(NamedTuple):
    """What was counted: (theirs, ours) pairs of classes and of roles, and what to look at again."""

    classes: Counter[tuple[str, str]]
    roles: Counter[tuple[str, str]]
    misses: list[str]


def main() -> None:
    """Print the table, or say what is missing."""
    options = argparse.ArgumentParser()
    options.add_argument("--part", choices=("all", "open", "kept"), default="all")
    options.add_argument("--misses", action="store_true")
    chosen = options.parse_args()
    if not (CORPUS / "index.json").is_file():
        sys.exit(f"no annotated pages in {CORPUS}; give the folder of the open corpus in BAROMETER_CORPUS")
    pages = list(annotated_pages(chosen.part))
    marks = measured(pages)
    theirs = formasaurus_classes(pages)
    print(f"{len(pages)} pages, {sum(marks.classes.values())} typed forms, part: {chosen.part}")
    print(f"{'class':22}{'forms':>6}{'precision':>11}{'recall':>8}{'F1':>7}{'formasaurus F1':>17}")
    for name in [CONTACT, "search", "login", "registration", "newsletter", "order"]:
        other = "" if theirs is None else f"{f1(theirs, name)[2]:.3f}"
        precision, recall, score = f1(marks.classes, name)
        print(f"{name:22}{total(marks.classes, name):6}{precision:11.3f}{recall:8.3f}{score:7.3f}{other:>17}")
    print_fields(marks.roles)
    print_speed(pages)
    print(f"formasaurus publishes F1 {PUBLISHED_CONTACT_F1} for contact/comment, cross-validated. Its shipped model")
    print("was trained on these very pages, so its column is not a fair figure; the published one is.")
    if chosen.misses:
        print("\n".join(marks.misses))


def annotated_pages(part: str) -> Iterator[Page]:
    """Yield the pages of *part* of the corpus."""
    index = json.loads((CORPUS / "index.json").read_text("utf-8"))
    for file, page in index.items():
        if part == "all" or is_kept(page["url"]) == (part == "kept"):
            body = gzip.decompress((CORPUS / f"{file}.gz").read_bytes())
            yield Page(file, page["url"], body, page["forms"], page["visible_html_fields"])


def is_kept(url: str) -> bool:
    """Tell whether the host of *url* belongs to the two fifths that the first rules were tried on."""
    host = (urlsplit(url).hostname or "").lower().removeprefix("www.")
    return int(hashlib.sha256(f"forms:{host}".encode()).hexdigest(), 16) % 5 < 2


def measured(pages: list[Page]) -> Marks:
    """Return how our reading of *pages* compares with the annotations."""
    marks = Marks(Counter(), Counter(), [])
    for page in pages:
        forms = aligned(page, read_forms(Document(page.body, page.url)))
        for position, (kind, codes) in enumerate(zip(page.types, page.fields, strict=True)):
            if kind in UNTYPED:
                continue
            form = forms.get(position)
            expected = CLASS_OF_TYPE.get(kind, "other")
            got = CLASS_OF_KIND.get(form.kind, "other") if form else "other"
            marks.classes[expected, got] += 1
            if expected != got:
                why = f"{form.purpose} {form.confidence} {form.label!r}" if form else "not seen"
                marks.misses.append(f"FORM {page.file} {page.url} #{position}: {expected} -> {got} ({kind}: {why})")
            compare_fields(page, form, codes, marks)
    return marks


def compare_fields(page: Page, form: Form | None, codes: dict[str, str], marks: Marks) -> None:
    """Add the fields of one form to *marks*."""
    roles = {code: role for role, own in ROLE_OF_CODE.items() for code in own}
    for name, code in codes.items():
        if code in BUTTONS or code == "XX" or not name:
            continue
        expected = roles.get(code, FieldRole.OTHER)
        got = form.fields.get(name) if form else None
        marks.roles[expected, got or "not seen"] += 1
        if expected != got:
            marks.misses.append(f"FIELD {page.file} {name!r}: {code} {expected} -> {got}")


def aligned(page: Page, forms: list[Form]) -> dict[int, Form]:
    """Return our forms by the position of the same form in lxml's tree, which is what the annotators counted in."""
    parser = lxml.html.HTMLParser(encoding="utf-8")
    tree = lxml.html.fromstring(Document(page.body, page.url).html.encode("utf-8", "replace"), parser=parser)
    theirs = [signature(dict(form.attrib)) for form in tree.xpath("//form")]
    whole = lxml.html.fromstring(page.body.decode("utf-8", "replace").encode(), parser=parser).xpath("//form")
    if len(whole) == len(page.types):
        theirs = [signature(dict(form.attrib)) for form in whole]
    own = [form for form in forms if form._node.tag == "form"]
    ours = [signature(form._node.attributes) for form in own]
    if len(ours) == len(theirs):
        return dict(enumerate(own))
    found: dict[int, Form] = {}
    for block in SequenceMatcher(None, theirs, ours, autojunk=False).get_matching_blocks():
        found.update({block.a + step: own[block.b + step] for step in range(block.size)})
    return found


def signature(attributes: dict[str, str | None]) -> tuple[str, ...]:
    """Return what tells one form of a page from another."""
    return tuple(" ".join((attributes.get(name) or "").split()) for name in ("id", "name", "class", "action"))


def total(pairs: Counter[tuple[str, str]], name: str) -> int:
    """Return how many forms the annotators typed *name*."""
    return sum(count for (expected, _), count in pairs.items() if expected == name)


def f1(pairs: Counter[tuple[str, str]], name: str) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the class *name*."""
    right = pairs[name, name]
    said = sum(count for (_, got), count in pairs.items() if got == name)
    precision, recall = right / max(said, 1), right / max(total(pairs, name), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def print_fields(roles: Counter[tuple[str, str]]) -> None:
    """Print the share of fields whose role is right, overall and by role."""
    asked = [role for role in FieldRole if role is not FieldRole.OTHER]
    for title, kept in (("all fields", list(FieldRole)), ("fields with a role", asked)):
        compared = {pair: count for pair, count in roles.items() if pair[0] in kept}
        right = sum(count for (expected, got), count in compared.items() if expected == got)
        fields = sum(compared.values())
        print(f"{title}: {right} of {fields} right, accuracy {right / max(fields, 1):.3f}")
    for role in FieldRole:
        precision, recall, score = f1(roles, role)
        print(f"  {role:20}{total(roles, role):6}{precision:11.3f}{recall:8.3f}{score:7.3f}")


def print_speed(pages: list[Page]) -> None:
    """Print the median and the largest time a page costs beyond its :class:`Document`, in milliseconds."""
    for reader in (find_forms, read_forms):
        spent = []
        for page in pages:
            document = Document(page.body, page.url)
            started = time.perf_counter()
            reader(document)
            spent.append((time.perf_counter() - started) * 1000)
        print(f"{reader.__name__}: median {statistics.median(spent):.3f} ms a page, largest {max(spent):.2f} ms")


FORMASAURUS = """
import json, sys, time
import formasaurus
formasaurus.extract_forms("<form><input name=q></form>")
for line in sys.stdin:
    started = time.perf_counter()
    try:
        types = [kind["form"] for _, kind in formasaurus.extract_forms(json.loads(line))]
    except ValueError:
        types = None
    print(json.dumps([types, time.perf_counter() - started]), flush=True)
"""
CLASS_OF_THEIRS = {
    "contact/comment": CONTACT, "search": "search", "login": "login", "registration": "registration",
    "join mailing list": "newsletter", "order/add to cart": "order",
}  # fmt: skip


def formasaurus_classes(pages: list[Page]) -> Counter[tuple[str, str]] | None:
    """Return the (annotated, predicted) classes of formasaurus, or ``None`` where it is not installed, and say so."""
    interpreter = os.environ.get("FORMASAURUS_PYTHON", sys.executable)
    if subprocess.run([interpreter, "-c", "import formasaurus"], capture_output=True, check=False).returncode != 0:
        print("formasaurus is not installed: its column stays empty; give its interpreter in FORMASAURUS_PYTHON")
        return None
    lines = "\n".join(json.dumps(page.body.decode("utf-8", "replace")) for page in pages)
    run = subprocess.run([interpreter, "-c", FORMASAURUS], input=lines, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(f"formasaurus is installed but does not run: {run.stderr.strip().splitlines()[-1]}")
        return None
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    spent = statistics.median(seconds for _, seconds in answers) * 1000
    print(f"formasaurus: median {spent:.1f} ms a page, its model loaded, parsing included")
    pairs: Counter[tuple[str, str]] = Counter()
    for page, (types, _) in zip(pages, answers, strict=True):
        if types is None or len(types) != len(page.types):
            continue
        for expected, got in zip(page.types, types, strict=True):
            if expected not in UNTYPED:
                pairs[CLASS_OF_TYPE.get(expected, "other"), CLASS_OF_THEIRS.get(got, "other")] += 1
    return pairs


if __name__ == "__main__":
    main()
