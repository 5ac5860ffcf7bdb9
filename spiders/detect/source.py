"""The source of a page as a browser takes it: in one encoding, without what only browsers without scripts show."""

import codecs
import re

from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding


def source_of(body: bytes, content_type: str | None) -> tuple[str, bytes]:
    """Return the page *body* without its ``<noscript>`` parts, as text and in UTF-8; *content_type* is the header."""
    if body.startswith(_UTF_16):
        body = decoded(body, content_type).encode("utf-8", "replace")
    body = without_noscript(body)
    try:
        return body.decode("utf-8-sig"), body.removeprefix(codecs.BOM_UTF8)
    except UnicodeDecodeError:
        html = decoded(body, content_type)
        return html, html.encode("utf-8", "replace")


_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(body: bytes, content_type: str | None) -> str:
    """Return *body* as text: valid UTF-8 first, then what byte-order mark, header or ``<meta>`` say, else cp1252."""
    if not body.startswith(_UTF_16):
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    if declared is not None and not _WEB_ENCODING.match(declared):
        return body.decode("cp1252", "replace")
    return html_to_unicode(content_type, body, default_encoding="cp1252")[1]


# Python knows "encodings" that are none (zlib, hex), that always fail (undefined) or take time without end (punycode).
_WEB_ENCODING = re.compile(
    r"utf[-_]?(?:8|16)|ascii|iso|cp\d|koi8|gb|big5|euc|shift|mac[-_](?:roman|cyr)|hz|tis|windows", re.I
)


def without_noscript(html: bytes) -> bytes:
    """Return *html* without its ``<noscript>`` parts: a visitor's browser runs scripts and never shows them."""
    if b"<noscript" not in html:
        if b"<NOSCRIPT" not in html:
            return html
        html = html.replace(b"<NOSCRIPT", b"<noscript").replace(b"</NOSCRIPT", b"</noscript")
    kept, position = [], 0
    while (start := html.find(b"<noscript", position)) >= 0:
        end = html.find(b"</noscript", start)
        if end < 0:
            break
        kept.append(html[position:start])
        position = html.find(b">", end) + 1 or len(html)
    return b"".join([*kept, html[position:]])
