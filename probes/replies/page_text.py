"""What a page says once a form was sent, and what a chat window answers: the same phrases, read for another question."""

from dataclasses import dataclass
from enum import StrEnum

from probes.replies.phrases import hits, sentences_of
from probes.replies.words import Reading, kind_by_words
from storage.vocabulary import ReplyKind


class FormOutcome(StrEnum):
    """What a page's text says of the form that was sent."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What the text says, and by which rule."""

    outcome: FormOutcome
    rule: str


def classify_page_text(text: str) -> PageVerdict:
    """Return what *text*, best only what is new on the page since the press, says of the form: French and English first.

    A promise alone is no success, since it may have stood beside the form before. A text that says both is unclear.
    """
    sentences = sentences_of(text)
    found = hits(sentences)
    failed = [hit for hit in found if hit.tag == "page_failure"]
    wrong = {hit.sentence for hit in failed}
    sent = [hit for hit in found if hit.tag in ("page_success", "receipt") and hit.sentence not in wrong]
    if sent and failed:
        return PageVerdict(FormOutcome.UNCLEAR, "page.both")
    if failed:
        return PageVerdict(FormOutcome.FAILURE, f"page.{failed[0].language}.failure")
    if sent:
        return PageVerdict(FormOutcome.SUCCESS, f"page.{sent[0].language}.{sent[0].tag}")
    thanks = [hit for hit in found if hit.tag == "thanks"]
    promised = [hit for hit in found if hit.tag == "promise"]
    if thanks and promised and len(sentences) <= 6:
        return PageVerdict(FormOutcome.SUCCESS, f"page.{thanks[0].language}.thanks+promise")
    return PageVerdict(FormOutcome.UNCLEAR, "page.untold")


def classify_chat_text(text: str) -> tuple[ReplyKind, str]:
    """Return what a line in a chat window is, and the rule: ``human`` where nothing says that a robot wrote it."""
    reading = Reading("", text)
    told = kind_by_words(reading, automatic=False)
    if told is not None:
        return told
    if (reading.tags["promise"] or reading.tags["thanks"]) and not reading.answers and len(reading.substance) <= 1:
        return ReplyKind.ACKNOWLEDGEMENT, "chat.promise-or-thanks"
    return ReplyKind.HUMAN, "default.human"
