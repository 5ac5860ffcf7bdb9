"""What the words of a mail say it is, in six languages; each verdict is reached by counting kinds of sentences."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from probes.replies.phrases import Hit, Sentence, hits, sentences_of
from storage.vocabulary import ReplyKind

BOILERPLATE = frozenset("receipt promise thanks ticket automatic filler greeting closing echo survey".split())
"""Kinds of sentences that a machine may write around no answer at all."""
MAX_ABSENCE, MAX_RECEIPT = 7, 4
"""Sentences of substance up to which a mail is still a notice of absence, or of receipt (*ours*)."""
MIN_FIELDS = 3
"""Labels that make a mail the record of a ticket (*ours*)."""
_MAX_SIGN_OFF = 5
"""Words of a line under a letter that may be a wish or a name (*ours*)."""
_MIN_WORDS = 3
"""Sentences of fewer words have no substance, unless they answer (*ours*)."""

_OTHER_MATTERS = frozenset("personal notice status survey challenge away left abandoned".split())
"""Lists that tell more of a sentence than that it names a message and what is done with it."""


@dataclass(frozen=True)
class Reading:
    """The sentences of a mail, with the lists that their phrases belong to."""

    subject: str
    text: str
    sentences: list[Sentence] = field(init=False)
    found: list[Hit] = field(init=False)
    subject_tags: set[str] = field(init=False)

    def __post_init__(self) -> None:
        sentences = _before_echo(sentences_of(self.text))
        object.__setattr__(self, "sentences", sentences)
        found = hits(sentences)
        object.__setattr__(self, "found", found + _about_ours(sentences, found))
        about = {hit.tag for hit in hits(sentences_of(self.subject.replace(":", ": ")))}
        object.__setattr__(self, "subject_tags", about)

    @cached_property
    def tags(self) -> Counter[str]:
        """How many sentences hold a phrase of each list."""
        return Counter(hit.tag for hit in self.found)

    @cached_property
    def by_sentence(self) -> dict[int, set[str]]:
        """The lists of each sentence that holds a phrase."""
        kinds: dict[int, set[str]] = {}
        for hit in self.found:
            kinds.setdefault(hit.sentence, set()).add(hit.tag)
        return kinds

    @cached_property
    def substance(self) -> list[int]:
        """The sentences that say something beside boilerplate: what a person would have had to write."""
        end = len(self.sentences)
        while end and _signs_off(self.sentences[end - 1], self.by_sentence.get(end - 1, set())):
            end -= 1
        return [
            number
            for number, sentence in enumerate(self.sentences[:end])
            if not self.by_sentence.get(number, set()) & BOILERPLATE and _has_substance(sentence, number)
        ]

    @cached_property
    def answers(self) -> int:
        """How many sentences speak as a person does who answers: "unfortunately", "you can return it", any question."""
        kinds = self.by_sentence.values()
        spoken = sum("personal" in told and not told & (BOILERPLATE | {"away"}) for told in kinds)
        # "Here are answers to frequent questions" is a help page's.
        spoken += sum("answering" in told and not told & {"filler", "automatic"} for told in kinds)
        return spoken + sum("?" in self.sentences[number].written for number in self.substance)

    @property
    def fields(self) -> int:
        """How many labels stand before values, as in the record of a ticket: "Status: new"."""
        return sum(sentence.written.endswith(":") for sentence in self.sentences)

    @property
    def speaks_as_one(self) -> bool:
        """Whether somebody says "I", in the language of the mail's form letter phrases."""
        language = self.language_of("receipt", "promise", "thanks", "closing", "greeting")
        return any(hit.tag == "self" and hit.language == language for hit in self.found)

    def language_of(self, *tags: str) -> str:
        """Return the language of most phrases of *tags*; "und" where there is none."""
        told = Counter(hit.language for hit in self.found if hit.tag in tags)
        return told.most_common(1)[0][0] if told else "und"


def _about_ours(sentences: list[Sentence], found: list[Hit]) -> list[Hit]:
    """Return the sentences on what becomes of our message, as receipts of it.

    Such a sentence names a message and what is done with messages, in whatever order; it asks nothing, and nobody says "I"
    in it: "every enquiry is read by our team", "courriels traités par ordre d'arrivée".
    """
    lists: dict[tuple[int, str], set[str]] = {}
    for hit in found:
        lists.setdefault((hit.sentence, hit.language), set()).add(hit.tag)
    return [
        Hit("receipt", language, sentence, "")
        for (sentence, language), told in lists.items()
        if {"request", "handling"} <= told
        and not told & {"receipt", "self", "answering", *_OTHER_MATTERS}
        and not sentences[sentence].written.endswith("?")
    ]


def _signs_off(sentence: Sentence, told: set[str]) -> bool:
    """Tell whether a last line is a wish or a name: short, and no sentence that ends as one."""
    short = len(sentence.words.split()) <= _MAX_SIGN_OFF and not sentence.written.endswith((".", "!", "?", "…", ":"))
    return short and not told & {"personal", "away", "left", "abandoned"}


def _has_substance(sentence: Sentence, number: int) -> bool:
    said = [word for word in sentence.written.split() if any(map(str.isalpha, word)) and not set("@/=") & set(word)]
    return len(said) >= _MIN_WORDS and not (number == 0 and sentence.written.rstrip().endswith(","))


def _before_echo(sentences: list[Sentence]) -> list[Sentence]:
    """Return the sentences before a copy of our own message; an echo is announced by a line that ends with a colon."""
    for hit in hits(sentences):
        if hit.tag == "echo" and hit.sentence and sentences[hit.sentence].written.rstrip(" -=_*").endswith(":"):
            return sentences[: hit.sentence + 1]
    return sentences


def kind_by_words(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    """Return what the words of a mail say it is and by which rule, or ``None`` where they do not tell.

    With *automatic* something else has already told that a machine wrote it, so that less is asked of the words.
    """
    for rule in (_agents_words, _challenge, _moved, _absence, _abandoned, _acknowledgement, _notification):
        kind = rule(reading, automatic)
        if kind is not None:
            return kind
    return None


def _agents_words(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    """A help desk's notice that quotes what an agent wrote is that agent's answer."""
    announced = [n for n, told in reading.by_sentence.items() if "notice" in told and "survey" not in told]
    if not announced:
        return None
    behind = [
        n for n in range(min(announced) + 1, len(reading.sentences)) if len(reading.sentences[n].words.split()) >= 2
    ]
    if behind and reading.sentences[min(announced)].written.rstrip().endswith(":"):
        return ReplyKind.HUMAN, f"words.{reading.language_of('notice')}.agent-quoted"
    quoted = [n for n in reading.substance if n > min(announced) and "status" not in reading.by_sentence.get(n, set())]
    if quoted and not reading.tags["receipt"]:
        return ReplyKind.HUMAN, f"words.{reading.language_of('notice')}.agent-quoted"
    return None


def _challenge(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    if reading.tags["challenge"] and not reading.answers:
        return ReplyKind.OTHER_AUTOMATIC, f"words.{reading.language_of('challenge')}.challenge"
    return None


def _moved(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    """A reply that is another address and hardly a word tells where to write; below an answer it is a signature."""
    words = reading.text.split()
    above = reading.text.strip().partition("@")[0].split("\n")[:-1]
    label = len(" ".join(above).split()) <= 1 and not "".join(above).rstrip().endswith((".", "!", "?"))
    if len(words) <= 3 and label and not reading.answers and sum("@" in word for word in words) == 1:
        return ReplyKind.OUT_OF_OFFICE, "words.und.other-address-alone"
    return None


def _absence(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    in_subject = "away_subject" in reading.subject_tags
    machine = automatic or "auto_subject" in reading.subject_tags
    away = reading.tags["away"]
    left = sum("left" in told and "abandoned" not in told for told in reading.by_sentence.values())
    rest = sum(not reading.by_sentence.get(number, set()) & {"away", "left"} for number in reading.substance)
    acknowledged = reading.tags["receipt"] + reading.tags["ticket"] + reading.tags["promise"]
    if left and not reading.tags["receipt"] and (machine or (rest <= 3 and reading.answers <= 1)):
        return ReplyKind.OUT_OF_OFFICE, f"words.{reading.language_of('left')}.no-longer-here"
    if not away and not (in_subject and machine):
        return None
    certain = machine or in_subject or (away >= 2 and rest <= MAX_ABSENCE)
    if (certain or (rest <= 2 and not reading.answers)) and (in_subject or acknowledged <= away):
        return ReplyKind.OUT_OF_OFFICE, f"words.{reading.language_of('away')}.absence"
    return None


def _abandoned(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    told = reading.tags["abandoned"]
    if (
        told
        and not (reading.tags["receipt"] or reading.tags["ticket"] or reading.tags["promise"])
        and not _answered(reading)
    ):
        return ReplyKind.OTHER_AUTOMATIC, f"words.{reading.language_of('abandoned')}.mailbox-not-read"
    return None


def _answered(reading: Reading) -> bool:
    return reading.answers >= 2 and len(reading.substance) >= 2


def _acknowledgement(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    tags = reading.tags
    signs = [name for name in ("receipt", "promise", "ticket", "thanks", "automatic") if tags[name]]
    subject = "ack_subject" in reading.subject_tags
    machine = automatic or bool(tags["automatic"]) or "auto_subject" in reading.subject_tags
    if subject and reading.fields >= MIN_FIELDS and not reading.substance:
        return ReplyKind.ACKNOWLEDGEMENT, "words.und.fields+subject"
    if not signs or (tags["survey"] and not tags["receipt"] and not tags["ticket"]):
        return None
    told = bool(tags["receipt"]) + bool(tags["promise"]) + bool(tags["ticket"]) + subject
    only_status = bool(tags["status"]) and not tags["receipt"] and not subject
    if (machine and (told or tags["thanks"]) and not only_status) or _is_form_letter(reading, told, subject):
        language = reading.language_of("receipt", "promise", "ticket", "automatic", "thanks")
        return ReplyKind.ACKNOWLEDGEMENT, f"words.{language}.{'+'.join([*signs, *(['subject'] if subject else [])])}"
    return None


def _is_form_letter(reading: Reading, told: int, subject: bool) -> bool:
    """Tell whether a mail says that ours arrived, *told* times, and nothing that a person had to write."""
    tags, substance, answers = reading.tags, len(reading.substance), reading.answers
    if tags["status"] and not tags["receipt"] and not tags["promise"]:
        return False
    if told >= 3:
        return substance <= 2 * MAX_RECEIPT and answers <= MAX_RECEIPT
    if answers:
        return False
    if told == 2:
        return substance <= MAX_RECEIPT
    if told == 1:
        arrived = any("receipt" in kinds and "personal" not in kinds for kinds in reading.by_sentence.values())
        return substance <= (
            2 if arrived or (tags["promise"] and not reading.speaks_as_one) else 1 if tags["thanks"] or subject else 0
        )
    return bool(tags["thanks"] and tags["filler"]) and not substance


def _notification(reading: Reading, automatic: bool) -> tuple[ReplyKind, str] | None:
    tags = reading.tags
    if tags["survey"] and not _answered(reading):
        return ReplyKind.OTHER_AUTOMATIC, f"words.{reading.language_of('survey')}.survey-or-newsletter"
    if tags["automatic"] and not _answered(reading):
        return ReplyKind.OTHER_AUTOMATIC, f"words.{reading.language_of('automatic')}.says-automatic"
    if tags["status"] and (automatic or not reading.answers) and len(reading.substance) - tags["status"] <= 2:
        return ReplyKind.OTHER_AUTOMATIC, f"words.{reading.language_of('status')}.status"
    return None
