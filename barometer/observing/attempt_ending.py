"""How an attempt ended, in the words of an edition: by what a person stamped at the desk, else by what came back."""

from collections.abc import Sequence

from barometer.measures import delay, waiting
from barometer.measures.delay import Measured
from barometer.observations import Answered, Ending, Missing, Never, Pending
from barometer.observing.inputs import AttemptInput
from probes.desk_outcomes import Ends, told
from probes.stamps import KIND_OF, Press, TaskKind, answered, begun, is_closing, live
from schedules.calendars import Calendar, business_seconds
from storage.vocabulary import AttemptState, Channel

BOUNCED_ELSEWHERE = "bounced_elsewhere"
"""Why an attempt says nothing whose message came back from an address that the merchant does not give out."""
NOT_HEARD = "not_heard"
"""Why a request to be called back says nothing: nobody here hears the telephone ring."""
NOT_ENDED = "not_ended"
"""Why a task says nothing that nobody brought to an end."""


SEEN_THROUGH = frozenset({TaskKind.CALL, TaskKind.CHAT, TaskKind.NAVIGATION})
"""What a person sees through in one go: how it ended stands in the stamps alone."""


def is_seen_through(channel: Channel) -> bool:
    """Tell whether an attempt on *channel* is timed by its stamps; what is answered by messages is not."""
    return KIND_OF.get(channel) in SEEN_THROUGH


def ending_of_task(channel: Channel, stood: AttemptInput, presses: Sequence[Press], calendar: Calendar) -> Ending:
    """Return how a call, a chat or a navigation ended, by its stamps."""
    counting, kind = live(presses), KIND_OF[channel]
    said = _said_missing(counting)
    if said is not None:
        return said
    return _of_call(stood, counting) if kind is TaskKind.CALL else _of_sitting(kind, stood, counting, calendar)


def ending_of_message(measured: Measured, presses: Sequence[Press]) -> Ending:
    """Return how an attempt ended that is answered by messages, as *measured*, unless a person said that it says nothing."""
    said = _said_missing(live(presses)) if presses else None
    found = said or _of_message(measured)
    unheard = measured.attempt.channel is Channel.CALLBACK and isinstance(found, Never | Pending)
    return Missing(NOT_HEARD) if unheard else found


def _said_missing(counting: Sequence[Press]) -> Missing | None:
    """Return why a task says nothing, where the person who made it said so."""
    said = told(counting)
    if said is not None and said.outcome.ends is Ends.NOT_MEASURED:
        return Missing(said.outcome.word)
    if said is not None and said.outcome.blocked_by is not None:
        return Missing(f"blocked:{said.outcome.blocked_by}")
    return None


def _of_call(stood: AttemptInput, counting: Sequence[Press]) -> Ending:
    match waiting.call(counting):
        case waiting.Answered(waited=seconds):
            return Answered(seconds, seconds)
        case waiting.NeverAnswered(total=seconds):
            return Never(seconds, seconds)
        case waiting.NotMeasured(why=why):
            return Missing(_word_of(stood) or why)


def _of_sitting(kind: TaskKind, stood: AttemptInput, counting: Sequence[Press], calendar: Calendar) -> Ending:
    """Return how a task ended that a person sees through in one go; who looks on a site alone needs no office hours."""
    first, answer = begun(kind, counting), answered(kind, counting)
    if first is None:
        return Missing(_word_of(stood) or delay.Gap.NOT_SENT)
    if answer is None and not is_closing(kind, counting):
        return Missing(NOT_ENDED)
    end = (answer or counting[-1]).at
    seconds = (end - first.at).total_seconds()
    business = seconds if kind is TaskKind.NAVIGATION else business_seconds(first.at, end, calendar)
    return Answered(seconds, business) if answer is not None else Never(seconds, business)


def _word_of(stood: AttemptInput) -> str | None:
    """Return why an attempt was not made, as far as its state says."""
    if stood.state is AttemptState.BLOCKED:
        return f"blocked:{stood.blocked_by or 'unknown'}"
    return str(delay.Gap.CANCELLED) if stood.state is AttemptState.CANCELLED else None


def _of_message(measured: Measured) -> Ending:
    match measured.outcome:
        case delay.Answered(delay=span):
            return Answered(*span)
        case delay.Expired(window=span) | delay.Bounced(window=span, published=True):
            return Never(*span)
        case delay.Pending(age=span):
            return Pending(*span)
        case delay.Bounced():
            return Missing(BOUNCED_ELSEWHERE)
        case delay.Blocked(why=why):
            return Missing(f"blocked:{why}")
        case delay.NotMeasured(reason=reason):
            return Missing(str(reason))
