"""Which form of a page reaches the merchant, and what each of its visible fields asks for. Pure."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from probes.forms.roles import FillRole, fill_role, words_on
from probes.forms.seen import FIELD, PRESS, Press, Seen, Sight
from probes.forms.words import says
from spiders.detect.document import Document
from spiders.detect.form_controls import Control
from spiders.detect.form_words import purposes_in
from spiders.detect.forms import Form, read_forms
from storage.vocabulary import FormKind

_WIZARD_KINDS = frozenset({FormKind.CONTACT, FormKind.OTHER, FormKind.ORDER, FormKind.REGISTRATION})
_REACHED = frozenset({FillRole.EMAIL, FillRole.PHONE})
_BODY = re.compile(r"<body[^>]{0,20000}>", re.I)


class Question(NamedTuple):
    """A visible field of the form: what is seen of it, what it asks for, and its words."""

    seen: Seen
    role: FillRole
    words: str


class ContactForm(NamedTuple):
    """The form to write to the merchant with, as it stands.

    ``questions`` are its visible fields in document order, traps left out; ``presses`` its buttons. ``key`` tells it from
    the page's other forms; ``challenge``: a captcha waits in or beside it; ``partial``: its message box is still to come.
    """

    key: str
    label: str
    action: str
    questions: tuple[Question, ...]
    presses: tuple[Press, ...]
    challenge: bool = False
    partial: bool = False

    def has(self, role: FillRole) -> bool:
        """Tell whether a visible field has *role*."""
        return any(question.role is role for question in self.questions)


def choose(sight: Sight, key: str | None = None) -> ContactForm | None:
    """Return the contact form that *sight* shows, or ``None``.

    With *key*, that of a form already begun, the form with this key is taken for its next step. Otherwise a form with a
    visible message box meant for the merchant, the surest one; else the first step of one whose box comes later.
    """
    forms = _forms(sight.markup, sight.url)

    def seen_of(control: Control) -> Seen | None:
        number = control.attribute(FIELD)
        return sight.fields[int(number)] if number.isdecimal() and int(number) < len(sight.fields) else None

    same = [form for form in forms if key is not None and _key(form) == key]
    form = contact_form(same) or _begun(same) or contact_form(forms)
    if form is not None:
        return _read(form, sight, seen_of)
    steps = [_read(form, sight, seen_of) for form in forms if _may_lead_on(form)]
    return next((step for step in steps if step.questions and _goes_on(step)), None)


def _begun(same: Sequence[Form]) -> Form | None:
    """Return the form that was begun, of those that look the *same*; a step may look like anything where it is alone."""
    if len(same) == 1:
        return same[0]
    return next((form for form in same if form.kind in _WIZARD_KINDS and form.visible and form.controls), None)


def contact_form(forms: Sequence[Form]) -> Form | None:
    """Return the surest of *forms* that has a visible message box meant for the merchant, or ``None``."""
    meant = [form for form in forms if form.writes_to_merchant]
    return max(meant, key=lambda form: (form.confidence, not form.in_layer), default=None)


def questions_of(form: Form, seen_of: Callable[[Control], Seen | None]) -> tuple[Question, ...]:
    """Return the visible fields of *form*, traps left out, each with what it asks for."""
    found = []
    for control, role in form.controls:
        seen = seen_of(control)
        if seen is None or not seen.shown:
            continue
        asked = fill_role(control, role, seen)
        if asked is not FillRole.HONEYPOT:
            found.append(Question(seen, asked, words_on(control, seen)))
    return tuple(_told_together(found))


def _told_together(questions: list[Question]) -> list[Question]:
    """Correct what only the whole form tells: a name beside a first name is a last name, a second address repeats it."""
    roles = [question.role for question in questions]
    corrected, addressed = [], False
    for question in questions:
        role = question.role
        if role is FillRole.NAME and FillRole.FIRST_NAME in roles and not says(question.words, "fields", "full_name"):
            role = FillRole.LAST_NAME
        if role is FillRole.EMAIL:
            role, addressed = (FillRole.EMAIL_AGAIN if addressed else role), True
        corrected.append(question._replace(role=role))
    return corrected


def _forms(markup: str, url: str) -> list[Form]:
    """Read the forms of a page; one that has fields and no form at all is read as if it were one form."""
    forms = read_forms(Document(markup.encode("utf-8", "replace"), url, "text/html; charset=utf-8", unfold=True))
    if forms or FIELD not in markup:
        return forms
    whole = _BODY.sub(lambda found: found.group() + "<form>", markup, count=1)
    return read_forms(Document(whole.encode("utf-8", "replace"), url, "text/html; charset=utf-8", unfold=True))


def _read(form: Form, sight: Sight, seen_of: Callable[[Control], Seen | None]) -> ContactForm:
    questions = questions_of(form, seen_of)
    inside = {found.get(PRESS) for found in form.inside(f"[{PRESS}]")}
    own = next((found.get("id") for found in form.inside("form")), None)
    return ContactForm(
        key=_key(form),
        label=form.label,
        action=form.action,
        questions=questions,
        presses=tuple(one for one in sight.presses if str(one.number) in inside or (own and one.owner == own)),
        challenge=sight.challenge,
        partial=not any(question.role is FillRole.MESSAGE for question in questions),
    )


def _key(form: Form) -> str:
    """Return what stays the same of a form while a person goes through its steps."""
    own = form.inside("form") or [{}]
    first_class = (own[0].get("class") or "").partition(" ")[0]
    return f"{own[0].get('id') or ''}|{own[0].get('name') or ''}|{first_class}|{form.action}"


def _may_lead_on(form: Form) -> bool:
    """Tell whether a form may be the first step of a message: its box is hidden still, or what stands around it says so."""
    if form.kind not in _WIZARD_KINDS or form.purpose in ("booking", "application", "recovery", "poll"):
        return False
    waits = any(control.tag == "textarea" and control.hidden for control, _ in form.controls)
    return waits or "contact" in purposes_in(f"{form.label} {form.context}")


def _goes_on(step: ContactForm) -> bool:
    """Tell whether a step has a button that leads to the next one."""
    return any(press.shown and says(press.text, "buttons", "next") for press in step.presses)
