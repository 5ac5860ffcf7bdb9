"""What a form is for: every purpose gathers points from words and from fields, and the strongest one wins.

The points are ours. A word weighs most where the visitor reads it as the form's title or presses it, less in the names
that developers write, least in the address and title of the page. The rules are ones a person would state about any
site; they are measured, not fitted, in ``benchmarks/forms_against_formasaurus.py``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from spiders.detect.form_controls import Control
from spiders.detect.form_words import MAX_TEXT, purposes_in, stems
from spiders.detect.lexicon import fold, pattern
from storage.vocabulary import FieldRole, FormKind

READ, PRESSED, WRITTEN, AROUND = 4.0, 3.0, 2.0, 2.0
"""Points of a purpose named in a heading, on a button, in the form's own names, in the page's address and title."""

KIND_OF_PURPOSE = {
    "contact": FormKind.CONTACT,
    "newsletter": FormKind.NEWSLETTER,
    "search": FormKind.SEARCH,
    "login": FormKind.LOGIN,
    "registration": FormKind.REGISTRATION,
    "order": FormKind.ORDER,
    "booking": FormKind.ORDER,
    "comment": FormKind.COMMENT,
    "share": FormKind.COMMENT,
    "third_party": FormKind.COMMENT,
    "report": FormKind.COMMENT,
    "recovery": FormKind.OTHER,
    "application": FormKind.OTHER,
    "poll": FormKind.OTHER,
    "other": FormKind.OTHER,
}
"""The kind that stands for each purpose. ``comment`` is every message whose reader is not the merchant's service:
comments and reviews, a friend, a private seller, the moderator of somebody's content."""

_MESSAGE_PURPOSES = (
    "contact",
    "comment",
    "share",
    "third_party",
    "report",
    "application",
    "order",
    "booking",
    "registration",
    "poll",
)
_FEW_FIELDS = 3
_DOSSIER = 9
"""Facts asked beside name, address and message from which a form is a file to fill in and no message; ours."""
_ENOUGH = 3.0
_ENOUGH_WRITTEN = 2.5
"""A message box beside an e-mail or a phone is enough for a contact form without any known word."""
_TYPED = frozenset({"text", "email", "tel", "search", "url", "number", "textarea", "password"})
_DATES = frozenset({"date", "datetime-local", "time", "week", "month"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a form: its seen fields with their roles, and the words in and around it."""

    fields: Sequence[tuple[Control, FieldRole]]
    headings: str
    buttons: str
    names: str
    page: str
    method: str
    is_search: bool

    def count(self, role: FieldRole) -> int:
        """Return how many seen fields have *role*."""
        return sum(1 for _, own in self.fields if own is role)

    def types(self) -> Counter[str]:
        """Return how many seen fields there are of each input type."""
        return Counter(control.type for control, _ in self.fields)

    @property
    def has_message(self) -> bool:
        """Whether a seen field is a message box: free text of several lines, or a line that calls itself a message."""
        return any(
            role is FieldRole.MESSAGE
            and (control.tag == "textarea" or is_called_message(control.key, control.attribute("placeholder")))
            for control, role in self.fields
        )


def purpose_of(evidence: Evidence) -> tuple[str, float]:
    """Return the purpose of a form, a key of :data:`KIND_OF_PURPOSE`, and how sure that is, between 0 and 1."""
    points = _points_of_words(evidence)
    types = evidence.types()
    writes = evidence.count(FieldRole.MESSAGE) > 0 and not types["password"]
    if writes:
        scores = _message_scores(evidence, points, types)
        best = max(_MESSAGE_PURPOSES, key=lambda purpose: (scores[purpose], purpose != "contact"))
    else:
        scores = _other_scores(evidence, points, types)
        best = max(scores, key=lambda purpose: scores[purpose])
    score = scores[best]
    if score < (_ENOUGH_WRITTEN if writes else _ENOUGH):
        return "other", 0.5
    rival = max((other for purpose, other in scores.items() if purpose != best), default=0.0)
    return best, round(min(1.0, 0.5 + (score - max(rival, 0.0)) / (2 * score)), 2)


def is_called_message(name: str, placeholder: str) -> bool:
    """Tell whether a line to write in calls itself a message, so that a visitor takes it for a message box."""
    called = stems("message_lines")
    return called.search(name.lower()) is not None or called.search(placeholder.lower()) is not None


def _points_of_words(evidence: Evidence) -> Counter[str]:
    """Return the points that words give to each purpose; each source counts a purpose once."""
    points: Counter[str] = Counter()
    sources = (
        (evidence.headings, READ), (evidence.buttons, PRESSED), (evidence.names, WRITTEN), (evidence.page, AROUND),
    )  # fmt: skip
    for text, weight in sources:
        for purpose in set(purposes_in(text)):
            points[purpose] += weight  # type: ignore[assignment]
    return points


def _message_scores(evidence: Evidence, points: Counter[str], types: Counter[str]) -> dict[str, float]:
    """Return the scores of the purposes that a form with a message box may have."""
    scores = {purpose: float(points[purpose]) for purpose in _MESSAGE_PURPOSES}
    reachable = evidence.count(FieldRole.EMAIL) + evidence.count(FieldRole.PHONE) > 0
    # What every message form has is worth little, so that one clear word for another purpose outweighs it.
    scores["contact"] += points["quote"] + points["us"] + min(points["send"], 0.5) + 2.0 * reachable
    scores["contact"] += 0.5 * sum(evidence.count(role) > 0 for role in (FieldRole.NAME, FieldRole.SUBJECT))
    scores["contact"] += 0.5 * (types["textarea"] > 0) + 2.0 * (evidence.count(FieldRole.ORDER_NUMBER) > 0)
    scores["comment"] += 2.0 * _is_rated(evidence) + (0.0 if reachable else 1.0)
    scores["share"] += 4.0 * _has_recipient(evidence)
    asked = _purposes_of_facts(evidence)
    scores["booking"] += 2.0 * ("booking" in asked or sum(types[kind] for kind in _DATES) >= 2)
    scores["order"] += 2.0 * ("order" in asked)
    scores["application"] += 2.0 * ("application" in asked) + 6.0 * (
        _facts(evidence) >= _DOSSIER and not points["quote"]
    )
    return scores


def _other_scores(evidence: Evidence, points: Counter[str], types: Counter[str]) -> dict[str, float]:
    """Return the scores of the purposes that a form without a message box, or with a password, may have."""
    typed = sum(types[kind] for kind in _TYPED)
    passwords, emails = types["password"], evidence.count(FieldRole.EMAIL)
    scores = {
        purpose: float(points[purpose])
        for purpose in KIND_OF_PURPOSE
        if purpose not in ("contact", "comment", "share", "third_party", "report")
    }
    scores["search"] += _search_points(evidence, types, typed, emails)
    scores["newsletter"] += points["signup"] + (
        2.5 - 2.0 * (points["recovery"] > 0) if emails == 1 and typed <= _FEW_FIELDS and not passwords else -4.0
    )
    if passwords == 0:
        scores["login"] -= 2.0 if "openid" not in evidence.names else 0.0
        scores["registration"] += (
            points["signup"] * 0.5 + 2.0 * (typed > _FEW_FIELDS and emails > 0) - 2.0 * (typed <= 1)
        )
    elif passwords == 1 and typed <= _FEW_FIELDS:
        # One password opens an account or an old one; the button tells which.
        scores["login"] += 5.0 if points["login"] >= points["registration"] else 2.0
        scores["registration"] += points["signup"] + 1.0 * (emails > 0 and typed > 2)
    else:
        scores["registration"] += (5.0 if typed > passwords else 2.0) + points["signup"]
        scores["recovery"] += 2.0 * (typed == passwords)
    scores["recovery"] -= 4.0 * (passwords == 1) + 3.0 * (typed > _FEW_FIELDS)
    asked = _purposes_of_facts(evidence)
    scores["order"] += 3.0 * _has_quantity(evidence) + (6.0 if _has_card(evidence) else 2.0 * ("order" in asked))
    scores["booking"] += 2.0 * ("booking" in asked)
    return scores


def _search_points(evidence: Evidence, types: Counter[str], typed: int, emails: int) -> float:
    """A search has one box to type in, named or typed as such, and neither address nor password."""
    if types["password"] or emails or evidence.count(FieldRole.MESSAGE):
        return -6.0
    points = 4.0 * (evidence.is_search or types["search"] > 0)
    asked = any("search" in purposes_in(_words_of(control)) or _is_query(control) for control, _ in evidence.fields)
    points += 3.0 * (asked and typed > 0)
    if typed in (1, 2) and "search" in purposes_in(f"{evidence.names} {evidence.buttons}"):
        points += 1.5
    return points + (1.0 if evidence.method == "get" and typed == 1 else 0.0) - (3.0 if typed == 0 else 0.0)


def _is_query(control: Control) -> bool:
    return control.attribute("name").lower() in (
        "q",
        "s",
        "query",
        "search",
        "keyword",
        "keywords",
        "kw",
        "search_query",
        "searchword",
    )


def _words_of(control: Control) -> str:
    return " ".join(
        (
            control.label,
            control.attribute("placeholder"),
            control.attribute("name"),
            control.attribute("id"),
            control.attribute("value"),
        )
    )


def _is_rated(evidence: Evidence) -> bool:
    """Tell whether stars or marks are asked: a choice among numbers only."""
    return (
        sum(
            1
            for control, _ in evidence.fields
            if control.type == "radio" and control.attribute("value").strip() in tuple("12345")
        )
        >= 4
    )


def _has_recipient(evidence: Evidence) -> bool:
    """Tell whether the address of somebody else is asked: a friend's, a recipient's."""
    return any(
        control.tag == "input"
        and {"share"} & set(purposes_in(f"{control.label} {control.attribute('placeholder')} {control.key}"))
        for control, role in evidence.fields
        if role in (FieldRole.EMAIL, FieldRole.NAME, FieldRole.OTHER)
    )


def _facts(evidence: Evidence) -> int:
    """Return how many facts are asked that have nothing to do with who writes and what about."""
    return sum(
        1 for control, role in evidence.fields if role is FieldRole.OTHER and control.type not in ("checkbox", "radio")
    )


def _purposes_of_facts(evidence: Evidence) -> set[str]:
    """Return the purposes that labels betray: an arrival date, a delivery address, a letter of motivation."""
    found: set[str] = set()
    for control, role in evidence.fields:
        if role in (FieldRole.OTHER, FieldRole.MESSAGE):
            told = purposes_in(f"{control.label or control.near} {control.key}")
            # A message may be about an order or a stay; only what a candidate writes is no message.
            found.update(told if role is FieldRole.OTHER else {"application"} & set(told))
    return found


def _has_card(evidence: Evidence) -> bool:
    card = pattern("forms", "card_fields")
    return any(
        control.attribute("autocomplete").startswith("cc-")
        or card.search(fold(f"{control.label[:MAX_TEXT]} {control.attribute('placeholder')[:MAX_TEXT]}"))
        for control, _ in evidence.fields
    )


def _has_quantity(evidence: Evidence) -> bool:
    return any(stems("quantity_fields").search(control.key[:80].lower()) for control, _ in evidence.fields)
