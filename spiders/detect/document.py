"""One HTML page, parsed once for every detector: its visible text as a stream, its links, forms and scripts.

Reading is by lexbor, as a browser would. What no visitor sees without a click (``hidden``, inline ``display:none``,
templates, scripts, closed dialogs) is taken out before any detector looks; style sheets are not read here, so what only
they hide is left to the rendered proof.
"""

import re
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from spiders.detect.flood import bounded_floods
from spiders.detect.form_selectors import Selectors
from spiders.detect.link import Link, absolute
from spiders.detect.nesting import bounded_nesting
from spiders.detect.source import source_of

BREAK = "\n"
"""In :attr:`Document.text`: the border of a block, a table cell, a line break."""
HEADING = "\x02"
"""In :attr:`Document.text`: what follows up to the next :data:`BREAK` is a heading; an empty one opens a landmark."""
TEL = "\x04"
"""In :attr:`Document.text`: a ``tel:`` link starts here; the n-th mark belongs to ``Document.tel_links[n]``."""
MAILTO = "\x05"
"""In :attr:`Document.text`: a ``mailto:`` link starts here; the n-th mark belongs to ``Document.mailto_links[n]``."""

MAX_FOLDS = 200
"""Closed ``<details>`` opened on one page; further ones count as open."""

_BLOCK = "\x01"
_DROP_MARKS = dict.fromkeys(map(ord, "\x00\x01\x02\x04\x05"))
_BLOCKS = (
    "address article blockquote br button dd details div dl fieldset figcaption figure hr label li ol p pre section"
    " select table td tr ul"
)
_LANDMARKS = "aside footer header main nav"
_HEADINGS = "h1 h2 h3 h4 h5 h6 legend dt summary th"
_MAY_HIDE = "[hidden],[style*=none i],[style*=hidden i],dialog:not([open])"
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def is_hidden(node: LexborNode) -> bool:
    """Tell whether an attribute of *node* itself hides it; style sheets are not read."""
    own = node.attributes
    style = own.get("style")
    if style and _HIDING_STYLE.search(style):
        return True
    if node.tag == "dialog" and "open" not in own:
        return True
    return "hidden" in own and (own["hidden"] or "").lower() != "until-found"


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Return the nodes that lie in none of the others: a node inside one that is taken out is gone with it.

    Every node above is climbed over once, so the time is linear in the page.
    """
    own = {node.mem_id for node in nodes}
    free: set[int] = set()
    kept = []
    for node in nodes:
        climbed = []
        above = node.parent
        while above is not None and above.mem_id not in own and above.mem_id not in free:
            climbed.append(above.mem_id)
            above = above.parent
        if above is None or above.mem_id in free:
            free.update(climbed)
            kept.append(node)
        else:
            own.update(climbed)
    return kept


class Fold(NamedTuple):
    """What lies in a closed ``<details>``; ``label`` are the words to press, ``selector`` finds them on the page."""

    label: str
    selector: str
    html: str
    url: str
    base_url: str

    def opened(self) -> "Document":
        """Return what the press shows, nested folds included."""
        return Document(self.html.encode(), self.url, "text/html; charset=utf-8", unfold=True, base_url=self.base_url)


class Document:
    """A page as detectors see it.

    *body* is what the server sent, *url* the address it came from (after redirects), *content_type* the header, for the
    charset. ``text`` is the visible words in document order, white space folded, with the marks of this module in them;
    ``links`` every ``<a href>`` and ``<area href>`` that is not hidden, ``tel_links`` and ``mailto_links`` those the
    marks count; ``frames`` are pairs (address, title); ``forms`` the form elements, ``fields`` the inputs and text
    areas; ``folds`` what lies in closed ``<details>``, which a visitor must press first (with *unfold* it counts as
    visible); ``is_pruned`` tells that something hidden or folded was taken out. Reading is linear in the size of the
    page, whatever it holds.
    """

    def __init__(
        self,
        body: bytes,
        url: str,
        content_type: str | None = None,
        *,
        unfold: bool = False,
        base_url: str | None = None,
    ) -> None:
        self.url = url
        html, encoded = source_of(body, content_type)
        self.html = bounded_nesting(bounded_floods(html))
        self.tree = LexborHTMLParser(encoded if self.html is html else self.html)
        self.links: list[Link] = []
        self.tel_links: list[Link] = []
        self.mailto_links: list[Link] = []
        self.frames: list[tuple[str, str]] = []
        self.forms: list[LexborNode] = []
        self.fields: list[LexborNode] = []
        self.folds: list[Fold] = []
        self.is_pruned = False
        self.base_url = base_url or self._base()
        self._page = (url, self.base_url)
        self._drop_hidden()
        if not unfold and "<details" in self.html:
            self._fold()
        self.text = _folded(self._read())

    @cached_property
    def lowered(self) -> str:
        """The visible words in lower case, accents kept, for the detectors' quick first looks."""
        return self.text.lower()

    @cached_property
    def scripts(self) -> list[tuple[str, str]]:
        """Address and code of every script, one of the two empty."""
        return [(node.attributes.get("src") or "", node.text()) for node in self.tree.css("script")]

    @cached_property
    def code(self) -> str:
        """The code of all inline scripts, to be searched in one go."""
        return "\n".join([code for _, code in self.scripts])

    @cached_property
    def targets(self) -> str:
        """The raw targets of ``links``, one a line, to be searched in one go."""
        joined = "\n".join([link.href for link in self.links])
        if joined.count("\n") >= max(1, len(self.links)):
            joined = "\n".join([link.href.replace("\n", "") for link in self.links])
        return joined

    @cached_property
    def language(self) -> str | None:
        """The language the page declares (``<html lang>``), two letters, or ``None``."""
        root = self.tree.root
        declared = ((root.attributes.get("lang") or "") if root is not None else "").strip().lower()
        return declared[:2] if re.match(r"[a-z]{2}(?:$|[-_])", declared) else None

    @cached_property
    def title(self) -> str:
        """The words of ``<title>``."""
        node = self.tree.css_first("head > title")
        return " ".join(node.text().split()) if node is not None else ""

    def absolute(self, href: str) -> str:
        """Return *href* as an absolute address (base address applied), or an empty string where it is none."""
        return absolute(self.base_url, href)

    def context(self, start: int, end: int, before: int = 80, after: int = 60) -> str:
        """Return the words around ``text[start:end]``, one line, marks removed, for people to read."""
        words = self.text[max(0, start - before) : end + after].translate(_DROP_MARKS)
        return " ".join(words.split())

    def _base(self) -> str:
        node = self.tree.css_first("base[href]")
        if node is None:
            return self.url
        try:
            base = urljoin(self.url, (node.attributes.get("href") or "").strip())
            return base if urlsplit(base).scheme in ("http", "https") and urlsplit(base).hostname else self.url
        except ValueError:
            return self.url

    def _drop_hidden(self) -> None:
        """Take out what is hidden by an attribute; a part inside a hidden part goes with it."""
        for node in _outermost([node for node in self.tree.css(_MAY_HIDE) if is_hidden(node)]):
            node.decompose()
            self.is_pruned = True

    def _fold(self) -> None:
        """Take what lies in closed ``<details>`` out of the page, its summary apart, and keep it as folds."""
        closed = self.tree.css("details:not([open])")[:MAX_FOLDS]
        self.is_pruned = self.is_pruned or bool(closed)
        selectors = Selectors(self.tree)
        for details in _outermost(closed):
            summary = details.css_first("summary")
            label = " ".join(summary.text().split()) if summary is not None else ""
            content = details.inner_html or ""
            for child in list(details.iter(include_text=True)):
                if child.tag != "summary":
                    child.decompose()
            self.folds.append(Fold(label, f"{selectors.of(details)} > summary", content, self.url, self.base_url))

    def _read(self) -> list[str]:
        """Walk the tree once; return the words and marks, collect links, forms, scripts and frames on the way."""
        words: list[str] = []
        put = words.append
        body = self.tree.body or self.tree.root
        kind_of = _KIND.get
        unseen, last = False, _BLOCK
        for node in body.traverse(include_text=True) if body is not None else ():
            kind = kind_of(node.tag_id)
            if kind is _BLOCK_KIND:
                if last is not _BLOCK:
                    put(_BLOCK)
                    last = _BLOCK
                continue
            if last is not _BLOCK and (before := node.prev) is not None and kind_of(before.tag_id) in _BREAKING:
                put(_BLOCK)
                last = _BLOCK
            if kind is _TEXT:
                content = node.text_content
                if not content or content.isspace():
                    if last is not _BLOCK:
                        put(" ")
                elif not unseen or (above := node.parent) is None or kind_of(above.tag_id) not in _SILENT:
                    put(content)
                    last = content
            elif kind is _LINK:
                last = self._read_link(node, last, put)
            elif kind is _UNSEEN:
                unseen = True
            elif kind is _FIELD:
                self.fields.append(node)
                unseen = True
            elif kind is not None:
                last = self._open(kind, node, last, put)
        return words

    def _open(self, kind: int, node: LexborNode, last: str, put: Callable[[str], None]) -> str:
        """Note a heading, a landmark, a form or a frame; return the last mark put."""
        if last is not _BLOCK:
            put(_BLOCK)
        if kind is _HEADING_KIND:
            put(HEADING)
            return HEADING
        if kind is _LANDMARK:
            # A heading without words: whatever the section before was about, it ends here.
            put(HEADING + _BLOCK)
        elif kind is _FORM:
            self.forms.append(node)
        elif source := node.attributes.get("src"):
            self.frames.append((source, node.attributes.get("title") or node.attributes.get("name") or ""))
        return _BLOCK

    def _read_link(self, node: LexborNode, last: str, put: Callable[[str], None]) -> str:
        """Note a link, part it from the words before and mark it where it dials or writes; return the last mark put."""
        if last is not _BLOCK:
            put(" ")
            last = " "
        href = node.attrs.get("href")
        if href is None:
            return last
        link = Link(node, href.strip(), self._page)
        self.links.append(link)
        scheme = link.href[:8].lower()
        if scheme.startswith(("tel:", "callto:")):
            self.tel_links.append(link)
            put(TEL)
            return TEL
        if scheme.startswith("mailto:"):
            self.mailto_links.append(link)
            put(MAILTO)
            return MAILTO
        return last


_TEXT, _BLOCK_KIND, _LINK, _HEADING_KIND, _FORM, _FRAME, _UNSEEN, _FIELD, _LANDMARK = range(9)
_SILENT = frozenset({_UNSEEN, _FIELD})
_BREAKING = frozenset({_BLOCK_KIND, _HEADING_KIND, _FORM, _LANDMARK})


def _kinds() -> dict[int, int]:
    """Map lexbor's tag numbers to what the walk does with them."""
    tree = LexborHTMLParser("x")
    of_tag = {
        _BLOCK_KIND: _BLOCKS, _LINK: "a area", _HEADING_KIND: _HEADINGS, _FORM: "form", _FRAME: "iframe frame",
        _LANDMARK: _LANDMARKS,
        _UNSEEN: "script style option optgroup title desc", _FIELD: "input textarea",
    }  # fmt: skip
    kinds = {tree.create_node(tag).tag_id: kind for kind, tags in of_tag.items() for tag in tags.split()}
    kinds[tree.body.first_child.tag_id] = _TEXT  # type: ignore[union-attr]
    return kinds


_KIND = _kinds()


def _folded(words: list[str]) -> str:
    """Return *words* as one string: white space folded, each border one :data:`BREAK`."""
    folded = " ".join("".join(words).split())
    return folded.replace(f" {_BLOCK}", _BLOCK).replace(f"{_BLOCK} ", _BLOCK).replace(_BLOCK, BREAK).strip()
