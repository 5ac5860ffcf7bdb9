"""What a field asks for, as finely as one needs to know to answer it. Pure.

The roles of the public contract come from ``spiders.detect``; here they are told further apart (a first name from a last
name, a consent that is needed from a newsletter), from the same words.
"""

import re
from enum import StrEnum

from probes.forms.seen import Seen
from probes.forms.words import keys_of, listed, says
from spiders.detect.form_controls import Control
from spiders.detect.form_words import asked_in, asked_in_name
from spiders.detect.lexicon import fold
from storage.vocabulary import FieldRole


class FillRole(StrEnum):
    """What a field asks for."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    NAME = "name"
    EMAIL = "email"
    EMAIL_AGAIN = "email_again"
    PHONE = "phone"
    PHONE_PREFIX = "phone_prefix"
    SUBJECT = "subject"
    REASON = "reason"
    MESSAGE = "message"
    ORDER_NUMBER = "order_number"
    COMPANY = "company"
    STREET = "street"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    COUNTRY = "country"
    SALUTATION = "salutation"
    DATE = "date"
    HEARD = "heard"
    PRIVACY = "privacy"
    NEWSLETTER = "newsletter"
    COPY = "copy"
    WEBSITE = "website"
    CUSTOMER = "customer"
    WHO = "who"
    REACH_BY = "reach_by"
    CAPTCHA = "captcha"
    HONEYPOT = "honeypot"
    FILE = "file"
    PASSWORD = "password"  # noqa: S105 - the name of a role
    OTHER = "other"


CONTRACT = {
    FillRole.FIRST_NAME: FieldRole.NAME, FillRole.LAST_NAME: FieldRole.NAME, FillRole.NAME: FieldRole.NAME,
    FillRole.EMAIL: FieldRole.EMAIL, FillRole.EMAIL_AGAIN: FieldRole.EMAIL, FillRole.PHONE: FieldRole.PHONE,
    FillRole.SUBJECT: FieldRole.SUBJECT, FillRole.REASON: FieldRole.SUBJECT, FillRole.MESSAGE: FieldRole.MESSAGE,
    FillRole.ORDER_NUMBER: FieldRole.ORDER_NUMBER, FillRole.PRIVACY: FieldRole.CONSENT,
    FillRole.CAPTCHA: FieldRole.CAPTCHA, FillRole.HONEYPOT: FieldRole.HONEYPOT,
}  # fmt: skip
"""The role of the public contract that each stands for; all others are ``other`` there."""

_OF_TYPE = {
    "file": FillRole.FILE,
    "password": FillRole.PASSWORD,
    **dict.fromkeys(("date", "datetime-local", "time", "week", "month"), FillRole.DATE),
}
_PREFIX = re.compile(r"\+\s?\d{1,3}\b")
_FROM_AUTOFILL = {
    "given-name": FillRole.FIRST_NAME, "family-name": FillRole.LAST_NAME, "name": FillRole.NAME,
    "honorific-prefix": FillRole.SALUTATION, "organization": FillRole.COMPANY, "street-address": FillRole.STREET,
    "address-line1": FillRole.STREET, "postal-code": FillRole.POSTAL_CODE, "address-level2": FillRole.CITY,
    "country": FillRole.COUNTRY, "country-name": FillRole.COUNTRY, "tel-country-code": FillRole.PHONE_PREFIX,
}  # fmt: skip
_LINES = (
    "heard",
    "website",
    "company",
    "postal_code",
    "city",
    "country",
    "customer",
    "date",
    "salutation",
    "who",
    "reach_by",
    "street",
)
"""Lists of the lexicon for a line to write in, the most telling first."""
_MENUS = ("salutation", "heard", "country", "customer", "reach_by", "who", "city", "date", "company")


def fill_role(control: Control, role: FieldRole, seen: Seen) -> FillRole:
    """Return what the field *seen*, which detection read as *control* with *role*, asks for."""
    if role is FieldRole.HONEYPOT or (seen.skipped and not seen.ticks and seen.drawn != "list"):
        return FillRole.HONEYPOT
    if role is FieldRole.CAPTCHA:
        return FillRole.CAPTCHA
    if seen.type in _OF_TYPE:
        return _OF_TYPE[seen.type]
    read = _ticked if seen.ticks else _menu if seen.type == "select" else _line
    return read(control, role, seen)


def words_on(control: Control, seen: Seen) -> str:
    """Return what a person reads as the name of a field: its label, else its placeholder, else the words beside it."""
    return control.label or seen.label or control.attribute("placeholder") or seen.hint or control.near


def _line(control: Control, role: FieldRole, seen: Seen) -> FillRole:
    words, name = words_on(control, seen), _spaced(control.key)
    completed = _FROM_AUTOFILL.get(control.attribute("autocomplete").strip().lower().rpartition(" ")[2])
    if role is FieldRole.NAME:
        return (
            completed
            if completed in (FillRole.FIRST_NAME, FillRole.LAST_NAME, FillRole.SALUTATION)
            else _part_of_name(words, name)
        )
    if role is FieldRole.EMAIL:
        return FillRole.EMAIL_AGAIN if says(f"{words} {name}", "fields", "again") else FillRole.EMAIL
    if role is not FieldRole.OTHER:
        return FillRole(role.value) if role is not FieldRole.CONSENT else FillRole.OTHER
    if completed is not None:
        return completed
    for text in (words, name):
        found = next((key for key in _LINES if says(text, "fields", key)), None)
        if found == "street" and "email" in asked_in(text):
            break
        if found is not None:
            return FillRole(found)
    return FillRole.OTHER


def _part_of_name(words: str, name: str) -> FillRole:
    for text in (words, name):
        if says(text, "fields", "full_name"):
            return FillRole.NAME
        first, last = says(text, "fields", "first_name"), says(text, "fields", "last_name")
        if first or last:
            return FillRole.NAME if first and last else FillRole.FIRST_NAME if first else FillRole.LAST_NAME
    return FillRole.NAME


def _menu(control: Control, role: FieldRole, seen: Seen) -> FillRole:
    if role is FieldRole.SUBJECT:
        return FillRole.REASON
    offered = [option.text for option in seen.options if option.text]
    if offered and sum(_PREFIX.search(text) is not None for text in offered) * 2 > len(offered):
        return FillRole.PHONE_PREFIX
    by_offer = _by_offer(offered)
    if by_offer is not None:
        return by_offer
    words, name = words_on(control, seen), _spaced(control.key)
    for text in (words, name):
        found = next((key for key in _MENUS if says(text, "fields", key)), None)
        if found is not None:
            return FillRole(found)
    if role is FieldRole.ORDER_NUMBER:
        return FillRole.ORDER_NUMBER
    return FillRole.REASON if _names_topics(offered) else FillRole.OTHER


def _by_offer(offered: list[str]) -> FillRole | None:
    """Return what a menu asks for where its options alone tell: forms of address, or countries."""
    plain = {fold(text).strip(" .") for text in offered}
    addresses = {word.strip(" .") for word in listed("options", "salutations")}
    if len(plain & addresses) >= 2 and len(plain) <= 8:
        return FillRole.SALUTATION
    return FillRole.COUNTRY if len(plain.intersection(listed("options", "countries"))) >= 3 else None


def _names_topics(offered: list[str]) -> bool:
    """Tell whether a menu's options are things to write about: at least two of them, and two topics."""
    named = [{topic for topic in keys_of("topics") if says(text, "topics", topic)} for text in offered]
    return sum(bool(topics) for topics in named) >= 2 and len(set().union(*named)) >= 2


def _ticked(control: Control, role: FieldRole, seen: Seen) -> FillRole:
    words = " ".join(dict.fromkeys(filter(None, (control.label, seen.label, control.near))))
    if seen.type == "radio":
        return _radio(role, seen)
    if says(words, "fields", "newsletter") or "newsletter" in (*asked_in(words), asked_in_name(seen.name)):
        # One box for the rules and the news is a newsletter unless the form cannot be sent without it.
        return FillRole.PRIVACY if seen.needed and says(words, "fields", "privacy") else FillRole.NEWSLETTER
    if says(words, "fields", "copy"):
        return FillRole.COPY
    if role is FieldRole.CONSENT or says(words, "fields", "privacy", "agrees"):
        return FillRole.PRIVACY
    if says(seen.question, "fields", "reach_by"):
        return FillRole.REACH_BY
    return FillRole.REASON if "subject" in asked_in(seen.question) else FillRole.OTHER


def _radio(role: FieldRole, seen: Seen) -> FillRole:
    if "subject" in asked_in(seen.question):
        return FillRole.REASON
    for key in ("newsletter", "reach_by", "privacy", "salutation", "customer", "heard"):
        if says(seen.question, "fields", key):
            return FillRole(key)
    if role is FieldRole.SUBJECT:
        return FillRole.REASON
    if says(seen.question, "fields", "who"):
        return FillRole.WHO
    return FillRole.OTHER


def _spaced(name: str) -> str:
    """Return a developer's name as words: ``yourFirstName[1]`` as "your First Name 1"."""
    return re.sub(r"[^A-Za-zÀ-ÿ]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[-160:]))
