"""Measure whom the forms' probe would write to, and what it would take each field for; fail below ``form_floors.toml``.

``python -m benchmarks.form_accuracy [--check] [--write-floors] [--misses] [--part all|open|kept]``, from the repository.
The hand-typed pages are those of ``forms_against_formasaurus``, which also says how the fields' codes stand for roles.

``form chosen``: pages with a form that its annotators call "contact/comment" where the chosen form is one of them. They have
one word for both; comments, messages to somebody else and forms that the page hides are rightly passed over, so a page
counts only where our reading sees a message to the merchant in such a form, and ``form found`` counts every page.
``none claimed``: pages without such a form where none is chosen, or one that they left untyped. ``roles`` are those of the
public contract, ``finer roles`` those that filling needs (a first name, a newsletter, a post code), both of fields that
show where scripts run. ``traps`` are left alone when every form of a page is filled in.
"""

import argparse
import hashlib
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import forms_against_formasaurus as pages
from benchmarks.labelled import Score
from probes.forms.choose import ContactForm, contact_form, questions_of
from probes.forms.fill import Particulars, Writer, plan
from probes.forms.roles import CONTRACT, FillRole
from probes.forms.seen import Option, Seen
from probes.probe import Blocked, Outgoing, Sender
from spiders.detect.document import Document
from spiders.detect.form_controls import Control, text_of
from spiders.detect.forms import Form, read_forms
from storage.vocabulary import FieldRole

FLOORS = Path(__file__).with_name("form_floors.toml")
FINER = {
    "n1": FillRole.FIRST_NAME, "n3": FillRole.LAST_NAME, "nf": FillRole.NAME, "e1": FillRole.EMAIL, "e2": FillRole.EMAIL_AGAIN,
    "ph": FillRole.PHONE, "no": FillRole.COMPANY, "Zi": FillRole.POSTAL_CODE, "Ci": FillRole.CITY, "Co": FillRole.COUNTRY,
    "Ad": FillRole.STREET, "Sa": FillRole.STREET, "A1": FillRole.STREET, "Sn": FillRole.STREET, "tC": FillRole.PRIVACY,
    "eC": FillRole.NEWSLETTER, "CC": FillRole.MESSAGE, "ws": FillRole.WEBSITE, "ca": FillRole.CAPTCHA,
    "p1": FillRole.PASSWORD, "p2": FillRole.PASSWORD,
}  # fmt: skip
"""Annotators' codes that have one fine role of ours; a name that stands alone may be a last name to either side."""
_SENDER = Sender("Claire Martin", "claire@answers.example", "+33639981234")
_OWN = Particulars("Mme", "Atelier Martin", "3 rue des Essais", "60000", "Beauvais")
_OUTGOING = Outgoing("a", "", "Delivery", "Do you deliver to a parcel shop?", "t", "en", None, None)


class Counts(NamedTuple):
    """What was counted, by name, and what was wrong."""

    right: Counter[str]
    total: Counter[str]
    misses: list[str]

    def add(self, name: str, right: bool, miss: str) -> None:
        """Count one case of *name*."""
        self.total[name] += 1
        self.right[name] += right
        if not right:
            self.misses.append(f"{name}: {miss}")

    def scores(self) -> dict[str, Score]:
        """Return the scores by name."""
        return {name: Score(self.right[name], count) for name, count in sorted(self.total.items())}


def measured(part: str) -> Counts:
    """Return what the probe makes of the annotated pages of *part*."""
    counts = Counts(Counter(), Counter(), [])
    for page in pages.annotated_pages(part):
        forms = read_forms(Document(page.body, page.url))
        aligned = pages.aligned(page, forms)
        _count_choice(page, forms, aligned, counts)
        for position, kind in enumerate(page.types):
            form = aligned.get(position)
            if kind not in pages.UNTYPED and form is not None:
                _count_fields(page, form, page.fields[position], counts)
    return counts


def _count_choice(page: pages.Page, forms: list[Form], aligned: dict[int, Form], counts: Counts) -> None:
    chosen = contact_form(forms)
    kinds = [kind for position, kind in enumerate(page.types) if aligned.get(position) is chosen and chosen is not None]
    what = f"{page.file} {page.url} -> {kinds or 'none'}"
    if "c" not in page.types:
        counts.add("none claimed", chosen is None or all(kind in pages.UNTYPED for kind in kinds), what)
        return
    counts.add("form found", kinds == ["c"], what)
    theirs = [aligned[position] for position, kind in enumerate(page.types) if kind == "c" and position in aligned]
    if any(form.writes_to_merchant for form in theirs) or chosen is not None:
        counts.add("form chosen", kinds == ["c"], what)


def _count_fields(page: pages.Page, form: Form, codes: dict[str, str], counts: Counts) -> None:
    """Count the roles of one form's fields by name, and fill it in to see that its traps stay empty."""
    asked = {question.seen.name: question.role for question in questions_of(form, seen_of)}
    contract = {code: role for role, own in pages.ROLE_OF_CODE.items() for code in own}
    for name, code in codes.items():
        if code in pages.BUTTONS or code == "XX" or name not in form.fields:
            continue
        got = asked.get(name, FillRole.HONEYPOT if form.fields[name] is FieldRole.HONEYPOT else None)
        role = CONTRACT.get(got, FieldRole.OTHER) if got is not None else form.fields[name]
        expected = contract.get(code, FieldRole.OTHER)
        counts.add("roles", role == expected, f"{page.file} {name!r}: {code} {expected} -> {role}")
        if code in FINER and got is not None:
            near = {
                FINER[code],
                FillRole.NAME if code == "n3" else FINER[code],
                FillRole.LAST_NAME if code == "nf" else FINER[code],
            }
            counts.add("finer roles", got in near, f"{page.file} {name!r}: {code} {FINER[code]} -> {got}")
    traps = {name for name, code in codes.items() if code == "hp"}
    for name in traps & set(form.fields):
        counts.add("traps", name not in _filled(form), f"{page.file} {name!r} is filled in")


def _filled(form: Form) -> set[str]:
    questions = questions_of(form, seen_of)
    fills = plan(ContactForm("", "", "", questions, ()), Writer(_SENDER, _OWN, _OUTGOING))
    numbers = set() if isinstance(fills, Blocked) else {fill.number for fill in fills}
    return {question.seen.name for question in questions if question.seen.number in numbers}


def seen_of(control: Control) -> Seen:
    """Return *control* as its markup shows it, without a browser."""
    options = tuple(_options(control)) if control.tag == "select" else ()
    return Seen(
        number=control.node.mem_id, type=control.type, name=control.key, label=control.label,
        hint=control.attribute("placeholder"), shown=not control.hidden, needed="required" in control.attributes, options=options,
    )  # fmt: skip


def _options(control: Control) -> Iterator[Option]:
    for node in control.node.css("option")[:400]:
        yield Option(text_of(node)[:80] or (node.text() or "").strip()[:80], node.attributes.get("value") or "")


def digest() -> str:
    """Return a digest of the annotations."""
    return hashlib.sha256((pages.CORPUS / "index.json").read_bytes()).hexdigest()[:16]


def floors_of(scores: dict[str, Score]) -> str:
    """Return the text of a floors file that *scores* just reach."""
    lines = [f"{json.dumps(name)} = {int(score.share * 1000) / 1000}" for name, score in scores.items()]
    head = (
        "# Floors of benchmarks/form_accuracy.py, over all hosts. Lower one only on purpose, and say why in the commit."
    )
    return "\n".join([head, f'corpus = "{digest()}"', "", "[floors]", *lines, ""])


def below(scores: dict[str, Score]) -> list[str]:
    """Return what is below its floor, and why a floor cannot be compared."""
    told = tomllib.loads(FLOORS.read_text("utf-8"))
    if told["corpus"] != digest():
        return ["the annotations are not those that the floors were set on"]
    missing = [name for name in told["floors"] if name not in scores]
    low = [
        f"{name}: {scores[name].share:.3f} is below {floor}"
        for name, floor in told["floors"].items()
        if name in scores and scores[name].share < floor
    ]
    return low + [f"{name}: was not measured" for name in missing]


def main() -> int:
    """Print the table; with ``--check`` return 1 where a floor is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail below the floors")
    parser.add_argument("--write-floors", action="store_true", help="set the floors to what was measured")
    parser.add_argument("--misses", action="store_true", help="list what was wrong")
    parser.add_argument("--part", choices=("all", "open", "kept"), default="all", help="hosts; floors are for all")
    wanted = parser.parse_args()
    if not (pages.CORPUS / "index.json").is_file():
        print(
            f"form accuracy: no annotated pages in {pages.CORPUS}; name the corpus in BAROMETER_CORPUS", file=sys.stderr
        )
        return 2
    counts = measured(wanted.part)
    scores = counts.scores()
    print("| what | right | share |\n| --- | --- | --- |")
    for name, score in scores.items():
        print(f"| {name} | {score.right} of {score.of} | {score.share:.3f} |")
    if wanted.misses:
        print("\n".join(["", *counts.misses]))
    if wanted.write_floors:
        FLOORS.write_text(floors_of(scores), "utf-8")
    problems = below(scores) if wanted.check else []
    for problem in problems:
        print(f"form accuracy: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
