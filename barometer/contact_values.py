"""E-mail addresses and phone numbers as people type them, in the one form they are kept and compared in."""

import re

import phonenumbers

from barometer.errors import UserError
from barometer.site_address import host_name

MAX_EMAIL_LENGTH = 254
"""Longest address that fits a mail envelope, in characters (RFC 5321, erratum 1690)."""
MAX_LOCAL_LENGTH = 64
"""Longest part before the @, in characters (RFC 5321, section 4.5.3.1.1)."""
MAX_PHONE_LENGTH = 40
"""Longest spelling of a number, in characters (*ours*)."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+")
_WHOLE_FLOAT = re.compile(r"(\d{6,15})[.,]0+")
_PHONE_SIGNS = re.compile(r"[0-9+().\-/\s]+")
_SHORT = re.compile(r"\d{2,6}")
_DASHES = str.maketrans("‐‑‒–—−", "------")


def email_address(text: str) -> str:
    """Return *text* as an address: the domain in lower-case punycode, the part before the ``@`` as written.

    Raises :class:`UserError` when it is none; quoted local parts and domains without a dot count as none.
    """
    address = text.strip()
    if address[:7].lower() == "mailto:":
        address = address[7:].partition("?")[0]
    local, at, domain = address.rpartition("@")
    problem = UserError(f"'{text.strip()[:80]}' is not an e-mail address", "write it like contact@shop.example")
    if not at or len(local) > MAX_LOCAL_LENGTH or not _LOCAL.fullmatch(local):
        raise problem
    try:
        host = host_name(domain)
    except UserError:
        raise problem from None
    if "." not in host or ":" in host or host[-1].isdigit() or len(local) + 1 + len(host) > MAX_EMAIL_LENGTH:
        raise problem
    return f"{local}@{host}"


def phone_number(text: str, country: str) -> str:
    """Return *text* as E.164, or as its digits where it is a short number of *country* (ISO code).

    A number that a spreadsheet has robbed of its leading zero is read all the same: the national grammar leaves no
    doubt. Raises :class:`UserError` for a number that is not valid there, an emergency number, two numbers, or one that
    a spreadsheet has rounded (``3,44E+08``).
    """
    text = " ".join(text.translate(_DASHES).split())
    if _SCIENTIFIC.fullmatch(text):
        raise UserError(
            f"'{text[:40]}' is a number that the spreadsheet has rounded", "format the column as text and type it anew"
        )
    whole = _WHOLE_FLOAT.fullmatch(text)
    text = whole.group(1) if whole else text.removeprefix("tel:")
    problem = UserError(
        f"'{text[:40]}' is not a valid phone number in {country}", "write it like 01 99 00 12 34 or +33199001234"
    )
    if len(text) > MAX_PHONE_LENGTH or not _PHONE_SIGNS.fullmatch(text):
        raise problem
    digits = re.sub(r"\D", "", text)
    if _SHORT.fullmatch(digits) and not text.startswith("+"):
        return _short_number(digits, country, problem)
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise problem from None
    if not phonenumbers.is_valid_number(number) or not digits.endswith(str(number.national_number)):
        raise problem
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _short_number(digits: str, country: str, problem: UserError) -> str:
    if phonenumbers.is_emergency_number(digits, country):
        raise UserError(f"'{digits}' is an emergency number", "give the merchant's own number, or leave the cell empty")
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        raise problem from None
    if not phonenumbers.is_valid_short_number_for_region(number, country):
        raise problem
    return digits
