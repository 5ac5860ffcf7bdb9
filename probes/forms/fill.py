"""The plan of filling a contact form in: what is done with each visible field, or what is in the way. Pure."""

from probes.forms.answers import Act, Fill, answers_to
from probes.forms.choose import ContactForm, Question
from probes.forms.needs import Stuck, needs
from probes.forms.roles import FillRole
from probes.forms.seen import Seen
from probes.forms.words import says
from probes.forms.writer import Particulars, Writer
from probes.probe import Blocked
from storage.vocabulary import BlockedBy

__all__ = ["Act", "Fill", "Particulars", "Writer", "is_done", "plan"]


def plan(form: ContactForm, writer: Writer) -> tuple[Fill, ...] | Blocked:
    """Return what is done with the visible fields of *form*, in their order, or what is in the way.

    In the way are a captcha, a password, a file, and any question that must be answered and cannot be truly.
    """
    barred = _barred(form)
    if barred is not None:
        return barred
    fills: list[Fill] = []
    try:
        for group in _groups(form.questions):
            if not all(question.seen.locked for question in group):
                fills += answers_to(group, form, writer)
    except Stuck as stuck:
        return stuck.blocked
    return tuple(fills)


def is_done(fill: Fill, seen: Seen) -> bool:
    """Tell whether a field already holds what *fill* puts there, however the page dresses it (spaces, brackets, dashes)."""
    if fill.act is Act.TICK:
        return seen.ticked
    if fill.act is Act.UNTICK:
        return not seen.ticked
    if fill.act is Act.CHOOSE:
        if not 0 <= fill.option < len(seen.options):
            return False
        option = seen.options[fill.option]
        return option.on or (seen.drawn == "list" and _bare(option.text) in _bare(seen.value))
    there, wanted = _bare(seen.value), _bare(fill.value)
    if fill.role is FillRole.PHONE and fill.value[:1] != "+":
        return there != "" and there[-8:] == wanted[-8:]
    return there == wanted


def _barred(form: ContactForm) -> Blocked | None:
    captcha = next((one for one in form.questions if one.role is FillRole.CAPTCHA or _asks_for_a_person(one)), None)
    if form.challenge or captcha is not None:
        return Blocked(
            BlockedBy.CAPTCHA, "a captcha waits" + (f": {captcha.words[:80]}" if captcha and captcha.words else "")
        )
    if form.has(FillRole.PASSWORD):
        return Blocked(BlockedBy.LOGIN, "the form wants a password")
    file = next((one for one in form.questions if one.role is FillRole.FILE and needs(one)), None)
    if file is not None:
        return Blocked(BlockedBy.FILE_UPLOAD, f"the form wants a file: {file.words[:80]}")
    return None


def _asks_for_a_person(question: Question) -> bool:
    return (
        question.seen.type == "checkbox" and question.role is FillRole.OTHER and says(question.words, "page", "robots")
    )


def _groups(questions: tuple[Question, ...]) -> list[list[Question]]:
    """Return the questions, choices of one question together."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        seen = question.seen
        key = f"{seen.name}|{seen.question}" if seen.type == "radio" else f"#{seen.number}"
        if seen.type == "checkbox" and question.role in (FillRole.REASON, FillRole.REACH_BY):
            key = f"boxes|{seen.question}"
        groups.setdefault(key, []).append(question)
    return list(groups.values())


def _bare(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
