"""Which links of a page stand apart from their neighbours, so that no sample of the others vouches for them. Pure.

Shops lay their products out as cards: side by side, each with one target, built alike. What a person would open on its own is
anything else: a link in a menu or a footer, a link that stands alone, and among the cards the one that lacks what all the others
have, a price or a "see the product".
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from spiders.detect.link import Link
from spiders.identity import template_of

SIDE_BY_SIDE = 4
"""Cards with different targets in one container from which on they count as a list (ours)."""
ENOUGH_CARDS = 8
"""Cards that must be seen before one of them can be called unlike the others (ours)."""
COMMON = 0.8
"""Share of the cards that hold a word from which on all of them should (ours)."""
MAX_CLIMB = 8
"""Elements climbed from a link to its card."""
MAX_CARD = 600
"""Characters of a card that are read."""

_WORD = re.compile(r"[^\W\d_]+|[€$£]|\d+")


def set_apart(links: Sequence[tuple[str, Link]], fresh: Collection[str]) -> Iterator[tuple[str, Link, bool]]:
    """Yield every link to a page of *fresh*, with whether it stands apart from its neighbours.

    *links* are all links of the page as (key of the target, link), since a card is the largest element around a link that leads
    to one target only.
    """
    offered = [(key, link) for key, link in links if key in fresh]
    if not any(template_of(key) for key, _ in offered):
        yield from ((key, link, True) for key, link in offered)
        return
    targets = _targets(links)
    templates = [template_of(key) for key, _ in offered]
    cards = [_card(link.node, targets) for _, link in offered]
    words = [_words(card.node) for card in cards]
    common = _common(templates, cards, words)
    for (key, link), template, card, said in zip(offered, templates, cards, words, strict=True):
        apart = template is None or card.neighbours < SIDE_BY_SIDE or not common.get(template, frozenset()) <= said
        yield key, link, apart or link.region in ("nav", "header", "footer")


class _Card(NamedTuple):
    """The largest element around a link that leads to its target only, and how many targets lie side by side with it."""

    node: LexborNode
    neighbours: int


def _targets(links: Sequence[tuple[str, Link]]) -> dict[int, set[str]]:
    """Return, by element, the targets of the links inside it, a few levels up from each link."""
    targets: dict[int, set[str]] = {}
    for key, link in links:
        node: LexborNode | None = link.node
        for _ in range(MAX_CLIMB):
            if node is None or node.tag == "body":
                break
            targets.setdefault(node.mem_id, set()).add(key)
            node = node.parent
    return targets


def _card(node: LexborNode, targets: dict[int, set[str]]) -> _Card:
    """Return the card of a link; where cards stand in rows, the rows count together."""
    card = node
    for _ in range(MAX_CLIMB):
        above = card.parent
        inside = targets.get(above.mem_id, set()) if above is not None else set[str]()
        if above is None or not inside:
            return _Card(card, 0)
        if len(inside) > 1:
            rows = targets.get(above.parent.mem_id, inside) if above.parent is not None else inside
            return _Card(card, max(len(inside), len(rows)))
        card = above
    return _Card(card, 0)


def _words(card: LexborNode) -> frozenset[str]:
    """Return the words of a card, every figure counting as the same word."""
    text = card.text(deep=True, separator=" ")[:MAX_CARD].lower()
    return frozenset("#" if word.isdigit() else word for word in _WORD.findall(text))


def _common(
    templates: Sequence[str | None], cards: Sequence[_Card], words: Sequence[frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Return, by template, the words that nearly every card with a link to it holds."""
    counts: dict[str, Counter[str]] = {}
    totals: Counter[str] = Counter()
    for template, card, said in zip(templates, cards, words, strict=True):
        if template is not None and card.neighbours >= SIDE_BY_SIDE:
            totals[template] += 1
            counts.setdefault(template, Counter()).update(said)
    return {
        template: frozenset(word for word, count in counts[template].items() if count >= COMMON * total)
        for template, total in totals.items()
        if total >= ENOUGH_CARDS
    }
