"""HTML of a mail as the text that a person reads, and without what its mail program marked as quoted."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from spiders.detect.flood import bounded_floods
from spiders.detect.nesting import bounded_nesting

_TAG = re.compile(
    r"(?is)<(?:!doctype html|html|head|body|div|p|br|table|span|font|meta|blockquote|style)\b[^<>]{0,500}>"
)
_BREAKS = frozenset(
    "address article aside blockquote br dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section"
    " table tr ul".split()
)
_PARAGRAPHS = frozenset("p blockquote h1 h2 h3 h4 h5 h6 ul ol table hr".split())
_UNSEEN = (
    "script, style, head, title, template, noscript, object, svg, [hidden], [style*='display:none'],"
    " [style*='display: none']"
)
_QUOTES = (
    "blockquote[type=cite], blockquote[cite], .gmail_quote, .gmail_extra > .gmail_quote, .gmail_attr, .yahoo_quoted,"
    " .moz-cite-prefix, .moz-forward-container, .protonmail_quote, .zmail_extra, .tutanota_quote, .WordSection1 ~ blockquote,"
    " #mail-editor-reference-message-container, [id^=OLK_SRC_BODY_SECTION], [name=messageReplySection]"
)
"""What mail programs put around what they quote; their own marks, from looking at mails (*ours*)."""
_QUOTES_FROM_HERE = "#divRplyFwdMsg, #stopSpelling, #appendonsend, [name=_MailOriginal], .OutlookMessageHeader"
"""Marks behind which everything is quoted."""
_SIGNATURES = ".gmail_signature, .moz-signature, #Signature, .protonmail_signature_block, #ms-outlook-mobile-signature"
MAX_NODES = 20_000
"""Nodes of a document that are read (*ours*)."""


def is_markup(text: str) -> bool:
    """Tell whether *text* is HTML: it begins with a tag, or holds several."""
    start = text.lstrip()[:5_000]
    found = _TAG.search(start)
    return found is not None and (found.start() < 5 or (start.startswith("<") and len(_TAG.findall(start)) > 3))


def text_of_html(html: str, own_words: bool = False) -> str:
    """Return the text that a person reads in *html*, a line a block; never raises.

    With *own_words* without what the writer's mail program marked as quoted or as a signature, unless that leaves nothing.
    """
    try:
        tree = LexborHTMLParser(bounded_floods(bounded_nesting(html)))
    except ValueError:
        return ""
    if tree.body is None:
        return ""
    for node in tree.css(_UNSEEN):
        node.decompose()
    if own_words:
        _drop_quotes(tree)
    return _lines(tree.body) if tree.body is not None else ""


def _drop_quotes(tree: LexborHTMLParser) -> None:
    for mark in tree.css(_QUOTES_FROM_HERE)[:1]:
        node: LexborNode | None = mark
        for _ in range(100):
            if node is None or node.tag in ("body", "html"):
                break
            parent, following = node.parent, node.next
            for _ in range(MAX_NODES):
                if following is None:
                    break
                after = following.next
                following.decompose()
                following = after
            node = parent
        mark.decompose()
    for node in [*tree.css(_QUOTES), *tree.css(_SIGNATURES)]:
        node.decompose()


def _lines(body: LexborNode) -> str:
    pieces: list[str] = []
    waiting: list[tuple[LexborNode | None, str]] = [(body, "")]
    for _ in range(MAX_NODES):
        if not waiting:
            break
        node, closing = waiting.pop()
        if node is None:
            pieces.append(closing)
        elif node.tag == "-text":
            pieces.append(" ".join((node.text_content or "").split()) if (node.text_content or "").strip() else " ")
            if (node.text_content or "")[-1:].isspace():
                pieces.append(" ")
        elif node.tag == "br":
            pieces.append("\n")
        else:
            gap = "\n\n" if node.tag in _PARAGRAPHS else "\n" if node.tag in _BREAKS else ""
            pieces.append(gap or (" " if node.tag in ("td", "th") else ""))
            waiting.append((None, gap))
            children = list(node.iter(include_text=True))
            waiting += [(child, "") for child in reversed(children)]
    lines = [" ".join(line.split()) for line in "".join(pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
