"""How a person's task can end, and how that is told in the note of its last stamp."""

import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from probes.stamps import Press, TaskKind, answered, begun, is_closing
from storage.vocabulary import BlockedBy, StampKind

FILE = "desk_outcomes.toml"
_SEPARATOR = ": "


class Ends(StrEnum):
    """What an outcome means for the attempt; see ``desk_outcomes.toml``."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    SENT = "sent"
    BLOCKED = "blocked"
    NOT_MEASURED = "not_measured"


class DeskOutcome(NamedTuple):
    """One way a task can end; ``blocked_by`` is set where it means that the merchant could not be asked."""

    word: str
    kinds: frozenset[TaskKind]
    ends: Ends
    says: str
    blocked_by: BlockedBy | None


class Told(NamedTuple):
    """What a person said at the end of a task."""

    outcome: DeskOutcome
    note: str


@cache
def outcomes() -> Mapping[str, DeskOutcome]:
    """Return every outcome by its word; raises ``ValueError`` when the file does not hold what it should."""
    table = tomllib.loads((files("probes") / FILE).read_text("utf-8"))
    return {word: _read(word, entry) for word, entry in table.items()}


def offered(kind: TaskKind, counting: Sequence[Press]) -> list[DeskOutcome]:
    """Return the outcomes that the stamps of a task allow; none before its last one."""
    if not is_closing(kind, counting):
        return []
    allowed = {_end(kind, counting), Ends.NOT_MEASURED}
    return [one for one in outcomes().values() if kind in one.kinds and one.ends in allowed]


def told(counting: Sequence[Press]) -> Told | None:
    """Return what was said of a task at its last stamp, or ``None`` while nobody has said anything."""
    note = counting[-1].note if counting else None
    word, _, rest = (note or "").partition(_SEPARATOR)
    outcome = outcomes().get(word)
    return Told(outcome, rest) if outcome else None


def as_note(outcome: DeskOutcome, note: str) -> str:
    """Return what the last stamp's note holds; :func:`told` reads it back."""
    return f"{outcome.word}{_SEPARATOR}{note}" if note else outcome.word


def _end(kind: TaskKind, counting: Sequence[Press]) -> Ends:
    if answered(kind, counting):
        return Ends.ANSWERED
    if not begun(kind, counting):
        return Ends.BLOCKED
    return Ends.SENT if counting[-1].kind is StampKind.SENT else Ends.UNANSWERED


def _read(word: str, entry: Mapping[str, object]) -> DeskOutcome:
    try:
        kinds, says = entry["kinds"], entry["says"]
        ends = Ends(str(entry["ends"]))
        blocked_by = BlockedBy(str(entry["blocked_by"])) if "blocked_by" in entry else None
        if not isinstance(kinds, list) or not kinds or not isinstance(says, str) or not says:
            raise ValueError("kinds must be a list of tasks, and says a sentence")
        if (ends is Ends.BLOCKED) is (blocked_by is None):
            raise ValueError("blocked_by must be given where ends is blocked, and nowhere else")
        return DeskOutcome(word, frozenset(map(TaskKind, kinds)), ends, says, blocked_by)
    except KeyError as error:
        raise ValueError(f"{FILE}: {word}: lacks {error}") from None
    except ValueError as error:
        raise ValueError(f"{FILE}: {word}: {error}") from None
