"""Bounding what else costs the parser the square of its number: attributes of one element, options of one menu.

Each new attribute is compared with all the element has, each new option asks all that came before. Honest pages have a
handful and a few hundred; what is left out of a flood are tags and attributes alone, the words stay.
"""

import re

from spiders.detect.nesting import TOKEN

MAX_OPTIONS = 4_000
"""Options of all menus of a page, beyond which their tags are left out (ours)."""
MAX_ATTRIBUTES = 300
"""Attributes of one element, beyond which it loses all of them (ours)."""
SMALL = 150_000
"""Characters of a page below which no flood of attributes costs more than a few hundredths of a second."""
_LONG_TAG = 2_000
_OPTION = re.compile(r"</?opt(?:ion|group)\b[^>]*+>?+", re.I)
_ROOT = re.compile(r"<(body|html)(?=[\s/>])", re.I)
_ATTRIBUTE = re.compile(r"[\s/]++(?:[^\s\"'=/>]++)(?:\s*+=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+|[^\s>]*+))?+")


def bounded_floods(html: str) -> str:
    """Return *html* without the options, attributes and repeated roots that only a flood has."""
    lowered_options = html.count("<option") + html.count("<OPTION") + html.count("<Option")
    if lowered_options > MAX_OPTIONS:
        html = _OPTION.sub(" ", html)
    if len(html) <= SMALL:
        return html
    if len(_ROOT.findall(html)) > MAX_ATTRIBUTES:
        html = _one_root(html)
    return _without_attributes(html)


def _one_root(html: str) -> str:
    """Leave the first ``<html>`` and ``<body>``; the attributes of the others would all be given to it."""
    seen: set[str] = set()

    def kept(tag: re.Match[str]) -> str:
        name = tag[1].lower()
        if name in seen:
            return "<div"
        seen.add(name)
        return tag[0]

    return _ROOT.sub(kept, html)


def _without_attributes(html: str) -> str:
    """Take their attributes from elements that have more than :data:`MAX_ATTRIBUTES`."""
    kept: list[str] = []
    position = 0
    for tag in TOKEN.finditer(html):
        if tag[2] is None or tag.end() - tag.start() < _LONG_TAG:
            continue
        if sum(1 for _ in _ATTRIBUTE.finditer(html, tag.start(), tag.end())) > MAX_ATTRIBUTES:
            kept += [html[position : tag.start()], f"<{tag[1]}{tag[2][:40]}>"]
            position = tag.end()
    return html if not position else "".join([*kept, html[position:]])
