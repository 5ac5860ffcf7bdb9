"""What followed the press of the last button, and what that tells: accepted, refused, or unclear. The verdict is pure."""

import re
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from probes.forms.words import says
from probes.replies.page_text import FormOutcome, classify_page_text

LONGEST_SAID = 300
"""Characters of the page's own words that are kept of a verdict (*ours*)."""
MOST_LINES = 120
"""New lines of a page that are read (*ours*): what became of a form is said at its place or at the top."""
_STATES_SUCCESS = re.compile(
    r'"(?:success|ok|sent|submitted)"\s*:\s*(?:true|1)\b|"status"\s*:\s*"(?:ok|success|sent|mail_sent|submitted)"', re.I
)
_STATES_FAILURE = re.compile(
    r'"(?:success|ok|sent)"\s*:\s*(?:false|0)\b|"status"\s*:\s*"(?:error|failed|mail_failed|validation_failed|spam)"',
    re.I,
)


class Exchange(NamedTuple):
    """One request that the press set off. ``status`` is ``None`` while it is unanswered, 0 where it failed.

    ``carries``: it holds our words or our address; ``body`` is the beginning of a short answer of a script's request.
    """

    method: str
    url: str
    status: int | None
    at: datetime | None
    document: bool
    carries: bool
    body: str = ""


class Aftermath(NamedTuple):
    """What shows some time after the press.

    ``appeared`` are lines of text that did not show before, ``alerts`` those of them that are announced to a person
    (live regions, JavaScript dialogs); ``invalid`` names the fields that the page marks as wrong, with its reason.
    ``there``: the form still shows; ``emptied``: its message box is empty now; ``challenge``: a captcha asks to be
    solved; ``echoed``: our message stands among the lines, as text.
    """

    before: str
    after: str
    appeared: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    there: bool = True
    emptied: bool = False
    challenge: bool = False
    echoed: bool = False
    exchanges: tuple[Exchange, ...] = ()

    @property
    def sends(self) -> tuple[Exchange, ...]:
        """The requests that carried the form: those with our words, else those that a browser makes of a form."""
        carrying = tuple(one for one in self.exchanges if one.carries)
        return carrying or tuple(one for one in self.exchanges if one.document and one.method == "POST")


class VerdictKind(StrEnum):
    """What became of the form."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    CAPTCHA = "captcha"
    UNCLEAR = "unclear"


class Verdict(NamedTuple):
    """What became of the form, and what tells it: the page's own words where there are any."""

    kind: VerdictKind
    why: str


def verdict_of(after: Aftermath) -> Verdict:
    """Return what *after* tells. Only what cannot be read otherwise is called accepted or refused.

    A server that refuses (4xx) is believed; one that breaks (5xx) may have taken the message first.
    """
    statuses = [one.status for one in after.sends if one.status]
    broken = next((status for status in statuses if status >= 500), None)
    refused = next((status for status in statuses if 400 <= status < 500), None)
    success, failure = _words(after)
    if broken is not None and not success:
        return Verdict(VerdictKind.UNCLEAR, f"the server answered {broken}")
    if refused is not None and not success:
        return Verdict(VerdictKind.REFUSED, f"the server answered {refused}" + (f": {failure}" if failure else ""))
    if after.challenge and not success:
        return Verdict(VerdictKind.CAPTCHA, "a captcha asks to be solved")
    if success and (broken or refused):
        return Verdict(VerdictKind.UNCLEAR, f"the server answered {broken or refused}, and the page says: {success}")
    return _by_page(after, success, failure)


def _by_page(after: Aftermath, success: str, failure: str) -> Verdict:
    """Return what the page and the address tell where the server's status tells nothing."""
    gone = not after.there or after.emptied
    fault = failure or next(iter(after.invalid), "")
    if success:
        if gone or not fault:
            return Verdict(VerdictKind.ACCEPTED, success)
        return Verdict(VerdictKind.UNCLEAR, f"the page says both: {success} / {fault}"[:LONGEST_SAID])
    if fault:
        return Verdict(VerdictKind.REFUSED if after.there else VerdictKind.UNCLEAR, fault)
    silent = _in_silence(after) if gone else ""
    if silent:
        return Verdict(VerdictKind.ACCEPTED, silent)
    nothing = not after.sends and not after.appeared and after.there
    return Verdict(VerdictKind.UNCLEAR, "nothing happened" if nothing else "the page does not say whether it was sent")


def _in_silence(after: Aftermath) -> str:
    """Return what tells of success without a word of the page, or an empty string: its address, our words, the server's data.

    A page that shows our message may be asking whether it may be sent; where the server led to it, it has the message.
    """
    answered = [one for one in after.sends if one.status and 200 <= one.status < 400]
    if answered and _thanks(after):
        return f"led to {urlsplit(after.after).path[:LONGEST_SAID]}"
    if after.echoed and any(one.document and one.status and 300 <= one.status < 400 for one in answered):
        return f"led to a page that shows what was sent: {urlsplit(after.after).path[:100]}"
    bodies = [one.body for one in answered if one.body]
    stated = any(_STATES_SUCCESS.search(body) for body in bodies) and not any(map(_STATES_FAILURE.search, bodies))
    return "the server states that it was sent" if stated else ""


def _words(after: Aftermath) -> tuple[str, str]:
    """Return the line that says the form was sent, and the one that says it was not; empty where there is none.

    A mere promise or thanks counts where it is announced, or where it takes the form's place.
    """
    announced = after.alerts
    lines = (*announced, *(line for line in after.appeared if line not in announced))[:MOST_LINES]
    failure = next((line for line in lines if _denies(line)), "")
    success = next((line for line in lines if classify_page_text(line).outcome is FormOutcome.SUCCESS), "")
    if not success:
        stays = urlsplit(after.before).path == urlsplit(after.after).path or _thanks(after)
        replaced = (not after.there or after.emptied) and stays and bool(after.sends)
        promises = (line for line in (lines if replaced else announced) if says(line, "page", "promise"))
        success = next((line for line in promises if not _denies(line)), "")
    return success[:LONGEST_SAID], failure[:LONGEST_SAID]


def _denies(line: str) -> bool:
    return classify_page_text(line).outcome is FormOutcome.FAILURE or says(line, "page", "complaint")


def _thanks(after: Aftermath) -> bool:
    """Tell whether the page moved to an address that says thanks."""
    if after.before.partition("#")[0] == after.after.partition("#")[0]:
        return False
    parts, was = urlsplit(after.after), urlsplit(after.before)
    words = " ".join(re.split(r"[^\w]+", unquote(f"{parts.path} {parts.query}")[-300:]))
    known = " ".join(re.split(r"[^\w]+", unquote(f"{was.path} {was.query}")[-300:]))
    return says(words, "page", "thanks_address") and not says(known, "page", "thanks_address")
