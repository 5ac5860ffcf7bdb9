"""All channels of one page, from every detector; and what the page is when it shows nothing."""

import re
from collections.abc import Callable, Collection
from functools import cache

from spiders.detect.document import Document
from spiders.detect.links import holds_contact_section, is_contact_page
from spiders.detect.sighting import Findings, SetAside, Sighting
from storage.vocabulary import SOCIAL_CHANNELS, Channel, FormKind

ALL_CHANNELS = frozenset(Channel)


def detect(
    document: Document,
    country: str,
    wanted: Collection[Channel] = ALL_CHANNELS,
    *,
    home: bool = False,
    labels: tuple[str, ...] = (),
) -> Findings:
    """Return the merchant's channels on *document*, each value once, and what was set aside.

    *country* is the ISO code numbers without a prefix are read for. Only detectors of *wanted* channels run. *home*
    says that this is the home page, which counts as a contact page only for a section meant for it; *labels* are the
    words of the links that lead here.
    """
    sightings: list[Sighting] = []
    set_aside: list[SetAside] = []
    for channels, detector in _detectors():
        if not channels.isdisjoint(wanted):
            found = detector(document, country)
            sightings += [sighting for sighting in found.sightings if sighting.channel in wanted]
            set_aside += [value for value in found.set_aside if value.channel in wanted]
    if Channel.CONTACT_PAGE in wanted and _is_for_contacting(document, sightings, home, labels):
        sightings.append(Sighting(Channel.CONTACT_PAGE, document.url, document.title, confidence=0.9))
    return Findings(_once(sightings), list(dict.fromkeys(set_aside)))


def _once(sightings: list[Sighting]) -> list[Sighting]:
    """Keep the most readable, then the surest sighting of each value, in order of appearance."""
    best: dict[tuple[Channel, str], Sighting] = {}
    for sighting in sightings:
        key = (sighting.channel, sighting.value.casefold())
        known = best.get(key)
        if known is None or (sighting.readable, sighting.confidence) > (known.readable, known.confidence):
            best[key] = sighting
    return list(best.values())


@cache
def _detectors() -> list[tuple[frozenset[Channel], Callable[[Document, str], Findings]]]:
    from spiders.detect.callback import find_callbacks
    from spiders.detect.chat import find_chat
    from spiders.detect.emails import find_emails
    from spiders.detect.forms import find_forms
    from spiders.detect.phones import find_phones
    from spiders.detect.social import find_social

    return [
        (frozenset({Channel.PHONE}), find_phones),
        (frozenset({Channel.EMAIL}), lambda document, _: find_emails(document)),
        (frozenset({Channel.FORM, Channel.CONTACT_PAGE}), lambda document, _: find_forms(document)),
        (frozenset({Channel.CHAT}), lambda document, _: find_chat(document)),
        (frozenset({*SOCIAL_CHANNELS, Channel.WHATSAPP}), lambda document, _: find_social(document)),
        (frozenset({Channel.CALLBACK}), lambda document, _: find_callbacks(document)),
    ]


def _is_for_contacting(document: Document, sightings: list[Sighting], home: bool, labels: tuple[str, ...]) -> bool:
    if not home:
        return is_contact_page(document, list(labels))
    return any(found.kind is FormKind.CONTACT for found in sightings) or holds_contact_section(document)


def is_empty_shell(document: Document) -> bool:
    """Tell whether the page shows next to nothing before its scripts have run, so that only a browser can judge it."""
    return (
        len(document.text) < 600
        and len(document.links) < 3
        and bool(document.scripts)
        and len(document.text.split()) < 40
        and _mounts(document)
    )


def _mounts(document: Document) -> bool:
    """Tell whether the scripts are there to build the page: an application root, modules, or a plea for JavaScript."""
    return bool(_MOUNT.search(document.html)) or any(src and not code.strip() for src, code in document.scripts)


_MOUNT = re.compile(
    r"""<(?:div|main|app-root|section)[^>]{0,200}id=["']?(?:app|root|__next|__nuxt|main|application|___gatsby|svelte)["'\s>]|<app-root|"""
    r"""type=["']module["']|enable javascript|activer javascript|javascript (?:est|is|doit)""",
    re.I,
)


_REFRESH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:[;,]\s*(?:url\s*=\s*)?['\"]?\s*([^'\"]*))?", re.I)
_SCRIPTED = re.compile(
    r"""(?:window\.|document\.|self\.|top\.)?location(?:\.href)?\s*(?:=|\.(?:replace|assign)\()\s*["']([^"'\s]{1,500})["']"""
)


def forwarding(document: Document) -> str | None:
    """Return where the page sends its visitor by itself, or ``None``.

    It does so by a meta refresh, or by a script on a page with hardly a word.
    """
    for node in document.tree.css("meta[http-equiv]") if "http-equiv" in document.html.lower() else ():
        if (node.attributes.get("http-equiv") or "").strip().lower() == "refresh":
            match = _REFRESH.match(node.attributes.get("content") or "")
            if match and match.group(2) and float(match.group(1)) <= 10:
                return document.absolute(match.group(2).strip())
    if len(document.text) < 300 and len(document.links) < 4:
        for _, code in document.scripts:
            match = _SCRIPTED.search(code[:20_000])
            if match:
                return document.absolute(match.group(1))
    return None
