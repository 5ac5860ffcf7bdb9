"""What we answer to each question of a contact form. Pure.

We give what we truly are and what a form needs, and no more: a field that may stay empty stays empty, unless it says who
we are, where to answer, and what about. Nothing is ever made up: no order number, no address, no date.
"""

from enum import StrEnum
from typing import NamedTuple

import phonenumbers

from probes.forms.choose import ContactForm, Question
from probes.forms.menus import chosen, first_that_says, option_named, reason
from probes.forms.needs import Stuck, named, needs
from probes.forms.roles import FillRole
from probes.forms.seen import Option
from probes.forms.words import says
from probes.forms.writer import PRIVATE_PERSON, Writer


class Act(StrEnum):
    """What is done with a field."""

    WRITE = "write"
    CHOOSE = "choose"
    TICK = "tick"
    UNTICK = "untick"


class Fill(NamedTuple):
    """One field and what is done with it: ``value`` is what is written, ``option`` the place of what is chosen."""

    number: int
    role: FillRole
    act: Act
    value: str = ""
    option: int = -1


def answers_to(group: list[Question], form: ContactForm, writer: Writer) -> list[Fill]:
    """Return what is done with *group*, the fields of one question of *form*; raises :class:`~probes.forms.needs.Stuck`."""
    question = group[0]
    if len(group) > 1 or question.seen.type == "radio":
        return _one_of(group, writer)
    if question.seen.type == "checkbox":
        return _box(question, writer)
    if question.seen.type == "select":
        return _choice(question, form, writer)
    return _written(question, form, writer)


def _written(question: Question, form: ContactForm, writer: Writer) -> list[Fill]:
    value = _value(question, form, writer)
    if value is None:
        if needs(question):
            raise Stuck(f"the form asks for what we cannot give: {named(question)}")
        return []
    seen = question.seen
    if seen.longest and len(value) > seen.longest:
        if question.role is not FillRole.SUBJECT:
            raise Stuck(f"{named(question)} takes only {seen.longest} characters")
        value = _cut(value, seen.longest)
    if seen.shortest and len(value) < seen.shortest:
        raise Stuck(f"{named(question)} wants at least {seen.shortest} characters")
    if seen.type != "textarea":
        value = " ".join(value.split())
    return [Fill(seen.number, question.role, Act.WRITE, value)]


def _value(question: Question, form: ContactForm, writer: Writer) -> str | None:
    """Return what is written into a field, or ``None`` for nothing."""
    outgoing, own, role = writer.outgoing, writer.particulars, question.role
    always = {
        FillRole.FIRST_NAME: writer.first_name,
        FillRole.LAST_NAME: writer.last_name,
        FillRole.NAME: " ".join(writer.sender.name.split()),
        FillRole.EMAIL: writer.address,
        FillRole.EMAIL_AGAIN: writer.address,
        FillRole.SUBJECT: outgoing.subject,
        FillRole.REASON: outgoing.subject,
        FillRole.MESSAGE: outgoing.body.strip(),
    }
    if role is FillRole.MESSAGE and _is_second(question, form):
        return None
    if role in always:
        return always[role] or None
    if not needs(question) and not (role is FillRole.PHONE and _leaves_no_other_way(form)):
        return None
    return {
        FillRole.PHONE: writer.phone(question.seen.hint, form.has(FillRole.PHONE_PREFIX)),
        FillRole.COMPANY: own.company or PRIVATE_PERSON.get(outgoing.language, PRIVATE_PERSON["en"]),
        FillRole.STREET: own.street,
        FillRole.POSTAL_CODE: own.postal_code,
        FillRole.CITY: own.city,
        FillRole.COUNTRY: next(iter(own.country_names), None),
        FillRole.SALUTATION: own.salutation,
        FillRole.HEARD: "Internet",
    }.get(role)


def _leaves_no_other_way(form: ContactForm) -> bool:
    """Tell whether a form that is complete asks for no e-mail address, so that a phone number alone allows an answer."""
    return not form.partial and not form.has(FillRole.EMAIL)


def _is_second(question: Question, form: ContactForm) -> bool:
    """Tell whether another box than *question* is the one for the message: the first that must be answered, else the first."""
    boxes = [one for one in form.questions if one.role is FillRole.MESSAGE]
    return question.seen.number != next((one for one in boxes if needs(one)), boxes[0]).seen.number


def _choice(question: Question, form: ContactForm, writer: Writer) -> list[Fill]:
    """Choose from a menu; where nothing fits and nothing is needed, leave it as it stands."""
    seen, role = question.seen, question.role
    place = _place(question, seen.options, form, writer)
    if place is None and needs(question) and chosen(seen.options) is None:
        raise Stuck(f"no choice of the menu fits us: {named(question)}")
    return [] if place is None else [Fill(seen.number, role, Act.CHOOSE, option=place)]


def _place(question: Question, options: tuple[Option, ...], form: ContactForm, writer: Writer) -> int | None:
    own, role, wanted = writer.particulars, question.role, needs(question)
    if role is FillRole.REASON:
        fitting = reason(options, writer.outgoing.subject, writer.outgoing.body)
        return fitting if fitting is not None or not wanted else first_that_says(options, "other")
    if role is FillRole.PHONE_PREFIX:
        code = phonenumbers.country_code_for_region(own.country)
        return (
            next((place for place, option in enumerate(options) if _prefixed(option, code)), None)
            if _gives_phone(form)
            else None
        )
    if role is FillRole.COUNTRY:
        return option_named(options, *own.country_names, own.country) if wanted or chosen(options) is None else None
    if not wanted:
        return None
    if role is FillRole.SALUTATION:
        return (
            option_named(options, *_addressed(own.salutation))
            if own.salutation
            else first_that_says(options, "neutral_salutation")
        )
    keys = _ANSWERS.get(role)
    return first_that_says(options, *keys) if keys and chosen(options) is None else None


_ANSWERS: dict[FillRole, tuple[str, ...]] = {
    FillRole.HEARD: ("internet", "other"),
    FillRole.WHO: ("private_person",),
    FillRole.CUSTOMER: ("no",),
    FillRole.REACH_BY: ("by_mail",),
    FillRole.COMPANY: ("private_person", "other"),
    FillRole.NEWSLETTER: ("no",),
    FillRole.OTHER: ("other", "no"),
}
"""What we answer to questions about us, the best word first: a private person, no customer yet, reached by e-mail."""


def _prefixed(option: Option, code: int) -> bool:
    digits = "".join(one if one.isdigit() else " " for one in option.text.partition("+")[2]).split()
    return bool(digits) and digits[0] == str(code)


def _gives_phone(form: ContactForm) -> bool:
    return any(one.role is FillRole.PHONE and (needs(one) or _leaves_no_other_way(form)) for one in form.questions)


def _addressed(salutation: str) -> tuple[str, ...]:
    """Return the ways in which menus write a form of address."""
    if salutation.strip(" .").casefold() in ("m", "mr", "monsieur"):
        return ("M.", "M", "Monsieur", "Mr", "Mr.")
    if salutation.strip(" .").casefold() in ("mme", "madame", "mrs", "ms"):
        return ("Mme", "Madame", "Mrs", "Ms", "Ms.", "Mrs.")
    return (salutation,)


def _one_of(group: list[Question], writer: Writer) -> list[Fill]:
    """Tick one of several choices, as in a menu."""
    question = group[0]
    role = next((one.role for one in group if one.role is not FillRole.OTHER), FillRole.OTHER)
    options = tuple(Option(one.words, one.seen.label, one.seen.locked, one.seen.ticked) for one in group)
    needed = any(needs(one) for one in group)
    if role in (FillRole.PRIVACY, FillRole.NEWSLETTER):
        place = first_that_says(options, "no") if role is FillRole.NEWSLETTER else first_that_says(options, "yes")
        place = place if needed or chosen(options) is not None or role is FillRole.PRIVACY else None
    else:
        together = question._replace(role=role, seen=question.seen._replace(needed=needed))
        place = _place(together, options, ContactForm("", "", "", tuple(group), ()), writer)
    if place is None and needed and chosen(options) is None:
        raise Stuck(f"no answer fits us: {question.seen.question or named(question)}"[:160])
    return [] if place is None else [Fill(group[place].seen.number, role, Act.TICK)]


def _box(question: Question, writer: Writer) -> list[Fill]:
    """Tick a consent, untick news and copies, and leave the rest alone."""
    seen, role = question.seen, question.role
    if role is FillRole.PRIVACY:
        return [] if seen.ticked else [Fill(seen.number, role, Act.TICK)]
    if role in (FillRole.NEWSLETTER, FillRole.COPY):
        if needs(question) and role is FillRole.NEWSLETTER:
            raise Stuck(f"the form cannot be sent without news: {named(question)}")
        return [Fill(seen.number, role, Act.UNTICK)] if seen.ticked else []
    if role is FillRole.REACH_BY:
        return (
            [Fill(seen.number, role, Act.TICK)]
            if says(question.words, "options", "by_mail") and not seen.ticked
            else []
        )
    if needs(question) and not seen.ticked:
        raise Stuck(f"the form wants a box ticked that we do not understand: {named(question)}")
    return []


def _cut(text: str, longest: int) -> str:
    """Return *text* cut at the end of a word."""
    return text[: longest + 1].rpartition(" ")[0][:longest] or text[:longest]
