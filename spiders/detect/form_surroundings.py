"""What stands around a form and tells what it is for: the heading before it, the page it is on, the layer it is in."""

import re
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from spiders.detect.document import Document
from spiders.detect.form_controls import text_of
from spiders.detect.form_words import MAX_TEXT
from spiders.detect.lexicon import words

_HEADINGS = "h1,h2,h3,h4,h5,h6,legend"
_HEADING_LEVELS = 7
_HEADING_SIBLINGS = 8
_LAYER_NAME = re.compile(r"(?<![a-z])(?:modal|pop-?up|lightbox|overlay|off-?canvas|drawer)(?![a-z])|mfp-hide", re.I)


def heading_before(node: LexborNode) -> str:
    """Return the nearest heading before *node*, or an empty string where another form comes first.

    A call reads at most the page once, so a caller bounds the calls.
    """
    here: LexborNode | None = node
    for _ in range(_HEADING_LEVELS):
        if here is None or here.tag == "body":
            break
        before = here.prev
        for _ in range(_HEADING_SIBLINGS):
            if before is None:
                break
            found = before.css(f"{_HEADINGS},form") if before.is_element_node else []
            if found:
                return "" if found[-1].tag == "form" else text_of(found[-1])
            before = before.prev
        here = here.parent
    return ""


def names_of(form: LexborNode, action: str) -> str:
    """Return the names that developers gave *form*, and the path it is sent to, as one text."""
    own = form.attributes
    names = [(own.get(key) or "")[:MAX_TEXT] for key in ("id", "name", "class")]
    scheme, path = _scheme_and_path(action)
    return " ".join([*filter(None, names), "sendmail" if scheme == "mailto" else path])


def page_words(document: Document) -> str:
    """Return the end of the page's path and the beginning of its title, as one text."""
    return f"{_scheme_and_path(document.url)[1]} {document.title[:80]}".strip()


def in_layer(node: LexborNode) -> bool:
    """Tell whether *node* stands in a dialog or layer that is closed when the page opens, by ARIA, class or id."""
    above: LexborNode | None = node
    while above is not None and above.tag != "body":
        own = above.attributes
        if own and (own.get("aria-hidden") == "true" or own.get("role") == "dialog" or own.get("aria-modal") == "true"):
            return True
        if own and _LAYER_NAME.search(f"{own.get('class') or ''} {own.get('id') or ''}"[:MAX_TEXT]):
            return True
        above = above.parent
    return False


def has_captcha_widget(node: LexborNode) -> bool:
    """Tell whether *node* holds the place where a captcha service puts its test."""
    return node.css_first(",".join(f".{name}" for name in words("forms", "captcha_widgets"))) is not None


def _scheme_and_path(url: str) -> tuple[str, str]:
    """Return the scheme of *url* and the end of its path, words separated; empty where it is malformed."""
    try:
        parts = urlsplit(url[:500])
    except ValueError:
        return "", ""
    return parts.scheme, unquote(parts.path)[-80:].replace("/", " ").replace(".", " ")
