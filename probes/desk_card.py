"""What a person at the desk is given for a task, and what the link that they bring back proves."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from probes import social
from probes.desk import Task
from probes.facebook import links as facebook
from probes.scenarios import scenarios
from probes.social import Draft
from probes.x import wording as x
from storage.vocabulary import Channel

LONGEST_LINK = 2_000
"""Characters of a pasted link (*ours*)."""


class BadLink(ValueError):
    """What was pasted is not the link of what was just posted."""


class Posted(NamedTuple):
    """The link of a post, and when the network says it was made (UTC), ``None`` where its link does not tell."""

    link: str
    made_at: datetime | None


def drafts(task: Task) -> list[Draft]:
    """Return what to say and where, one draft a place that may be used; the words alone where there is no address."""
    attempt = task.attempt
    target = attempt.target or ""
    try:
        if attempt.channel is Channel.X:
            return [x.draft(_account(target), attempt.body)]
        if attempt.channel is Channel.FACEBOOK:
            page = _page(target)
            return [facebook.post_draft(page, attempt.body), facebook.message_draft(page, attempt.body)]
    except ValueError:
        # A page under an odd name, or words that are too long by now: the person sees both and decides.
        pass
    return [Draft(attempt.body, target if _is_web(target) else "")]


def asks(task: Task) -> tuple[str, ...]:
    """Return what a good answer holds, as the scenario says; nothing where the scenario is not known any more."""
    scenario = scenarios().get(task.attempt.scenario)
    wording = scenario.wordings.get(task.attempt.language) if scenario else None
    return wording.asks if wording else ()


def posted(task: Task, link: str, at: datetime) -> Posted:
    """Return what the pasted *link* proves about a post that was stamped at *at*.

    Raises :class:`BadLink` when it is no link of the network, or of a post that was made before the campaign was released
    or after *at*.
    """
    link = link.strip()
    if len(link) > LONGEST_LINK or not _is_web(link) or not link.isprintable() or " " in link:
        raise BadLink("paste a link that begins with https://")
    try:
        if task.attempt.channel is Channel.X:
            return Posted(link, _timely(x.post_of(link).created_at, task, at))
        if task.attempt.channel is Channel.FACEBOOK:
            facebook.link_kind(link)
    except (x.NoPost, facebook.NoFacebookLink) as error:
        raise BadLink(str(error)) from None
    return Posted(link, None)


def _timely(made_at: datetime, task: Task, at: datetime) -> datetime:
    released_at = task.campaign.released_at or at
    if not released_at <= made_at <= at + social.CLOCK_SKEW:
        raise BadLink(f"that post was made on {made_at:%Y-%m-%d at %H:%M} UTC: is it the right one?")
    return made_at


def _account(target: str) -> str:
    return urlsplit(target).path.strip("/").partition("/")[0] if "/" in target else target


def _page(target: str) -> str:
    return facebook.link_kind(target).page if "/" in target else target


def _is_web(target: str) -> bool:
    return target.startswith(("https://", "http://"))
