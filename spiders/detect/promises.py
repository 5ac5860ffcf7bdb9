"""Controls that promise, in so many words, to show a number or an address: a page with one is worth a press. Pure."""

from selectolax.lexbor import LexborNode

from spiders.detect.document import Document
from spiders.detect.lexicon import fold, pattern
from spiders.detect.pressable import LABEL_LENGTH, pressables
from storage.vocabulary import Channel

_CHANNELS = ((Channel.PHONE, "phone"), (Channel.EMAIL, "email"))


def promised(document: Document) -> frozenset[Channel]:
    """Return the channels that a control of *document* says it shows, such as "Afficher le numéro"."""
    found: set[Channel] = set()
    for node, label in pressables(document):
        if not label or len(label) > LABEL_LENGTH or _leads_elsewhere(node):
            continue
        words = fold(label)
        if pattern("reveals", "show").search(words):
            found |= {channel for channel, topic in _CHANNELS if pattern("reveals", topic).search(words)}
    return frozenset(found)


def _leads_elsewhere(node: LexborNode) -> bool:
    """Tell whether pressing *node* follows a link."""
    href = (node.attributes.get("href") or "").strip().lower() if node.tag == "a" else ""
    return bool(href) and not href.startswith(("#", "javascript:"))
