"""What a web API answers: its body, its refusal in words, the moment it wants the next call.

A call ends with an :class:`Answer` or with an :class:`ApiError`, which says whether a write may nevertheless have been
carried out.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

UNSAID_LIMIT = timedelta(minutes=15)
"""How long a limit is taken to hold when the API does not say (the length of most windows of the X API)."""
LONGEST_LIMIT = timedelta(days=1)
"""No limit is believed to hold longer (*ours*)."""
LONGEST_WORDS = 500
"""Characters of a problem's own words that are kept (*ours*)."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ApiError(Exception):
    """The API did not do, or did not say, what was asked; ``may_have_acted`` is true where a write may have gone through."""

    def __init__(self, what: str, *, may_have_acted: bool = False) -> None:
        self.may_have_acted = may_have_acted
        super().__init__(what)


class NoConnection(ApiError):
    """Nothing was sent: no connection, no address, or a certificate that nobody vouches for."""


class Unanswered(ApiError):
    """The request may have arrived, but its answer did not, or not in time."""


class BadAnswer(ApiError):
    """The answer is not what the API promises: too large, a redirect, no JSON, another shape."""


class RateLimited(ApiError):
    """The API wants no call before ``until`` (aware, UTC). Nothing was done."""

    def __init__(self, what: str, until: datetime) -> None:
        self.until = until
        super().__init__(f"{what}: come back after {until:%Y-%m-%dT%H:%M:%SZ}")


class ApiProblem(ApiError):
    """The API refused, in its own words: ``title`` and ``detail`` are cleaned, ``code`` is 0 where it gives none."""

    def __init__(self, what: str, answer: "Answer", words: "Words") -> None:
        self.answer = answer
        self.status = answer.status
        self.type, self.title, self.detail, self.code = words
        said = ": ".join(part for part in (self.title, self.detail) if part)
        numbered = f"{answer.status}, code {self.code}" if self.code else f"{answer.status}"
        super().__init__(
            f"{what}: {numbered}{': ' if said else ''}{said}", may_have_acted=answer.to_write and answer.status >= 500
        )


class Words(NamedTuple):
    """What a problem says of itself."""

    type: str = ""
    title: str = ""
    detail: str = ""
    code: int = 0


@dataclass(frozen=True)
class Answer:
    """What came back, and when; ``to_write`` tells whether the request was to change something."""

    what: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: datetime
    to_write: bool = False

    def members(self) -> dict[str, object]:
        """Return the JSON object of the body; raises :class:`BadAnswer` where there is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise self.bad("the answer is no JSON") from None
        if not isinstance(found, dict):
            raise self.bad("the answer is no JSON object")
        return found

    def bad(self, why: str) -> BadAnswer:
        """Return the error that says *why* this answer cannot be used; only a refusal says that nothing was done."""
        return BadAnswer(f"{self.what}: {why}", may_have_acted=self.to_write and not 400 <= self.status < 500)


def plain(text: str, longest: int = LONGEST_WORDS) -> str:
    """Return *text* on one line of at most *longest* characters, without any that could steer a terminal."""
    return without_controls(" ".join(text[: 4 * longest].split()))[:longest]


def without_controls(text: str) -> str:
    """Return *text* with every control character, direction mark and lone surrogate replaced, line feeds too."""
    return _CONTROL.sub("\ufffd", text)


def problem_in(answer: Answer, clean: Callable[[str], str] = plain) -> ApiProblem:
    """Return the refusal that *answer* is, its words as *clean* leaves them."""
    said = words_of(answer)
    words = said._replace(type=clean(said.type), title=clean(said.title), detail=clean(said.detail))
    return ApiProblem(answer.what, answer, words)


def may_pass(answer: Answer) -> bool:
    """Tell whether the same call may succeed later; a write that failed on the server may have been carried out."""
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS or (answer.status >= 500 and not answer.to_write)


def next_call(answer: Answer) -> datetime | None:
    """Return when the API wants the next call, the later of its two ways to say so, or ``None`` where it does not."""
    told = [_retry_after(answer)]
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        told.append(_moment_of(answer.headers.get("x-rate-limit-reset", ""), datetime.fromtimestamp(0, UTC)))
    found = [min(until, answer.at + LONGEST_LIMIT) for until in told if until is not None]
    return max(found, default=None)


def _retry_after(answer: Answer) -> datetime | None:
    value = answer.headers.get("retry-after", "")
    if (seconds := _moment_of(value, answer.at)) is not None:
        return seconds
    try:
        date = parsedate_to_datetime(value[:100])
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def _moment_of(digits: str, since: datetime) -> datetime | None:
    if not re.fullmatch(r"[0-9]{1,11}", digits):
        return None
    return since + timedelta(seconds=int(digits))


def words_of(answer: Answer) -> Words:
    """Return what a refusal says: RFC 9457, the older forms of the X API, OAuth's and the Graph API's own."""
    try:
        top = answer.members()
    except BadAnswer:
        return Words()
    inner = top.get("error")
    errors = top.get("errors")
    if isinstance(inner, dict):
        top = inner
    elif isinstance(inner, str):
        top = {"title": inner, "detail": top.get("error_description")}
    elif "title" not in top and isinstance(errors, list) and errors and isinstance(errors[0], dict):
        top = errors[0]
    code = top.get("code")
    return Words(
        _text(top.get("type")),
        _text(top.get("title")),
        _text(top.get("detail")) or _text(top.get("message")),
        code if type(code) is int and abs(code) < 10**9 else 0,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
