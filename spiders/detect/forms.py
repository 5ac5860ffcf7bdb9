"""The forms of a page: what each is for, what its fields ask, and which lets a visitor write to the merchant."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from spiders.detect.document import Document, is_hidden
from spiders.detect.form_controls import CONTROLS, Control, Parts, Sheet
from spiders.detect.form_fields import WRITERS, roles_of
from spiders.detect.form_kinds import KIND_OF_PURPOSE, Evidence, is_called_message, purpose_of
from spiders.detect.form_owners import adopted
from spiders.detect.form_selectors import Selectors
from spiders.detect.form_surroundings import has_captcha_widget, heading_before, in_layer, names_of, page_words
from spiders.detect.form_words import MAX_TEXT, purposes_in
from spiders.detect.lexicon import words
from spiders.detect.sighting import Findings, SetAside, Sighting
from storage.vocabulary import Channel, FieldRole, FormKind, SetAsideReason

_HEADING_SEARCHES = 30
_WRITTEN = re.compile(r"<(?:form|input|select|textarea)\b", re.I)
_LOOSE_BOXES = 5
_LOOSE_LEVELS = 8
_LOOSE_CONTROLS = 40
_LAYER_CONFIDENCE = 0.5


@dataclass(frozen=True)
class Form:
    """One form of a page.

    ``purpose`` is the finer word behind ``kind`` (a booking is an ``order``, a message to a private seller a
    ``comment``); ``fields`` gives the role of each field by name, else id, else ``#n`` (the n-th field, from 1),
    without hidden inputs and buttons; ``has_message`` tells of a message box that a visitor sees; ``visible`` is false
    where markup hides the form, ``in_layer`` true where it stands in a dialog that opens later; ``has_captcha`` counts
    fields and widgets; ``label`` is its heading and button, ``context`` the address and title around it;
    ``confidence`` (0 to 1) is that of the purpose; ``action`` is as written in the page; ``controls`` are the fields
    themselves, one by one where several share a name, each with its role.
    """

    kind: FormKind
    purpose: str
    fields: dict[str, FieldRole]
    has_message: bool
    has_captcha: bool
    action: str
    visible: bool
    in_layer: bool
    label: str
    context: str
    confidence: float
    controls: tuple[tuple[Control, FieldRole], ...] = field(repr=False, compare=False)
    _node: LexborNode = field(repr=False, compare=False)
    _page: "_Page" = field(repr=False, compare=False)

    @cached_property
    def css(self) -> str:
        """A selector that finds this form, and it alone, in the page as it was sent; for a form without a ``<form>``
        element, the block that holds its fields and its button."""
        return self._page.selector(self._node)

    def inside(self, selector: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements in this form that *selector* finds, in document order."""
        return [dict(node.attributes) for node in self._node.css(selector)]

    @property
    def writes_to_merchant(self) -> bool:
        """Whether this is the channel ``form``: a seen message box, meant for the merchant."""
        return self.kind is FormKind.CONTACT and self.has_message and self.visible


def read_forms(document: Document) -> list[Form]:
    """Return every form of the page in document order, those that markup hides too, then the forms without an element.

    A form without a ``<form>`` element is the smallest block that holds a message box, a field for a name, an e-mail or
    a phone, a button that says it sends, and no ``<form>``.
    """
    page = _complete(document) if _lost_controls(document) else _Page(document, Sheet(document.tree), complete=False)
    return list(page.forms())


def find_forms(document: Document) -> Findings:
    """Return the channel ``form``: at most one sighting, the page's address, for its surest contact form.

    Set aside are messages meant for somebody else (``third_party``). What markup hides is passed over, but for the
    forms of plug-ins known to show them by script. A form in a layer that opens later is reported with confidence 0.5:
    only a rendered page tells whether it is seen.
    """
    page = _page_with_boxes(document)
    if page is None:
        return Findings([], [])
    sightings: list[Sighting] = []
    set_aside: list[SetAside] = []
    for form in page.forms(only_with_box=True):
        if form.writes_to_merchant:
            sure = min(form.confidence, _LAYER_CONFIDENCE) if form.in_layer else form.confidence
            sightings.append(
                Sighting(Channel.FORM, document.url, form.label, form.context, confidence=sure, kind=form.kind)
            )
        elif form.has_message and form.purpose == "third_party":
            set_aside.append(SetAside(Channel.FORM, document.url, SetAsideReason.THIRD_PARTY, form.label))
    best = max(sightings, key=lambda sighting: sighting.confidence, default=None)
    return Findings([best] if best is not None else [], set_aside)


def _page_with_boxes(document: Document) -> "_Page | None":
    """Return the page to read for message boxes, or ``None`` where it has none."""
    boxes = sum(node.tag == "textarea" for node in document.fields)
    if (
        document.is_pruned
        and document.html.count("<textarea") > boxes
        and any(name in document.html for name in words("forms", "shown_by_script"))
    ):
        return _complete(document)
    if boxes or any(_is_line_box(node) for node in document.fields):
        return _Page(document, Sheet(document.tree), complete=False)
    return None


class _Page:
    """The forms of one document, read from its pruned tree or from the complete one."""

    def __init__(self, document: Document, sheet: Sheet, complete: bool) -> None:
        self._document = document
        self._sheet = sheet
        self._complete = complete
        self._searches = _HEADING_SEARCHES
        self._words = page_words(document)

    def forms(self, only_with_box: bool = False) -> Iterator[Form]:
        """Read the forms, the ones with an element first; all, or those alone that may hold a message box."""
        sheet = self._sheet
        nodes = sheet.tree.css("form") if self._complete else self._document.forms
        extra: dict[int, list[LexborNode]] = {}
        free: list[LexborNode] = []
        inside = sum(len(node.css(CONTROLS)) for node in nodes)
        if inside < len(sheet.tree.css(CONTROLS)) or " form=" in self._document.html:
            extra, free = adopted(sheet.tree.css(f"form,{CONTROLS}"), self._document.html)
        for node in nodes:
            if not only_with_box or node.mem_id in extra or _has_box(node):
                yield self._form(node, sheet.parts(node, extra.get(node.mem_id, [])))
        yield from self._loose_forms([node for node in free if node.tag == "textarea"])

    def selector(self, node: LexborNode) -> str:
        """Return the selector of *node* in the page as sent, whose hidden parts count: it is parsed again if needed."""
        selectors, places = self._selectors
        return selectors.of(places.get(node.mem_id, node))

    @cached_property
    def _selectors(self) -> tuple[Selectors, dict[int, LexborNode]]:
        if self._complete:
            return Selectors(self._sheet.tree), {}
        whole = _complete_sheet(self._document)
        pruned = self._sheet.tree.css("body *")
        seen = [node for node in whole.tree.css("body *") if not whole.is_hidden(node)]
        if len(seen) != len(pruned):
            return Selectors(self._sheet.tree), {}
        return Selectors(whole.tree), {ours.mem_id: theirs for ours, theirs in zip(pruned, seen, strict=True)}

    def _form(self, node: LexborNode, parts: Parts) -> Form:
        roles = roles_of(parts.controls)
        visible = not self._sheet.is_hidden(node)
        seen = [
            (control, role)
            for control, role in roles
            if role is not FieldRole.HONEYPOT and not (visible and control.hidden)
        ]
        own = node.attributes
        action = (own.get("action") or "").strip()
        heading = " ".join(parts.headings)[:MAX_TEXT] or self._heading_before(node, seen)
        evidence = Evidence(
            fields=seen,
            headings=heading,
            buttons=" ".join(parts.buttons)[:MAX_TEXT],
            names=names_of(node, action),
            page=self._words,
            method=(own.get("method") or "get").strip().lower(),
            is_search=(own.get("role") or "").strip().lower() == "search",
        )
        purpose, confidence = purpose_of(evidence)
        fields: dict[str, FieldRole] = {}
        for control, role in roles:
            fields.setdefault(control.key, role)
        return Form(
            kind=KIND_OF_PURPOSE[purpose],
            purpose=purpose,
            fields=fields,
            has_message=evidence.has_message,
            has_captcha=FieldRole.CAPTCHA in fields.values() or has_captcha_widget(node),
            action=action,
            visible=visible,
            in_layer=in_layer(node),
            label=" · ".join(filter(None, (heading, evidence.buttons)))[:MAX_TEXT],
            context=self._words,
            confidence=confidence,
            controls=tuple(roles),
            _node=node,
            _page=self,
        )

    def _heading_before(self, node: LexborNode, seen: Sequence[tuple[Control, FieldRole]]) -> str:
        """Return the heading before a form that has none inside; only message forms need one, and few a page get it."""
        if self._searches == 0 or not any(role is FieldRole.MESSAGE for _, role in seen):
            return ""
        self._searches -= 1
        return heading_before(node)

    def _loose_forms(self, boxes: list[LexborNode]) -> Iterator[Form]:
        blocks: set[int] = set()
        for box in islice(boxes, _LOOSE_BOXES):
            block = box.parent
            for _ in range(_LOOSE_LEVELS):
                if block is None or block.tag in ("body", "html") or block.css_first("form") is not None:
                    break
                if len(block.css(CONTROLS)) > _LOOSE_CONTROLS:
                    break
                parts = self._sheet.parts(block, [])
                if _is_whole(parts):
                    if block.mem_id not in blocks:
                        blocks.add(block.mem_id)
                        yield self._form(block, parts)
                    break
                block = block.parent


def _is_whole(parts: Parts) -> bool:
    """Tell whether a block without a ``<form>`` has who writes, a message box, and a button to send it."""
    roles = {role for _, role in roles_of(parts.controls)}
    sends = any({"send", "contact", "quote"} & set(purposes_in(words)) for words in parts.buttons)
    return sends and FieldRole.MESSAGE in roles and any(role in roles for role in WRITERS)


def _has_box(node: LexborNode) -> bool:
    return node.css_first("textarea") is not None or any(_is_line_box(line) for line in node.css("input"))


def _is_line_box(line: LexborNode) -> bool:
    own = line.attributes
    return is_called_message(own.get("name") or own.get("id") or "", own.get("placeholder") or "")


def _lost_controls(document: Document) -> bool:
    """Tell whether the page as sent names more forms and fields than the tree without its hidden parts holds."""
    written = len(_WRITTEN.findall(document.html))
    return written > 0 and written != len(document.tree.css("form,input,select,textarea"))


def _complete(document: Document) -> _Page:
    return _Page(document, _complete_sheet(document), complete=True)


def _complete_sheet(document: Document) -> Sheet:
    """Parse the page again, hidden and folded parts kept; what a known plug-in shows by script is not hidden."""
    tree = LexborHTMLParser(document.html)
    shown = set(words("forms", "shown_by_script"))
    hidden = {
        node.mem_id
        for node in tree.css("[hidden],[style],dialog:not([open])")
        if is_hidden(node) and not shown & set((node.attributes.get("class") or "").lower().split())
    }
    if document.folds:
        folded = (child for details in tree.css("details:not([open])") for child in details.iter())
        hidden.update(child.mem_id for child in folded if child.tag != "summary")
    return Sheet(tree, frozenset(hidden))
