"""What moved between two audits of one site, in words, what matters most first.

A difference is told only where the two results contradict each other: a depth that was proven to be 1 or 2 and is now
proven to be 2 is no change, and says so.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from barometer.reports.audit_contract import AuditResult, ChannelResult, FoundValue
from barometer.reports.audit_folder import AuditFile
from barometer.reports.contrast import effort_differs
from barometer.reports.merchant_text import host_of
from barometer.reports.page_names import path_of, words_on
from barometer.reports.value_difference import spoken, value_changes
from barometer.reports.verdict import depth_words
from barometer.reports.wording import Words, capital
from storage.vocabulary import SOCIAL_CHANNELS, Action, Channel, OutcomeKind, Profile, Searched


class Kind(StrEnum):
    """What kind of thing moved, most important first."""

    CONDITIONS = "conditions"
    STATUS = "status"
    VANISHED = "vanished"
    TARIFF = "tariff"
    FARTHER = "farther"
    APPEARED = "appeared"
    NEARER = "nearer"
    VALUE = "value"
    READABLE = "readable"
    AUTOMATIC = "automatic"
    UNMEASURED = "unmeasured"
    MEASURED = "measured"
    PATH = "path"
    EFFORT = "effort"
    CERTAINTY = "certainty"
    REASON = "reason"
    SEARCHED = "searched"
    SET_ASIDE = "set_aside"
    WARNING = "warning"


_TIERS = (Kind.STATUS, Kind.VANISHED, Kind.VALUE, Kind.PATH)
"""First kind of each rank of importance: the visit, reaching the merchant, with what, in which way."""


class Difference(NamedTuple):
    """One thing that moved: its channel (``None`` for the visit as a whole), its kind, and the sentence.

    Before and after are the words of the contract, the same in every language: ``exact 1``, ``not_found``, a value, a
    price class.
    """

    profile: Profile | None
    channel: Channel | None
    kind: Kind
    before: str | None
    after: str | None
    sentence: str


class Comparison(NamedTuple):
    """Two results side by side: a title a profile, and what moved."""

    title: str
    differences: list[Difference]


def compare(old: AuditFile, new: AuditFile, words: Words) -> list[Comparison]:
    """Return what moved from *old* to *new*, a comparison for each profile that both hold.

    Where they share no profile, the first results are compared, with a caution. A profile that one of them lacks is
    said in the first comparison.
    """
    before = {result.profile: result for result in old.results}
    after = {result.profile: result for result in new.results}
    shared = [(before[profile], after[profile]) for profile in Profile if profile in before and profile in after]
    comparisons = [differences(*pair, words) for pair in shared or [(old.results[0], new.results[0])]]
    if shared:
        lacking = [(profile, "only_before") for profile in before if profile not in after]
        lacking += [(profile, "only_after") for profile in after if profile not in before]
        for profile, key in lacking:
            sentence = words[f"difference.{key}"].format(profile=capital(words[f"profile.{profile}"]))
            held, lost = (str(profile), None) if key == "only_before" else (None, str(profile))
            comparisons[0].differences.append(Difference(profile, None, Kind.CONDITIONS, held, lost, sentence))
    return comparisons


def differences(old: AuditResult, new: AuditResult, words: Words) -> Comparison:
    """Return what moved from *old* to *new*, ordered by importance and then by channel."""
    found = [*_conditions(old, new, words), *_visit(old, new, words)]
    for channel in Channel:
        found += _Channel(channel, old, new, words).differences()
    found += _set_aside(old, new, words)
    found.sort(key=_importance)
    write = words.moment if words.day(old.started_at) == words.day(new.started_at) else words.day
    title = words.plain(
        "difference.title",
        site=host_of(new.site.final_url or new.site.url),
        profile=words[f"profile.{new.profile}"],
        before=write(old.started_at),
        after=write(new.started_at),
    )
    return Comparison(title, found)


def _importance(one: Difference) -> tuple[int, bool, int, int]:
    """Return what a difference is sorted by: its rank, direct channels before social ones, its kind, its channel."""
    kind = list(Kind).index(one.kind)
    tier = sum(kind >= list(Kind).index(first) for first in _TIERS)
    channel = -1 if one.channel is None else list(Channel).index(one.channel)
    return tier, one.channel in SOCIAL_CHANNELS, kind, channel


def _conditions(old: AuditResult, new: AuditResult, words: Words) -> Iterator[Difference]:
    """Return what makes the two results hard to compare."""

    def caution(key: str, before: str, after: str, *, held: tuple[str, str] | None = None) -> Difference:
        sentence = words.plain(f"difference.{key}", before=before, after=after)
        return Difference(new.profile, None, Kind.CONDITIONS, *(held or (before, after)), sentence)

    if not same_site(old, new):
        yield caution("site", host_of(old.site.url), host_of(new.site.url))
    if old.profile is not new.profile:
        first, second = (words[f"profile.{one.profile}"] for one in (old, new))
        yield caution("profile", first, second, held=(str(old.profile), str(new.profile)))
    if old.started_at > new.started_at:
        first, second = (words.moment(one.started_at) for one in (old, new))
        yield caution("order", first, second, held=(old.started_at.isoformat(), new.started_at.isoformat()))
    if old.site.country != new.site.country:
        yield caution("country", old.site.country, new.site.country)
    if _both_read(old, new) and (old.tool.browser is None) != (new.tool.browser is None):
        became = "rendered" if old.tool.browser is None else "static"
        yield caution(f"mode_{became}", "static" if became == "rendered" else "rendered", became)
    if old.tool.version != new.tool.version:
        yield caution("tool_version", old.tool.version, new.tool.version)


def same_site(old: AuditResult, new: AuditResult) -> bool:
    """Tell whether the two results are of one site: they share a host that was asked for or reached."""
    hosts = [{host_of(url) for url in (one.site.url, one.site.final_url) if url} for one in (old, new)]
    return bool(hosts[0] & hosts[1])


def _both_read(old: AuditResult, new: AuditResult) -> bool:
    return bool(old.pages.read and new.pages.read)


def _visit(old: AuditResult, new: AuditResult, words: Words) -> Iterator[Difference]:
    if (old.status, old.status_reason) != (new.status, new.status_reason):
        key = "status" if new.status_reason is None else "status_reason"
        reason = words[f"reason.{new.status_reason}"] if new.status_reason is not None else ""
        before, after = (words[f"status.{one.status}"] for one in (old, new))
        sentence = words[f"difference.{key}"].format(before=before.lower(), after=after.lower(), reason=reason)
        yield Difference(new.profile, None, Kind.STATUS, str(old.status), str(new.status), sentence)
    known = set(old.warnings)
    for warning in dict.fromkeys(one for one in new.warnings if one not in known):
        sentence = words.plain("difference.warning", after=warning)
        yield Difference(new.profile, None, Kind.WARNING, None, warning, sentence)


def _set_aside(old: AuditResult, new: AuditResult, words: Words) -> Iterator[Difference]:
    """Return what is newly set aside or no longer so; a value that was the merchant's is told with its channel.

    A visit that read nothing tells nothing.
    """
    if not _both_read(old, new):
        return
    sides = [{(one.channel, one.value): one.why for one in result.set_aside} for result in (old, new)]
    for key, (before, after) in (("aside_vanished", sides), ("aside_appeared", sides[::-1])):
        for (channel, value), why in before.items():
            held = {one.value.casefold() for result in (old, new) for one in result.channels[channel].values}
            if (channel, value) in after or value.casefold() in held:
                continue
            sentence = words.plain(
                f"difference.{key}",
                value=value,
                channel=words[f"channel.{channel}"],
                why=words[f"set_aside.{why}"],
            )
            gone, come = (value, None) if key == "aside_vanished" else (None, value)
            yield Difference(new.profile, channel, Kind.SET_ASIDE, gone, come, sentence)


class _Channel:
    """The differences of one channel."""

    def __init__(self, channel: Channel, old: AuditResult, new: AuditResult, words: Words) -> None:
        self._channel = channel
        self._results = (old, new)
        self._old, self._new = old.channels[channel], new.channels[channel]
        self._words = words

    def differences(self) -> Iterator[Difference]:
        if self._old.found and self._new.found:
            yield from self._depth()
            yield from self._effort()
            for change in value_changes(self._channel, *self._results, self._words):
                yield self._difference(Kind(change.kind), change.before, change.after, change.sentence)
        elif self._old.outcome is not self._new.outcome:
            yield self._outcome()
        elif self._new.outcome is OutcomeKind.NOT_MEASURED and self._old.reason is not self._new.reason:
            reason = self._told(Kind.REASON, "reason", "", "", reason=self._reason())
            yield reason._replace(before=str(self._old.reason), after=str(self._new.reason))
        elif self._new.outcome is OutcomeKind.NOT_FOUND and self._old.searched is not self._new.searched:
            searched = self._told(Kind.SEARCHED, "searched", "", "", searched=self._searched())
            yield searched._replace(before=str(self._old.searched), after=str(self._new.searched))

    def _depth(self) -> Iterator[Difference]:
        (low, high), (new_low, new_high) = self._old.interval or (0, 0), self._new.interval or (0, 0)
        depths = depth_words(self._old, self._words), depth_words(self._new, self._words)
        if new_low > high:
            yield self._told(Kind.FARTHER, "farther", *depths, way=self._way())
        elif new_high < low:
            yield self._told(Kind.NEARER, "nearer", *depths, way=self._way())
        elif (low, high) != (new_low, new_high):
            yield self._told(Kind.CERTAINTY, "certainty", *depths)
        elif (labels := _labels(self._old)) != (new_labels := _labels(self._new)) and labels and new_labels:
            chains = self._chain(labels), self._chain(new_labels)
            path = self._told(Kind.PATH, "path", *chains, clicks=depths[1])
            yield path._replace(before=" > ".join(labels), after=" > ".join(new_labels))

    def _effort(self) -> Iterator[Difference]:
        before, after = self._old.effort_seconds, self._new.effort_seconds
        if before is not None and after is not None and effort_differs(before, after):
            told = (self._words.seconds(before), self._words.seconds(after))
            key = "effort_more" if after > before else "effort_less"
            yield self._told(Kind.EFFORT, key, *told)._replace(before=f"{before:g}", after=f"{after:g}")

    def _outcome(self) -> Difference:
        depths = depth_words(self._old, self._words), depth_words(self._new, self._words)
        if self._new.outcome is OutcomeKind.NOT_MEASURED:
            return self._told(Kind.UNMEASURED, "unmeasured_now", *depths, reason=self._reason())
        if self._old.outcome is OutcomeKind.NOT_MEASURED:
            return self._told(Kind.MEASURED, "measured_now", *depths)
        if self._new.outcome is OutcomeKind.NOT_FOUND:
            shown = self._shown(self._old.values)
            key = "vanished" if shown else "vanished_bare"
            return self._told(Kind.VANISHED, key, *depths, value=shown, searched=self._searched())
        shown = self._shown(self._new.values)
        appeared = self._told(
            Kind.APPEARED, "appeared" if shown else "appeared_bare", *depths, value=shown, way=self._way()
        )
        if self._old.searched is Searched.COMPLETE:
            return appeared
        return appeared._replace(sentence=f"{appeared.sentence} {self._words['difference.appeared_doubt']}")

    def _told(self, kind: Kind, key: str, before: str, after: str, **more: str) -> Difference:
        """Return a difference of outcome or depth with its sentence, filled in with words that are ready."""
        sentence = self._words[f"difference.{key}"].format(
            channel=capital(self._words[f"channel.{self._channel}"]), before=before, after=after, **more
        )
        return self._difference(kind, _outcome(self._old), _outcome(self._new), sentence.strip())

    def _difference(self, kind: Kind, before: str | None, after: str | None, sentence: str) -> Difference:
        return Difference(self._results[1].profile, self._channel, kind, before, after, sentence)

    def _shown(self, values: tuple[FoundValue, ...]) -> str:
        return spoken(values[0]) if values else ""

    def _reason(self) -> str:
        """Return why the channel is not measured; nothing where the visit as a whole ended for that reason."""
        reason = self._new.reason
        return "" if reason in (None, self._results[1].status_reason) else self._words[f"reason.{reason}"]

    def _searched(self) -> str:
        size = self._new.template_sample or 1
        one = "_one" if self._new.searched is Searched.TEMPLATES and size == 1 else ""
        return self._words[f"searched.{self._new.searched}{one}"].format(n=self._words.number(size))

    def _way(self) -> str:
        labels = _labels(self._new)
        return self._words["difference.way"].format(labels=self._chain(labels)) if labels else ""

    def _chain(self, labels: list[str]) -> str:
        return ", ".join(self._words["path.quoted"].format(text=label) for label in labels)


def _outcome(channel: ChannelResult) -> str:
    return str(channel.outcome) if channel.clicks is None else f"{channel.outcome} {channel.clicks}"


def _labels(channel: ChannelResult) -> list[str]:
    """Return the words a visitor follows or presses on the path, the target of a link without any; redirects have none."""
    steps = (step for step in channel.path or () if step.action is not Action.REDIRECT)
    return [words_on(step.label) or path_of(step.target) for step in steps]
