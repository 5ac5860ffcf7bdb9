"""The page that every request names: do merchants who look us up find it, and may a robot such as ours read it?"""

import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage
from typing import NamedTuple
from urllib.parse import urljoin

from barometer.checks.check import Check, Health
from barometer.checks.database import MOST_APART_SECONDS, seconds_apart
from storage.records import utc_now

ANSWER_SECONDS = 6.0
"""How long the page may take to send anything (*ours*); who waits longer has gone."""
ALL_SECONDS = 12.0
"""How long one answer may take in all (*ours*)."""
MOST_BYTES = 1_000_000
_NAME = "information page"
_OURS = "a merchant who looks us up finds nothing: put the page there, or mend operator.information_url"


class _Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes
    apart: float
    """Seconds by which the server's clock is ahead of ours."""


def check_information_page(url: str, user_agent: str) -> list[Check]:
    """Return whether *url* answers with a page to *user_agent* and its robots.txt lets us read it, and whether its server's
    clock agrees with this machine's. Two requests are made, one after the other.
    """
    from spiders.robots import Rules

    robots_url = urljoin(url, "/robots.txt")
    try:
        robots = _fetched(robots_url, user_agent)
        page = _fetched(url, user_agent)
    except (OSError, HTTPException, ValueError) as error:
        return [Check(_NAME, Health.WARN, f"{url}: {_words(error)}", _OURS)]
    found = [_of_page(url, page)]
    if robots.status == 429 or robots.status >= 500:
        told = f"{robots_url} answers {robots.status}, which closes the site to every robot, ours included"
        found = [Check(_NAME, Health.WARN, told, "let it answer 200 or 404")]
    elif 200 <= robots.status < 300:
        rules = Rules(robots.body.decode("utf-8-sig", "replace"), "barometer")
        if not rules.allowed(url):
            found = [
                Check(
                    _NAME,
                    Health.WARN,
                    f"{robots_url} forbids us {url}",
                    "let it name what we may read, and that page too",
                )
            ]
    apart = min((page.apart, robots.apart), key=abs)
    if abs(apart) > MOST_APART_SECONDS:
        told = f"this machine's is {abs(apart):.0f} s {'behind' if apart > 0 else 'ahead of'} that of {url}"
        found.append(
            Check(
                "clock outside",
                Health.WARN,
                told,
                "let both keep it right (chrony, systemd-timesyncd): delays are measured with it",
            )
        )
    return found


def _of_page(url: str, page: _Answer) -> Check:
    if page.status != 200:
        return Check(_NAME, Health.WARN, f"{url} answers {page.status} to our user agent", _OURS)
    if not page.body.strip():
        return Check(_NAME, Health.WARN, f"{url} is empty", _OURS)
    return Check(_NAME, Health.OK, f"{url} answers, and its robots.txt lets us read it")


def _fetched(url: str, user_agent: str) -> _Answer:
    told = {"User-Agent": user_agent, "Accept": "text/html,*/*;q=0.5", "Cache-Control": "no-cache"}
    request = urllib.request.Request(url, headers=told)  # noqa: S310 - the settings take http and https alone
    before, until = utc_now(), time.monotonic() + ALL_SECONDS
    try:
        answer = urllib.request.urlopen(request, timeout=ANSWER_SECONDS)  # noqa: S310
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        after = utc_now()
        body = bytearray()
        while len(body) < MOST_BYTES and (part := answer.read1(65_536)):
            body += part
            if time.monotonic() > until:
                raise TimeoutError(f"not read to its end in {ALL_SECONDS:.0f} s")
    return _Answer(answer.status, answer.headers, bytes(body), _apart(answer.headers, before, after))


def _apart(headers: HTTPMessage, before: datetime, after: datetime) -> float:
    """Return how far the server's clock is ahead; it tells whole seconds, and a copy from a cache tells how old it is."""
    try:
        told = parsedate_to_datetime(headers["Date"]).astimezone(UTC) + timedelta(seconds=int(headers.get("Age", "0")))
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return seconds_apart(told, before - timedelta(seconds=1), after)


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return " ".join(str(reason).split())[:200] or type(error).__name__
