"""What each field of a form asks for: a role from the closed list, from type, autofill token, label and name."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import islice

from selectolax.lexbor import LexborNode

from spiders.detect.form_controls import Control, siblings
from spiders.detect.form_words import asked_in, asked_in_name, stems
from spiders.detect.lexicon import words
from storage.vocabulary import FieldRole

_ROLE_OF_TOPIC = {
    "honeypot": FieldRole.HONEYPOT,
    "captcha": FieldRole.CAPTCHA,
    "consent": FieldRole.CONSENT,
    "order_number": FieldRole.ORDER_NUMBER,
    "email": FieldRole.EMAIL,
    "phone": FieldRole.PHONE,
    "subject": FieldRole.SUBJECT,
    "message": FieldRole.MESSAGE,
    "name": FieldRole.NAME,
    # A line to write in that is called after the newsletter takes the address to send it to.
    "newsletter": FieldRole.EMAIL,
    "other": FieldRole.OTHER,
}
WRITERS = (FieldRole.NAME, FieldRole.EMAIL, FieldRole.PHONE)
"""Roles that tell who writes."""

_NEVER_ASKED = frozenset(
    {"password", "url", "color", "range", "search", "file", "date", "datetime-local", "month", "week", "time"}
)
_TICKED = frozenset({"checkbox", "radio"})
_SUM = re.compile(r"\d{1,3}\s*(?:[+*x×÷/-]|plus|moins|minus|fois|times|und|più|más)\s*\d{1,3}\s*(?:=|\?|$|:)", re.I)
_AWAY = re.compile(
    r"opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|(?<![a-z-])(?:height|width)\s*:\s*[01](?:px)?\s*(?:;|!|$)|clip\s*:\s*rect\("
    r"|clip-path\s*:\s*inset\(\s*(?:50|100)%",
    re.I,
)
_FAR_AWAY = re.compile(r"(?:left|right|top)\s*:\s*-\s*\d{3,}|:[^;]{0,20}-\d{4,}(?:px|em|pt)", re.I)
_NOT_COMPLETED = frozenset({"off", "nope", "no", "new-password", "false"})
_AWAY_LEVELS = 3
_PICTURE_LEVELS = 3
_TRAP_CLASS = re.compile(r"honey|(?<![a-z])h-?pot(?![a-z])|ohnohoney", re.I)


def roles_of(controls: Sequence[Control]) -> list[tuple[Control, FieldRole]]:
    """Return each of the fields of one form with its role, told field by field, then corrected by what stands together.

    Beside a password nobody writes a message, and a single line without a field for who writes is no message box
    either: it is a question to a search engine.
    """
    roles = [(control, role_of(control)) for control in controls]
    private = any(control.type == "password" for control in controls)
    signed = any(role in WRITERS for _, role in roles)
    return [
        (control, FieldRole.OTHER)
        if role is FieldRole.MESSAGE and (private or not (signed or control.tag == "textarea"))
        else (control, role)
        for control, role in roles
    ]


def role_of(control: Control) -> FieldRole:
    """Return what *control* asks a visitor for.

    A trap that people cannot see is told first; then the type and the autofill token, which mean one thing only; then
    what a visitor reads (label, placeholder); then the name given by the developer; last the words beside it.
    """
    if is_honeypot(control):
        return FieldRole.HONEYPOT
    if _is_captcha(control):
        return FieldRole.CAPTCHA
    if control.type in _TICKED:
        return _ticked_role(control)
    fixed = _fixed_role(control)
    if fixed is not None:
        return fixed
    return _box_role(control) if control.tag == "textarea" else _line_role(control)


def is_honeypot(control: Control) -> bool:
    """Tell whether *control* is a trap for robots, which must stay empty.

    Either its words say so, or it is moved far off the page, or it is kept from the eye and from the keyboard or
    autofill too; a lesser sign alone also marks honest fields (a field of a later step, a list with a search box).
    Boxes to tick and file fields are often replaced by drawn ones, so only their words can tell.
    """
    told = "honeypot" in asked_in(control.label or control.near) or "honeypot" in asked_in(
        control.attribute("placeholder")
    )
    if told or _named(control) == "honeypot" or _TRAP_CLASS.search(control.attribute("class")[:200]):
        return True
    if control.type in _TICKED or control.tag == "select" or control.type == "file":
        return False
    skipped = control.attribute("tabindex").strip().startswith("-")
    uncompleted = control.attribute("autocomplete").strip().lower() in _NOT_COMPLETED
    unspoken = control.attribute("aria-hidden").lower() == "true"
    if _is_styled(control, _FAR_AWAY):
        return True
    if control.hidden or _is_styled(control, _AWAY):
        return skipped or unspoken or (uncompleted and not control.hidden)
    return skipped and unspoken and uncompleted


def _is_styled(control: Control, style: re.Pattern[str]) -> bool:
    """Tell whether the inline *style* of the control, or of what is right around it, takes it out of sight."""
    here = control.node
    for _ in range(_AWAY_LEVELS):
        if style.search((here.attributes.get("style") or "")[:400]):
            return True
        above = here.parent
        if above is None or above.tag in ("form", "body"):
            return False
        here = above
    return False


def _is_captcha(control: Control) -> bool:
    if control.type in ("password", "file", "radio"):
        return False
    shown = control.label or control.near
    if _SUM.search(shown) or _SUM.search(control.attribute("placeholder")[:80]):
        return True
    if _named(control) == "captcha":
        return True
    first = asked_in(shown) or asked_in(control.attribute("placeholder"))
    if first:
        return first[0] == "captcha" and control.tag != "textarea"
    return control.type == "text" and _stands_by_test_picture(control)


def _stands_by_test_picture(control: Control) -> bool:
    """Tell whether a picture that its address or name calls a test stands right beside the field."""
    here: LexborNode | None = control.node
    for _ in range(_PICTURE_LEVELS):
        if here is None or here.tag in ("form", "body"):
            break
        for neighbour in (*islice(siblings(here, after=False), 3), *islice(siblings(here, after=True), 3)):
            picture = neighbour if neighbour.tag == "img" else None
            if picture is None and neighbour.is_element_node and neighbour.tag not in ("input", "br"):
                picture = next((node for node in islice(neighbour.traverse(), 12) if node.tag == "img"), None)
            if picture is not None:
                own = picture.attributes
                told = " ".join((own.get(key) or "")[:200] for key in ("src", "id", "class", "alt")).lower()
                return stems("test_pictures").search(told) is not None
        here = here.parent
    return False


def _ticked_role(control: Control) -> FieldRole:
    """Return the role of a box to tick, a consent or something else, or of a choice, which may be among subjects."""
    topics = asked_in(control.label or control.near)
    named = _named(control)
    if control.type == "radio":
        return FieldRole.SUBJECT if asked_in_name(control.attribute("name")) == "subject" else FieldRole.OTHER
    if "newsletter" in topics or named == "newsletter":
        # One box for both the rules and the news is named after the rules.
        return FieldRole.CONSENT if named == "consent" and topics[0] == "consent" else FieldRole.OTHER
    return FieldRole.CONSENT if "consent" in topics or named == "consent" else FieldRole.OTHER


def _autofill_role(tokens: str) -> FieldRole | None:
    last = tokens.strip().lower().split(" ")[-1] if tokens else ""
    return _autofill().get(last)


@cache
def _autofill() -> dict[str, FieldRole]:
    """Map the autofill tokens of the HTML standard to roles."""
    lists = {"name": FieldRole.NAME, "email": FieldRole.EMAIL, "phone": FieldRole.PHONE, "other": FieldRole.OTHER}
    return {token: role for topic, role in lists.items() for token in words("forms", f"autocomplete_{topic}")}


def _fixed_role(control: Control) -> FieldRole | None:
    """Return the role that the autofill token or the type alone decides, or ``None``."""
    completed = _autofill_role(control.attribute("autocomplete"))
    if completed is not None:
        return completed
    if control.type in _NEVER_ASKED:
        return FieldRole.OTHER
    return FieldRole.EMAIL if control.type == "email" else None


def _line_role(control: Control) -> FieldRole:
    """Return the role of one line to write in or of a list to choose from, whose type may rule some words out."""
    role = _worded_role(control)
    if control.type == "tel":
        return role if role in (FieldRole.ORDER_NUMBER, FieldRole.SUBJECT, FieldRole.OTHER) else FieldRole.PHONE
    if control.type == "number" and role not in (FieldRole.ORDER_NUMBER, FieldRole.PHONE):
        return FieldRole.OTHER
    if control.tag == "select":
        # A "question" or a "demande" chosen from a list is what the message is about.
        return FieldRole.SUBJECT if role in (FieldRole.SUBJECT, FieldRole.MESSAGE) else FieldRole.OTHER
    return role or FieldRole.OTHER


def _box_role(control: Control) -> FieldRole:
    """A box of several lines is for a message, unless its words say that it is for something else."""
    if "readonly" in control.attributes or "disabled" in control.attributes:
        return FieldRole.OTHER
    shown = (
        asked_in(control.label)
        or asked_in(control.attribute("placeholder")[:60])
        or tuple(filter(None, (_named(control),)))
        or asked_in(control.near)
    )
    if "message" in shown or not shown:
        return FieldRole.MESSAGE
    return FieldRole.OTHER if shown[0] in ("other", "consent", "email", "phone") else FieldRole.MESSAGE


def _worded_role(control: Control) -> FieldRole | None:
    """Return the role that the words on and around a field name, the most trusted source first, or ``None``."""
    placeholder = control.attribute("placeholder")
    for topics in (
        asked_in(control.label),
        asked_in(placeholder[:60]),
        tuple(filter(None, (_named(control),))),
        asked_in(control.near),
        asked_in(control.attribute("title")[:60]),
    ):
        if topics:
            return _ROLE_OF_TOPIC[_chief(topics)]
    return FieldRole.EMAIL if "@" in placeholder else None


def _chief(topics: tuple[str, ...]) -> str:
    """Return the topic that decides: an order number, else the first that is named."""
    if "order_number" in topics:
        return "order_number"
    return next((topic for topic in topics if topic != "newsletter"), "newsletter")


def _named(control: Control) -> str:
    return asked_in_name(control.attribute("name")) or asked_in_name(control.attribute("id"))
