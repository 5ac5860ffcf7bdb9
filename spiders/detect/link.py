"""One link of a page: where it leads, what it says, in which part of the page it stands."""

import re
from functools import cached_property
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode


class Link:
    """An ``<a>`` or ``<area>`` with a target; all but its raw target ``href`` is read when asked for.

    ``document_url`` is the address of the page it stands on.
    """

    def __init__(self, node: LexborNode, href: str, page: tuple[str, str]) -> None:
        self.node = node
        self.href = href
        # Two addresses and not the document: a page without reference cycles is freed the moment it has been read.
        self.document_url, self._base_url = page

    @cached_property
    def url(self) -> str:
        """The target as an absolute address, or an empty string where it cannot be one."""
        return absolute(self._base_url, self.href)

    @cached_property
    def text(self) -> str:
        """The visible words of the link, white space folded, or an empty string."""
        return " ".join(self.node.text().split())

    @cached_property
    def label(self) -> str:
        """The words, else the accessible name: ``aria-label``, ``alt`` of an area, ``title``, a picture's ``alt``."""
        return self.text or self._accessible_name()

    @property
    def icon(self) -> str:
        """Class names and symbol references of the icons inside, which say what a wordless link is."""
        found = [child.attributes.get("class") or "" for child in self.node.css("i,span,svg,img")]
        found += [
            (child.attributes.get("xlink:href") or child.attributes.get("href") or "") for child in self.node.css("use")
        ]
        return " ".join(filter(None, [*found, self.node.attributes.get("class") or ""]))

    @property
    def rel(self) -> str:
        """The ``rel`` attribute, lower case."""
        return (self.node.attributes.get("rel") or "").lower()

    @cached_property
    def region(self) -> str | None:
        """``header``, ``nav``, ``footer``, ``aside`` or ``main``: the nearest landmark around the link, if any."""
        return region_of(self.node)

    def _accessible_name(self) -> str:
        own = self.node.attributes
        names = [own.get("aria-label"), own.get("alt") if self.node.tag == "area" else None, own.get("title")]
        for child in self.node.css("img,svg,i,span,[aria-label],[title]"):
            inner = child.attributes
            names += [inner.get("alt"), inner.get("aria-label"), inner.get("title")]
        return next((" ".join(name.split()) for name in names if name and name.strip()), "")


def absolute(base_url: str, href: str) -> str:
    """Return *href* as an absolute address seen from *base_url*, or an empty string where it is none."""
    try:
        return urljoin(base_url, href)
    except ValueError:
        return ""


_REGION_ROLES = {
    "banner": "header",
    "navigation": "nav",
    "contentinfo": "footer",
    "complementary": "aside",
    "main": "main",
}
_REGION_TAGS = frozenset({"header", "nav", "footer", "aside", "main"})
_FOOTER_NAME = re.compile(r"(?:^|[\s_-])(?:footer|pied)(?:$|[\s_-])")


def region_of(node: LexborNode) -> str | None:
    """Return the nearest landmark around *node*: ``header``, ``nav``, ``footer``, ``aside``, ``main`` or ``None``.

    A landmark is told by its element, its ARIA role, or an ``id`` or class that names a footer.
    """
    above = node.parent
    while above is not None:
        tag = above.tag
        if tag in _REGION_TAGS:
            return tag
        own = above.attributes
        if own:
            role = _REGION_ROLES.get(own.get("role") or "")
            if role:
                return role
            names = f"{own.get('id') or ''} {own.get('class') or ''}".lower()
            if ("footer" in names or "pied" in names) and _FOOTER_NAME.search(names):
                return "footer"
        above = above.parent
    return None
