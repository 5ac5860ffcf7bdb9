"""Which questions must be answered, and how it is said that one cannot be. Pure."""

from probes.forms.choose import Question
from probes.forms.words import says
from probes.probe import Blocked
from storage.vocabulary import BlockedBy


class Stuck(Exception):
    """A question must be answered and cannot be truly; ``blocked`` says so."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.blocked = Blocked(BlockedBy.NOT_UNDERSTOOD, why)


def needs(question: Question) -> bool:
    """Tell whether the page says that a question must be answered: by its markup, a star, or the word for it."""
    words = f"{question.words} {question.seen.question} {question.seen.hint}"
    if says(words, "fields", "optional"):
        return False
    starred = (
        "*" in question.words or "*" in question.seen.hint or (question.seen.ticks and "*" in question.seen.question)
    )
    return question.seen.needed or starred or says(words, "fields", "required")


def named(question: Question) -> str:
    """Return the words of a question in quotation marks, for people."""
    return f"'{(question.words or question.seen.name or 'a field without a name').strip(' *:')[:80]}'"
