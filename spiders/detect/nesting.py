"""Bounding how deep elements nest, before the parser sees them.

The parser's time grows with the square of the depth: every block asks all its ancestors whether a paragraph is open. A
few formatting elements left open cost as much, since each is opened anew in every block that follows. Browsers stop
nesting at 512 levels; here it ends earlier, and what is left out are tags alone: words and links stay.
"""

import re
from collections import Counter
from collections.abc import Iterator

MAX_NESTING = 400
"""Deepest nesting handed to the parser."""
MAX_REOPENED = 1_000_000
"""Formatting elements that the parser may have to open anew on one page (*ours*)."""

_FEW = 1_500
"""Pages with fewer tags cost next to nothing, however they nest."""

# The tokens of the HTML standard (section 13.2.5): comments, what is taken for one, and tags with quoted attributes.
# Possessive, so that no character is looked at twice.
TOKEN = re.compile(
    r"<!--(?:>|->|.*?(?:--!?>|\Z))"
    r"|<(?:[!?]|/[^a-z>])[^>]*+>?+"
    r"|<(/?)([a-z][^\s/>]*+)"
    r"(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+)*+"
    r"(?:>|\Z)",
    re.I | re.S,
)
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""Elements whose content is text, up to their end tag; in a drawing they are elements like all others."""
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in _RAW}

_LEAVES = frozenset(
    (
        "area base basefont bgsound br col embed hr img input keygen link meta param source track wbr a p li "
        "dt dd td th tr tbody thead tfoot option html head body frame frameset"
    ).split()
)
"""Elements without content, and those that end where the next of their kind begins, or that a page has once."""
_FORMATTING = frozenset(["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"])
_FOREIGN = frozenset({"svg", "math"})
_FENCES = frozenset(
    (
        "applet caption marquee object select table template foreignobject desc title mi mo mn ms mtext annotation-xml"
    ).split()
)
"""Elements that an end tag inside them cannot reach beyond."""
_SPECIAL = _FENCES | frozenset(
    (
        "address article aside blockquote button center details dir div dl fieldset figcaption figure footer "
        "form h1 h2 h3 h4 h5 h6 header hgroup listing main menu nav noscript ol optgroup plaintext pre search "
        "section summary ul"
    ).split()
)
"""Elements that the end tag of a mere phrase cannot reach beyond."""


def bounded_nesting(html: str) -> str:
    """Return *html* with the tags below :data:`MAX_NESTING` levels left out; their words and links stay.

    The depth is never taken for less than it is: where tags do not match, it is taken for more.
    """
    if html.count("<") <= _FEW:
        return html
    # Within a drawing this opens text and elsewhere a comment; made a comment, it ends in one place.
    html = html.replace("<![CDATA[", "<!")
    surplus = list(_surplus(html))
    if not surplus:
        return html
    kept, position = [], 0
    for start, end in surplus:
        kept.append(html[position:start])
        position = end
    return " ".join([*kept, html[position:]])


def _surplus(html: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every tag that opens a level too many, or closes such a one."""
    open_formatting = max(3, MAX_REOPENED // html.count("<"))
    above: list[str] = []
    left_out: Counter[str] = Counter()
    formatting = position = unsure_until = 0
    in_drawing = False
    while (token := TOKEN.search(html, position)) is not None:
        position = token.end()
        if token[2] is None:
            continue
        name = token[2].lower()
        if token[1]:
            if left_out[name]:
                left_out[name] -= 1
                yield token.span()
            elif above and token.start() >= unsure_until and _closes(above, name):
                formatting -= name in _FORMATTING
                in_drawing = in_drawing and not _FOREIGN.isdisjoint(above)
            continue
        if name in _RAW and token.start() >= unsure_until:
            end = _raw_end(html, position, name)
            if in_drawing:
                unsure_until = end
            else:
                position = end
        if name in _LEAVES and not in_drawing:
            continue
        if len(above) >= MAX_NESTING or (name in _FORMATTING and formatting >= open_formatting):
            left_out[name] += 1
            yield token.span()
            continue
        above.append(name)
        in_drawing = in_drawing or name in _FOREIGN
        formatting += name in _FORMATTING


def _raw_end(html: str, position: int, name: str) -> int:
    """Return where the text of the element *name*, begun before *position*, ends."""
    end = _RAW_ENDS[name].search(html, position)
    return len(html) if end is None else end.start()


def _closes(above: list[str], name: str) -> bool:
    """Take from *above*, the open elements, what an end tag *name* closes; return whether it closes anything."""
    if above[-1] == name:
        above.pop()
        return True
    if name not in above:
        return False
    at = len(above) - 1 - above[::-1].index(name)
    inside = above[at + 1 :]
    if not (_FENCES if name in _SPECIAL else _SPECIAL).isdisjoint(inside):
        return False
    if name in _FORMATTING or name == "form":
        del above[at]
    else:
        del above[at:]
    return True
