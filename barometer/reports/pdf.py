"""Documents on paper and pictures of drawings, printed by Chromium; what they say of themselves is ours.

One call prints one thing. Who prints many opens :func:`press` around them, so that the browser starts once.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from barometer.errors import UserError

if TYPE_CHECKING:
    from pypdf import PdfWriter

    from spiders.browser.printing import Printing

AUTHOR = "barometer"
"""Who made a document, as its properties say: no browser, no machine, no template."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of a document that is given none: its bytes must not depend on the day they were made on."""

_REMEDY = "install one with make browser, or leave out what is printed"
_running: ContextVar["Printing | None"] = ContextVar("printing", default=None)


@contextmanager
def press() -> Iterator[None]:
    """Keep one browser for all that is printed inside; raises :class:`UserError` where there is none."""
    from spiders.browser.printing import NoBrowser, NotPrinted, Printing

    if _running.get() is not None:
        yield
        return
    printing = Printing()
    try:
        printing.__enter__()
    except (NoBrowser, NotPrinted) as problem:
        raise UserError(f"there is no browser to print with: {problem}", _REMEDY) from problem
    token = _running.set(printing)
    try:
        yield
    finally:
        _running.reset(token)
        printing.__exit__(None, None, None)


def pdf_of(
    html: str, title: str, language: str, *, subject: str = "", keywords: str = "", made_on: datetime = EPOCH
) -> bytes:
    """Return the document *html* as a PDF whose properties are *title*, *subject* and *keywords*, author ``barometer``.

    *language* is ``fr`` or ``en``; *made_on* is the date that the document bears. The same document gives the same bytes
    with the same browser. Raises :class:`UserError` where no browser prints.
    """
    printed = _printed(lambda printing: printing.pdf(html))
    return _owned(printed, html, title, language, subject, keywords, made_on)


def png_of(svg: str, width: int, height: int) -> bytes:
    """Return *svg* drawn *width* by *height* pixels, as a PNG without metadata; raises :class:`UserError` as above."""
    return pngs_of([svg], width, height)[0]


def pngs_of(svgs: Sequence[str], width: int, height: int) -> list[bytes]:
    """Return each of *svgs* as :func:`png_of` does, many times as fast."""
    if not svgs:
        return []
    drawn: list[bytes] = _printed(lambda printing: printing.pngs(svgs, width, height))
    return drawn


def _printed(work: Any) -> Any:
    from spiders.browser.printing import NotPrinted

    with nullcontext() if _running.get() else press():
        try:
            return work(_running.get())
        except NotPrinted as problem:
            raise UserError(
                f"the browser did not print: {problem}", "try again, or leave out what is printed"
            ) from problem


def _owned(
    printed: bytes, html: str, title: str, language: str, subject: str, keywords: str, made_on: datetime
) -> bytes:
    """Return the PDF with our properties in the place of the browser's, and nothing else about its making."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import NameObject, TextStringObject

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(printed)))
    date = made_on.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
    told = {"/Title": title, "/Author": AUTHOR, "/Subject": subject, "/Keywords": keywords}
    writer.metadata = {key: text for key, text in told.items() if text} | {
        "/Creator": AUTHOR, "/Producer": AUTHOR, "/CreationDate": date, "/ModDate": date,
    }  # fmt: skip
    writer.pdf_header = "%PDF-1.7"
    writer.root_object.pop("/Metadata", None)
    writer.root_object[NameObject("/Lang")] = TextStringObject(language)
    _mend_bookmarks(writer, html)
    _identify(writer, printed)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _mend_bookmarks(writer: "PdfWriter", html: str) -> None:
    """Set the bookmarks' titles as the headings have them: the browser joins the words at which a heading was wrapped."""
    from pypdf.generic import NameObject, TextStringObject
    from selectolax.lexbor import LexborHTMLParser

    headings = (" ".join(one.text().split()) for one in LexborHTMLParser(html).css("h1, h2, h3, h4, h5, h6"))
    by_letters = {"".join(heading.split()): heading for heading in headings}
    waiting = [writer.root_object.get("/Outlines")]
    while waiting:
        reference = waiting.pop()
        if reference is None:
            continue
        item = reference.get_object()
        letters = "".join(str(item.get("/Title", "")).split())
        if letters in by_letters:
            item[NameObject("/Title")] = TextStringObject(by_letters[letters])
        waiting += [item.get("/First"), item.get("/Next")]


def _identify(writer: "PdfWriter", printed: bytes) -> None:
    """Give the file an identifier that its pages alone decide: the browser's own is drawn by lot."""
    from pypdf.generic import ArrayObject, ByteStringObject

    pages = hashlib.sha256()
    for page in writer.pages:
        content = page.get_contents()
        pages.update(content.get_data() if content is not None else b"")
    digest = pages.digest()[:16]
    writer._ID = ArrayObject([ByteStringObject(digest), ByteStringObject(digest)])
