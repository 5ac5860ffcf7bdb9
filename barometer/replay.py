"""Detection again, on the stored pages of a visit and without a network: whoever doubts a result can compute it anew.

The pages are judged as the search judged them (:mod:`spiders.search`): the source of a page that was only read, and of a page
that a browser showed each state, in its order. What belongs to the visit itself (which pages, which clicks, when, how long) is
taken from its records.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from barometer.errors import UserError
from barometer.result import audit_result
from spiders.browser.layout import Snapshot
from spiders.detect.document import Document, Fold
from spiders.detect.sighting import Findings, SetAside
from spiders.detect.sighting import Sighting as Detected
from spiders.judging import judged, placed
from spiders.reading import SiteReading
from spiders.showing import press_state
from storage.evidence import EvidenceStore
from storage.records import Page, PageState, Sighting
from storage.vocabulary import Action, Channel, SetAsideReason

Json = dict[str, Any]
_Key = tuple[Any, ...]


def replay(reading: SiteReading, evidence: EvidenceStore, recorded: Json) -> Json:
    """Return the result of *reading* computed again from *evidence*, under the contract of :func:`audit_result`.

    What is no measurement of the site is kept from the *recorded* result: the tool's version, the CPU seconds, and which
    files pictures are in. Raises :class:`UserError` for a broken layout, :class:`~storage.problems.EvidenceProblem` where
    evidence is missing or damaged.
    """
    result = audit_result(replayed(reading, evidence), recorded["pages"]["cpu_seconds"])
    result["tool"] = {**result["tool"], "version": recorded["tool"]["version"]}
    for name, channel in result["channels"].items():
        _name_pictures(channel, recorded["channels"].get(name) or {})
    return result


def replayed(reading: SiteReading, evidence: EvidenceStore) -> SiteReading:
    """Return *reading* with the sightings that its stored pages hold, in the order of those it was recorded with."""
    visit = _Visit(reading, evidence)
    found = [*visit.shown(), *visit.read()]
    return SiteReading(
        reading.visit, reading.pages, reading.clicks, _in_order(found, reading.sightings), states=reading.states
    )


def differing_keys(before: object, after: object, where: str = "") -> Iterator[str]:
    """Yield where two results differ, as paths of keys such as ``channels/phone/values/0/context``."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differing_keys(before.get(key), after.get(key), f"{where}/{key}" if where else str(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, pair in enumerate(zip(before, after, strict=True)):
            yield from differing_keys(*pair, f"{where}/{at}")
    elif before != after or type(before) is not type(after):
        yield where


class _Look(NamedTuple):
    """What is judged: the state *address* of the page *url*, *depth* clicks from home, for the channels *wanted*."""

    address: str
    url: str
    depth: int
    wanted: frozenset[Channel]
    first: bool = True
    hovered: bool = False
    state_id: str | None = None


class _Visit:
    """One visit's records, and its stored pages."""

    def __init__(self, reading: SiteReading, evidence: EvidenceStore) -> None:
        self._reading = reading
        self._evidence = evidence
        self._country = reading.visit.country
        self._asked = frozenset(map(Channel, reading.visit.search.get("channels", Channel)))
        self._home = reading.visit.final_url or reading.visit.url
        self._labels: dict[str, str] = {}
        for click in sorted(reading.clicks, key=lambda click: click.position):
            if click.action is Action.FOLLOW and click.label:
                self._labels.setdefault(click.to_url, click.label)
        self._states: dict[str, list[PageState]] = {}
        for state in reading.states:
            self._states.setdefault(state.page_url, []).append(state)

    def shown(self) -> Iterator[Sighting]:
        """Yield what the states of the pages hold that a browser showed, each value where it showed first."""
        for url, states in self._states.items():
            values: set[tuple[Channel, str]] = set()
            for state in states:
                yield from self._in_state(state, state is states[0], values)
            yield from self._denied(url, values)

    def read(self) -> Iterator[Sighting]:
        """Yield what the source of the pages holds that were only read; beside a browser, it proves no channel."""
        done: set[str] = set()
        for page in self._reading.pages:
            if page.evidence is None or page.failure is not None or page.rendered or not page.looked_for:
                continue
            if page.url in self._states or page.url in done:
                continue
            done.add(page.url)
            for sighting in self._in_source(page, page.evidence):
                if sighting.set_aside is not None or not self._reading.states:
                    yield sighting

    def _in_state(self, state: PageState, first: bool, values: set[tuple[Channel, str]]) -> Iterator[Sighting]:
        """Yield what is new in *state*; *values*, what was seen in the states before, grows by it."""
        snapshot = self._snapshot(state)
        if snapshot is None:
            return
        wanted = frozenset(map(Channel, state.looked_for))
        look = _Look(state.url, state.page_url, state.depth, wanted, first, state.hovered, state.id)
        asked = self._asked if first else wanted
        found = self._detected(snapshot.document, look, asked, snapshot)
        new = [what for what in found.sightings if _named(what) not in values]
        values.update(map(_named, new))
        seen = [what for what in new if what.channel in wanted]
        yield from (self._sighting(what, look, snapshot) for what in seen)
        if first or seen:
            yield from (self._set_aside(what, look) for what in found.set_aside)

    def _snapshot(self, state: PageState) -> Snapshot | None:
        """Return what was kept of *state*, ``None`` where the browser gave nothing to keep."""
        if state.html is None or state.layout is None:
            return None
        html, layout = self._evidence.get(state.html), self._evidence.get(state.layout)
        try:
            snapshot = Snapshot.from_json(layout.decode(), html.decode())
            if not _is_sound(snapshot):
                raise ValueError("what stands in it is none")
        except (ValueError, AttributeError, RecursionError) as error:
            raise UserError(f"the layout {state.layout} is broken: {error}", "visit the site again") from None
        return snapshot

    def _in_source(self, page: Page, name: str) -> Iterator[Sighting]:
        document = Document(self._evidence.get(name), page.url, page.content_type)
        look = _Look(page.url, page.url, page.depth, frozenset(map(Channel, page.looked_for)))
        found = self._detected(document, look, self._asked)
        seen = [what for what in found.sightings if what.channel in look.wanted]
        yield from (self._sighting(what, look) for what in seen)
        yield from (self._set_aside(what, look) for what in found.set_aside)
        wanted = self._behind_folds(page, look.wanted, {what.channel for what in seen})
        for fold in document.folds if wanted else ():
            yield from self._in_fold(page, fold, wanted)

    def _in_fold(self, page: Page, fold: Fold, wanted: frozenset[Channel]) -> Iterator[Sighting]:
        look = _Look(press_state(fold.url, fold.label), page.url, page.depth + 1, wanted, first=False)
        found = self._detected(fold.opened(), look, self._asked - {Channel.CONTACT_PAGE})
        yield from (self._sighting(what, look) for what in found.sightings if what.channel in wanted)
        yield from (self._set_aside(what, look) for what in found.set_aside)

    def _behind_folds(self, page: Page, wanted: frozenset[Channel], found: set[Channel]) -> frozenset[Channel]:
        """Return the channels looked for one press further: those not found on the page itself, unless all was read."""
        pressed = {
            one.channel
            for one in self._reading.sightings
            if one.set_aside is None and one.page_url.startswith(f"{page.url.partition('#')[0]}#:~:")
        }
        return frozenset(wanted - (found - pressed) - {Channel.CONTACT_PAGE})

    def _detected(
        self, document: Document, look: _Look, asked: frozenset[Channel], snapshot: Snapshot | None = None
    ) -> Findings:
        label = self._labels.get(look.url, "") if look.first else ""
        return judged(document, self._country, asked, home=look.url == self._home, label=label, snapshot=snapshot)

    def _denied(self, url: str, values: set[tuple[Channel, str]]) -> Iterator[Sighting]:
        """Yield what the source of the page promised and the browser did not show, as long as no state shows it."""
        for one in self._reading.sightings:
            is_here = one.page_url.partition("#:~:")[0] == url.partition("#:~:")[0]
            if one.set_aside is SetAsideReason.HIDDEN and is_here and (one.channel, one.value.casefold()) not in values:
                yield one

    def _sighting(self, what: Detected, look: _Look, snapshot: Snapshot | None = None) -> Sighting:
        place = placed(snapshot, what, self._country) if snapshot is not None else None
        tariff = what.tariff
        return Sighting(
            visit_id=self._reading.visit.id, page_url=look.address, depth=look.depth, channel=what.channel,
            value=what.value, display=what.display, readable=what.readable, context=what.context,
            confidence=what.confidence,
            price_class=tariff.price_class if tariff else None,
            max_eur_per_min=tariff.max_eur_per_min if tariff else None,
            max_eur_per_call=tariff.max_eur_per_call if tariff else None,
            kind=what.kind, automatic=what.automatic,
            box=list(place.box) if place else None, in_header=place.in_header if place else None,
            fixed=place.fixed if place else None, hovered=look.hovered, state_id=look.state_id,
        )  # fmt: skip

    def _set_aside(self, what: SetAside, look: _Look) -> Sighting:
        return Sighting(
            visit_id=self._reading.visit.id, page_url=look.address, depth=look.depth, channel=what.channel,
            value=what.value, context=what.context, set_aside=what.why,
        )  # fmt: skip


def _is_sound(snapshot: Snapshot) -> bool:
    """Tell whether a layout, which may come from anybody, holds numbers and words where they belong."""
    boxes: list[object] = [edge for one in snapshot.elements.values() for edge in (one.number, *one.box)]
    boxes += [edge for run in snapshot.runs for edge in (run.element, *run.box)]
    boxes += [edge for run in snapshot.runs for piece in run.pieces if piece.box for edge in piece.box]
    words: list[object] = [word for one in snapshot.elements.values() for word in (one.kind, one.href)]
    words += [piece.text for run in snapshot.runs for piece in run.pieces]
    words += [word for picture in snapshot.pictures for word in (picture.alternative, picture.file)]
    numbered = all(type(edge) is int for edge in [*boxes, *(picture.element for picture in snapshot.pictures)])
    return numbered and all(isinstance(word, str) for word in [*words, snapshot.url])


def _named(what: Detected) -> tuple[Channel, str]:
    return what.channel, what.value.casefold()


def _in_order(found: Iterable[Sighting], recorded: Sequence[Sighting]) -> list[Sighting]:
    """Return *found*, each once, in the order of *recorded*; what was not recorded comes last."""
    places: dict[_Key, int] = {}
    for at, sighting in enumerate(recorded):
        for key in (_identity(sighting), _likeness(sighting)):
            places.setdefault(key, at)
    each: dict[_Key, Sighting] = {}
    for sighting in found:
        each.setdefault(_identity(sighting), sighting)
    last = len(recorded)
    return sorted(each.values(), key=lambda one: places.get(_identity(one), places.get(_likeness(one), last)))


def _likeness(sighting: Sighting) -> _Key:
    return sighting.page_url, sighting.channel, sighting.value.casefold(), sighting.set_aside


def _identity(sighting: Sighting) -> _Key:
    return *_likeness(sighting), sighting.context


def _name_pictures(channel: Json, recorded: Mapping[str, Any]) -> None:
    """Give the pictures of *channel* the file names they were recorded with, where the same things are shown."""
    proof, before = channel["proof"], recorded.get("proof")
    if proof and before:
        proof["screenshot"] = before.get("screenshot")
    for step, old in zip(channel["path"] or [], recorded.get("path") or [], strict=False):
        if (step["from"], step["to"]) == (old["from"], old["to"]):
            step["screenshot"] = old["screenshot"]
