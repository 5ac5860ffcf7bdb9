"""Which option of a menu says what we mean. Pure."""

from collections.abc import Sequence

from probes.forms.seen import Option
from probes.forms.words import count_in, found_in, keys_of, says
from spiders.detect.lexicon import fold

SUBJECT_WEIGHT = 3
"""How much more a topic counts in the subject than in the body (*ours*)."""


def reason(options: Sequence[Option], subject: str, body: str) -> int | None:
    """Return the place of the option to write about *subject* under, or ``None`` where none fits.

    An option that names the topic of our words wins, then a general one, then "other". Never one that is meant for the
    press, applicants, suppliers or partners.
    """
    fitting = [
        (place, option)
        for place, option in enumerate(options)
        if _offered(option) and not says(option.text, "options", "never")
    ]
    topics = {
        topic: SUBJECT_WEIGHT * count_in(subject, "topics", topic) + min(2, count_in(body, "topics", topic))
        for topic in keys_of("topics")
    }
    scores = {
        place: sum(points for topic, points in topics.items() if points and says(option.text, "topics", topic))
        for place, option in fitting
    }
    best = max(scores, key=lambda place: (scores[place], -place), default=None)
    if best is not None and scores[best] > 0:
        return best
    for key in ("general", "other"):
        found = next((place for place, option in fitting if says(option.text, "options", key)), None)
        if found is not None:
            return found
    return None


def first_that_says(options: Sequence[Option], *keys: str) -> int | None:
    """Return the place of the first option that holds a word of the lists *keys*, tried in this order, or ``None``."""
    for key in keys:
        found = next(
            (place for place, option in enumerate(options) if _offered(option) and says(option.text, "options", key)),
            None,
        )
        if found is not None:
            return found
    return None


def option_named(options: Sequence[Option], *names: str) -> int | None:
    """Return the place of the option that is one of *names*, by its words or its value, or ``None``."""
    wanted = [fold(name).strip() for name in names if name]
    for name in wanted:
        for place, option in enumerate(options):
            if not option.off and name in (fold(option.text).strip(" .*"), fold(option.value).strip()):
                return place
    return None


def chosen(options: Sequence[Option]) -> int | None:
    """Return the place of the option that the menu itself has chosen, unless that only invites to choose."""
    return next((place for place, option in enumerate(options) if option.on and _offered(option)), None)


def _offered(option: Option) -> bool:
    """Tell whether an option is an answer and no invitation to choose one."""
    text = option.text.strip(" -–—.…*:")
    return bool(text) and not option.off and not _invites(option)


def _invites(option: Option) -> bool:
    words = fold(option.text).strip(" -–—.…*:")
    found = found_in(words, "options", "invites")
    title = found_in(words, "options", "titles")
    return (found is not None and found.start() == 0) or (title is not None and title.group() == words)
