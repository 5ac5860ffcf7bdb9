"""The controls of a form as the page writes them: which belong to it, what they are labelled, what hides them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from spiders.detect.form_words import MAX_TEXT

CONTROLS = "input,select,textarea"
"""What a visitor fills in."""

_DRESSED = "a[class*=btn i],a[class*=button i],a[class*=bouton i],a[class*=submit i],a[class*=send i],[role=button]"
_PARTS = f"{CONTROLS},button,{_DRESSED},legend,h1,h2,h3,h4,h5,h6"
_NOT_FILLED = frozenset({"hidden", "submit", "button", "reset", "image"})
_PRESSED = frozenset({"submit", "button", "image"})
_TABLE_PARTS = frozenset({"table", "tbody", "thead", "tfoot", "tr"})
_SILENT = frozenset({"option", "optgroup", "select", "textarea", "script", "style", "button", "title"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "legend"})
_LABEL_NODES = 80
"""Nodes of a label that are read; ours: with more it is no label but a part of the page."""
_NEAR_NODES = 40
_NEAR_LEVELS = 3
_NEAR_SIBLINGS = 4


@dataclass(frozen=True, slots=True)
class Control:
    """One field: its element, lower-case ``type`` (``text`` by default), key, label, and whether markup hides it.

    ``key`` is the name, else the id, else ``#n``, the n-th field of the form, counted from 1. ``label`` is what a
    visitor reads as its name: the label element, else the accessible name; ``near`` the words before it (after it for
    a box to tick) where it has no label.
    """

    node: LexborNode
    tag: str
    type: str
    key: str
    attributes: dict[str, str | None]
    label: str
    near: str
    hidden: bool

    def attribute(self, name: str) -> str:
        """Return the attribute *name*, or an empty string."""
        return self.attributes.get(name) or ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands in one form: its fields, the words of its headings and those of its buttons."""

    controls: list[Control]
    headings: list[str]
    buttons: list[str]


class Sheet:
    """A parsed page read for its forms; ``hidden`` holds the ``mem_id`` of elements that markup hides."""

    def __init__(self, tree: LexborHTMLParser, hidden: frozenset[int] = frozenset()) -> None:
        self.tree = tree
        self.hidden = hidden
        self._labels: dict[str, str] | None = None
        self._label_words: dict[int, str] = {}

    def is_hidden(self, node: LexborNode) -> bool:
        """Tell whether markup hides *node* or anything around it."""
        if not self.hidden:
            return False
        above: LexborNode | None = node
        while above is not None:
            if above.mem_id in self.hidden:
                return True
            above = above.parent
        return False

    def parts(self, root: LexborNode, extra: list[LexborNode], is_form: bool = True) -> Parts:
        """Return the parts of the form *root*, with the *extra* controls that belong to it from outside."""
        controls: list[Control] = []
        headings: list[str] = []
        buttons: list[str] = []
        own = root.attributes.get("id")
        for node in [*root.css(_PARTS), *extra]:
            tag = node.tag or ""
            if tag in ("input", "select", "textarea"):
                attributes = node.attributes
                if attributes.get("form") and attributes["form"] != own:
                    continue
                kind = (attributes.get("type") or "text").strip().lower() if tag == "input" else tag
                if kind in _PRESSED:
                    buttons.append(attributes.get("value") or attributes.get("alt") or attributes.get("title") or "")
                elif kind not in _NOT_FILLED:
                    controls.append(self._control(node, tag, kind, attributes, len(controls) + 1))
            elif tag in _HEADINGS:
                headings.append(text_of(node))
            elif node.tag != "form":
                buttons.append(text_of(node) or node.attributes.get("aria-label") or node.attributes.get("title") or "")
        return Parts(controls, headings, [words for words in buttons if words])

    def _control(
        self, node: LexborNode, tag: str, kind: str, attributes: dict[str, str | None], position: int
    ) -> Control:
        key = (attributes.get("name") or "").strip() or (attributes.get("id") or "").strip() or f"#{position}"
        label = self._label(node, attributes)
        near = "" if label or attributes.get("placeholder") else _near(node, after=kind in ("checkbox", "radio"))
        return Control(node, tag, kind, key, attributes, label, near, self.is_hidden(node))

    def _label(self, node: LexborNode, attributes: dict[str, str | None]) -> str:
        named = attributes.get("id")
        if named:
            label = self._labels_by_target().get(named)
            if label:
                return label
        above = node.parent
        for _ in range(4):
            if above is None or above.tag in ("form", "body"):
                break
            if above.tag == "label":
                words = self._label_words.get(above.mem_id)
                if words is None:
                    words = self._label_words[above.mem_id] = text_of(above)
                return words
            above = above.parent
        spoken = attributes.get("aria-label")
        if spoken and spoken.strip():
            return spoken.strip()[:MAX_TEXT]
        return self._labels_by_target().get(f"#{(attributes.get('aria-labelledby') or '').split(' ')[0]}", "")

    def _labels_by_target(self) -> dict[str, str]:
        """Map ids to the words of their ``<label for>``, and ``#id`` to those that ``aria-labelledby`` points to."""
        if self._labels is None:
            self._labels = {}
            for label in self.tree.css("label[for]"):
                target = label.attributes.get("for")
                if target:
                    self._labels.setdefault(target, text_of(label))
            named = {
                (node.attributes.get("aria-labelledby") or "").split(" ")[0]
                for node in self.tree.css("input[aria-labelledby],select[aria-labelledby],textarea[aria-labelledby]")
            }
            if named:
                for node in self.tree.css("[id]"):
                    if node.attributes.get("id") in named:
                        self._labels.setdefault(f"#{node.attributes['id']}", text_of(node))
        return self._labels


def text_of(node: LexborNode) -> str:
    """Return the words of *node* without what its lists, boxes and buttons hold, at most ``MAX_TEXT`` characters."""
    found: list[str] = []
    length = 0
    for child in islice(node.traverse(include_text=True), _LABEL_NODES):
        if child.is_text_node and not _is_silent(child, node):
            words = " ".join((child.text_content or "")[: 4 * MAX_TEXT].split())
            found.append(words)
            length += len(words) + 1
            if length > MAX_TEXT:
                break
    return " ".join(filter(None, found))[:MAX_TEXT]


def _is_silent(text: LexborNode, root: LexborNode) -> bool:
    parent = text.parent
    return parent is not None and parent.mem_id != root.mem_id and parent.tag in _SILENT


def _near(node: LexborNode, after: bool) -> str:
    """Return the words just before *node* (or just *after* it), not beyond another control."""
    here: LexborNode | None = node
    for _ in range(_NEAR_LEVELS):
        if here is None or here.tag in ("form", "body"):
            break
        for neighbour in islice(siblings(here, after), _NEAR_SIBLINGS):
            if neighbour.is_comment_node:
                continue
            words, blocked = _words_beside(neighbour)
            if words or blocked:
                return "" if blocked else words
        here = here.parent
    return ""


def siblings(node: LexborNode, after: bool) -> Iterator[LexborNode]:
    """Yield the nodes *after* (or before) *node* under the same parent, the nearest first."""
    here = node.next if after else node.prev
    while here is not None:
        yield here
        here = here.next if after else here.prev


def _words_beside(node: LexborNode) -> tuple[str, bool]:
    """Return the words of a neighbour, and whether a control stands in it, which they are then about."""
    if node.is_text_node:
        return " ".join((node.text_content or "")[-MAX_TEXT:].split()), False
    found: list[str] = []
    for child in islice(node.traverse(include_text=True), _NEAR_NODES):
        if child.tag in ("input", "select", "textarea", "button", "form"):
            return "", child.attributes.get("type") != "hidden"
        if child.is_text_node and not _is_silent(child, node):
            found.append((child.text_content or "")[:MAX_TEXT])
    return " ".join(" ".join(found).split())[:MAX_TEXT], False
