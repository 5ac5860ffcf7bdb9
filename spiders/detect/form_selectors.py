"""A CSS selector for a form that finds it, and it alone, in the page as it was sent."""

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

_IDENTIFIER = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]*")
_QUOTED = re.compile(r"[^\"\\\n\r\f<>]{1,120}")


class Selectors:
    """Writes selectors for the elements of *tree*, which must hold all that the page holds, hidden parts too."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._ids = Counter(node.id or "" for node in tree.css("[id]"))
        self._names = Counter(node.attributes.get("name") or "" for node in tree.css("form[name]"))
        self._places: dict[int, dict[int, tuple[int, int]]] = {}

    def of(self, node: LexborNode) -> str:
        """Return a selector for *node*: its id, its name, else the way down from the nearest element with an id."""
        own = self._by_id(node)
        if own:
            return own
        name = node.attributes.get("name") or ""
        if node.tag == "form" and self._names[name] == 1 and _QUOTED.fullmatch(name):
            return f'form[name="{name}"]'
        steps: list[str] = []
        here: LexborNode | None = node
        while here is not None and here.tag not in ("html", "-document", "-undef"):
            anchor = self._by_id(here)
            if anchor:
                steps.append(anchor)
                break
            steps.append(self._step(here))
            here = here.parent
        return " > ".join(reversed(steps))

    def _by_id(self, node: LexborNode) -> str:
        own = node.attributes.get("id") or ""
        if not own or self._ids[own] != 1:
            return ""
        if _IDENTIFIER.fullmatch(own):
            return f"#{own}"
        return f'[id="{own}"]' if _QUOTED.fullmatch(own) else ""

    def _step(self, node: LexborNode) -> str:
        """Return ``tag:nth-of-type(n)``, or ``:nth-child(n)`` where a selector could not name the tag.

        Places among siblings are counted once for each parent.
        """
        tag = node.tag or ""
        parent = node.parent
        if parent is None or tag == "body":
            return tag
        places = self._places.get(parent.mem_id)
        if places is None:
            places = self._places[parent.mem_id] = _places_in(parent)
        of_type, of_all = places.get(node.mem_id, (1, 1))
        return f"{tag}:nth-of-type({of_type})" if _IDENTIFIER.fullmatch(tag) else f":nth-child({of_all})"


def _places_in(parent: LexborNode) -> dict[int, tuple[int, int]]:
    """Return the place of each child element among those of its tag, and among all."""
    seen: Counter[str] = Counter()
    places = {}
    elements = (child for child in parent.iter() if child.is_element_node)
    for position, child in enumerate(elements, start=1):
        seen[child.tag or ""] += 1
        places[child.mem_id] = (seen[child.tag or ""], position)
    return places
