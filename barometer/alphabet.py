"""The order that people expect names in: accents and capitals do not count, and 10 comes after 9."""

import re
import unicodedata


def alphabetical(name: str) -> tuple[list[str | int], str]:
    """Return what *name* is sorted by: letters without accents and capitals, numbers, then itself, so that no two tie."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    parts = re.split(r"([0-9]{1,9})", plain)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name
