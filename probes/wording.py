"""The words of an attempt: a scenario's question, written out for one merchant by one sender."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

from probes.scenarios import LANGUAGES, BadScenario, Scenario, Variant
from storage.vocabulary import Channel

WRITTEN = frozenset({Channel.EMAIL, Channel.FORM, Channel.CALLBACK})
"""Channels on which a message has a subject, a greeting and a signature."""
SPOKEN = frozenset({Channel.PHONE})
"""Channels on which the script is said aloud."""
MAX_NAME = 80
"""Characters of a merchant's name inside a message (*ours*); the panel allows longer ones."""

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_REPLY_MARK = re.compile(r"(?:re\s?:\s*)+", re.I)


class Words(NamedTuple):
    """What is written or said; ``subject`` is ``None`` where a channel has none."""

    subject: str | None
    body: str


class Manners(NamedTuple):
    """How a message begins and ends in one language, how a date is written, and the wordings of a reminder."""

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    date: str
    reminders: tuple[Variant, ...]


def words(channel: Channel, scenario: Scenario, language: str, variant: int, merchant: str, sender: str) -> Words:
    """Return what is written to *merchant* on *channel*, signed by *sender*.

    A phone call gets its script, a message its subject and body, and every other channel the public question, which
    has neither greeting nor name. Raises ``LookupError`` for a language or a variant that the scenario does not have.
    """
    wording = scenario.wordings[language]
    if channel in SPOKEN:
        return Words(None, wording.phone_script)
    if channel not in WRITTEN:
        return Words(None, wording.public)
    chosen = wording.variants[variant]
    names = {"merchant": plain_name(merchant)}
    return Words(filled(chosen.subject, names), _letter(filled(chosen.body, names), language, variant, sender))


def reminder(first: Words, sent_at: datetime, zone: str, language: str, variant: int, sender: str) -> Words:
    """Return the words that recall *first*, a written message that left at *sent_at*; the date is that of *zone*."""
    manners = _manners()[language]
    chosen = manners.reminders[variant % len(manners.reminders)]
    told = {
        "subject": _REPLY_MARK.sub("", first.subject or "", count=1),
        "question": question_of(first.body),
        "date": sent_at.astimezone(ZoneInfo(zone)).strftime(manners.date),
    }
    return Words(filled(chosen.subject, told), _letter(filled(chosen.body, told), language, variant, sender))


def question_of(body: str) -> str:
    """Return the question of a written message, without greeting and closing."""
    paragraphs = body.split("\n\n")
    return paragraphs[1] if len(paragraphs) > 2 else body


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return *template* with every placeholder replaced once: braces inside a value stay what they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), template)


def plain_name(name: str) -> str:
    """Return *name*, which comes from a file, as it can stand in a sentence: one line, printable, not too long."""
    kept = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in name)
    return " ".join(kept.split())[:MAX_NAME].rstrip()


def _letter(text: str, language: str, variant: int, sender: str) -> str:
    manners = _manners()[language]
    greeting = manners.greetings[variant % len(manners.greetings)]
    closing = manners.closings[variant % len(manners.closings)]
    return f"{greeting}\n\n{text}\n\n{closing}\n{plain_name(sender)}\n"


@cache
def _manners() -> Mapping[str, Manners]:
    return read_manners((files("probes") / "wording.toml").read_text("utf-8"))


def read_manners(text: str) -> Mapping[str, Manners]:
    """Return how messages begin and end, by language, from the *text* of a file; raises :class:`BadScenario`."""
    table = tomllib.loads(text)
    if set(table) != set(LANGUAGES):
        raise BadScenario(f"wording.toml: must hold {' and '.join(LANGUAGES)}, and nothing else")
    found = {}
    for language, entry in table.items():
        try:
            reminders = tuple(
                Variant(one["subject"].strip(), " ".join(one["body"].split())) for one in entry["reminders"]
            )
            manners = Manners(tuple(entry["greetings"]), tuple(entry["closings"]), entry["date"], reminders)
        except (KeyError, TypeError, AttributeError) as error:
            raise BadScenario(f"wording.toml: {language}: {error} is missing or of the wrong kind") from None
        if not all((manners.greetings, manners.closings, reminders)):
            raise BadScenario(f"wording.toml: {language}: a list is empty")
        if any("{question}" not in one.body or "{date}" not in one.body for one in reminders):
            raise BadScenario(f"wording.toml: {language}: a reminder must say {{date}} and {{question}}")
        found[language] = manners
    return found
