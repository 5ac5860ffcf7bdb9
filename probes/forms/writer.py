"""Who writes into a form, and what of themselves they may truly give. Pure."""

from typing import NamedTuple

import phonenumbers

from probes.probe import Outgoing, Sender

PRIVATE_PERSON = {"fr": "particulier", "en": "private person"}
"""What we answer where a form needs the name of a company and we have none: that we write as a private person."""


class Particulars(NamedTuple):
    """What else the sender may truly say of themselves; what is not configured is never made up.

    ``country`` is an ISO code; ``country_names`` are its names as menus write them; ``salutation`` is "Mme" or "M.".
    """

    salutation: str | None = None
    company: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str = "FR"
    country_names: tuple[str, ...] = ("France",)


class Writer(NamedTuple):
    """Who writes, and what."""

    sender: Sender
    particulars: Particulars
    outgoing: Outgoing
    phone_with_prefix: bool = False

    @property
    def address(self) -> str:
        """Where answers are read."""
        return self.outgoing.reply_address or self.sender.address

    @property
    def first_name(self) -> str:
        """The first word of the sender's name."""
        return self.sender.name.split()[0]

    @property
    def last_name(self) -> str:
        """The rest of the sender's name, or all of it where it is one word."""
        return " ".join(self.sender.name.split()[1:]) or self.first_name

    def phone(self, hint: str, beside_prefix: bool) -> str | None:
        """Return the sender's number as a field wants it, or ``None`` where they have none.

        As it is dialled at home; without its country and its nought *beside_prefix*; with its country where the *hint* in the
        field begins so, or where another form was refused.
        """
        given = self.sender.phone
        if given is None:
            return None
        try:
            number = phonenumbers.parse(given, self.particulars.country)
        except phonenumbers.NumberParseException:
            return given
        if beside_prefix:
            return phonenumbers.national_significant_number(number)
        if self.phone_with_prefix or hint.startswith("+"):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        return "".join(character for character in national if character.isdigit())
