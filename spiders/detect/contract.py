"""What detection sees on one saved page, as the JSON line of ``barometer detect`` (``docs/detect.schema.json``)."""

from typing import Any

from spiders.detect.chat import chat_hints
from spiders.detect.document import Document
from spiders.detect.forms import read_forms
from spiders.detect.links import find_contact_links
from spiders.detect.page import detect
from spiders.detect.sighting import Sighting
from storage.vocabulary import SOCIAL_CHANNELS, Channel

_LINKED = (*SOCIAL_CHANNELS, Channel.WHATSAPP)


def page_line(body: bytes, url: str, country: str, content_type: str | None = None) -> dict[str, Any]:
    """Return what stands on the page *body*, saved from *url*, without the key ``file``.

    *country* is the ISO code that numbers without a prefix are read for.
    """
    document = Document(body, url, content_type, unfold=True)
    found = detect(document, country)
    by_channel: dict[Channel, list[Sighting]] = {channel: [] for channel in Channel}
    for sighting in found.sightings:
        by_channel[sighting.channel].append(sighting)
    links = {"contact": [contact.link.url for contact in find_contact_links(document) if contact.link.url]}
    links |= {str(channel): [sighting.value for sighting in by_channel[channel]] for channel in _LINKED}
    chats = [*(sighting.value for sighting in by_channel[Channel.CHAT]), *chat_hints(document)]
    return {
        "phones": [_phone(sighting) for sighting in by_channel[Channel.PHONE]],
        "emails": [{"value": sighting.value, "display": sighting.display} for sighting in by_channel[Channel.EMAIL]],
        "links": links,
        "forms": [
            {"kind": str(form.kind), "css": form.css, "fields": {name: str(role) for name, role in form.fields.items()}}
            for form in read_forms(document)
        ],
        "chat": list(dict.fromkeys(chats)),
        "set_aside": [
            {"channel": str(value.channel), "value": value.value, "why": str(value.why)} for value in found.set_aside
        ],
    }


def _phone(sighting: Sighting) -> dict[str, Any]:
    tariff = sighting.tariff
    return {
        "value": sighting.value,
        "display": sighting.display,
        "readable": sighting.readable,
        "tariff": None if tariff is None else {
            "class": str(tariff.price_class),
            "max_eur_per_min": None if tariff.max_eur_per_min is None else float(tariff.max_eur_per_min),
            "max_eur_per_call": None if tariff.max_eur_per_call is None else float(tariff.max_eur_per_call),
        },
    }  # fmt: skip
