"""Whether what came back is a page, told by what the server says and by the first bytes."""

import re

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_PERHAPS_TYPES = frozenset({"", "text/xml", "application/xml", "application/unknown", "unknown/unknown", "*/*"})
"""Types under which browsers look at the content before they decide (WHATWG MIME Sniffing, section 7)."""

_MAGIC = (
    b"%PDF-", b"%!PS", b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd", b"\x89PNG\r\n", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"RIFF", b"\x00\x00\x01\x00",
    b"wOFF", b"wOF2", b"OggS", b"ID3", b"\x1aE\xdf\xa3", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00\x20ftyp",
    b"\x7fELF", b"MZ\x90",
)  # fmt: skip
"""First bytes of what is served most often by mistake: documents, pictures, archives, fonts, films, programs (the
signatures stand in each format's own specification)."""

_TAG = re.compile(rb"<[a-zA-Z!?/]")
_CONTROLS = bytes({*range(9), *range(14, 27), *range(28, 32)})
_LOOK = 1024
_BOMS = (b"\xff\xfe", b"\xfe\xff")


def media_type(content_type: str) -> str:
    """Return the type of a ``Content-Type`` header in lower case, parameters left out."""
    return content_type.partition(";")[0].partition(",")[0].strip().lower()


def may_be_html(content_type: str) -> bool:
    """Tell from the header alone whether fetching the body can give a page."""
    kind = media_type(content_type)
    return kind in _PAGE_TYPES or kind in _PERHAPS_TYPES


def is_html(body: bytes, content_type: str = "") -> bool:
    """Tell whether *body* is a page: of a type that can be one, and not binary.

    A declared page is believed unless its first bytes are those of another format; stray NUL bytes, which browsers
    drop, do not make it binary. Where nothing or only XML is declared, a tag must be there, and for XML an ``<html``.
    """
    if not may_be_html(content_type):
        return False
    head = body[:_LOOK]
    if head.startswith(_MAGIC):
        return False
    plain = head.replace(b"\0", b"")
    has_tag = _TAG.search(plain) is not None
    kind = media_type(content_type)
    if kind in _PAGE_TYPES:
        controls = len(plain) - len(plain.translate(None, _CONTROLS))
        return has_tag or head.startswith(_BOMS) or (bool(plain) and controls * 10 <= len(plain))
    return b"<html" in body[:_LOOK].lower().replace(b"\0", b"") if "xml" in kind else has_tag
