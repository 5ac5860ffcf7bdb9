"""Questions to a social network, and when to ask none: under a limit until it is lifted, after failures until the next look."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from probes.api_answer import ApiError, ApiProblem, RateLimited, plain
from probes.http import BadSecret
from probes.social_watch import Unauthorised, Unheard

IN_A_ROW = 3
"""Failures one after another after which a feed is left alone (*ours*): a network that is down is not asked 400 times."""

Answered = TypeVar("Answered")


class Feeds:
    """The feeds of one network; ``needs_person`` are the failures that only a person can mend."""

    def __init__(self, network: str, *needs_person: type[Exception]) -> None:
        self._network, self._needs_person = network, needs_person
        self._expected: tuple[type[Exception], ...] = (ApiError, *needs_person)
        self._limited: dict[str, datetime] = {}
        self._failures: Counter[str] = Counter()

    def begin(self) -> None:
        """Begin another look: only limits are remembered."""
        self._failures.clear()

    async def ask(
        self, feed: str, now: datetime, question: Callable[[], Awaitable[Answered]], about: str = ""
    ) -> Answered | Unheard:
        """Return what *question* gives, or why it was not answered; *about* names the place in the text.

        Raises :class:`Unauthorised`.
        """
        until = self._limited.get(feed)
        if until is not None and now < until:
            return self._resting(feed, until)
        if self._failures[feed] >= IN_A_ROW:
            return Unheard(feed, f"left alone for now, after {IN_A_ROW} failures")
        try:
            answer = await question()
        except BadSecret as failure:
            raise Unauthorised(str(failure)) from failure
        except self._expected as failure:
            return self.failed(feed, failure, about)
        self._failures[feed] = 0
        return answer

    def failed(self, feed: str, failure: Exception, about: str = "") -> Unheard:
        """Return what *failure* keeps us from hearing; raises :class:`Unauthorised` where a person has to see to it."""
        if isinstance(failure, self._needs_person):
            raise Unauthorised(str(failure)) from failure
        if isinstance(failure, RateLimited):
            self._limited[feed] = failure.until
            return self._resting(feed, failure.until)
        if not (isinstance(failure, ApiProblem) and failure.status in (200, 400, 404)):
            self._failures[feed] += 1
        return Unheard(feed, plain(f"{about}: {failure}" if about else str(failure)))

    def _resting(self, feed: str, until: datetime) -> Unheard:
        return Unheard(feed, f"{self._network} wants no question before {until:%Y-%m-%d %H:%M:%S} UTC")
