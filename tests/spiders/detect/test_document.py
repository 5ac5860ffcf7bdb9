"""A page becomes words, links, scripts and frames as a visitor's browser would see them, whatever the server sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.detect.document import BREAK, HEADING, MAILTO, TEL, Document
from spiders.detect.page import detect, forwarding, is_empty_shell
from spiders.detect.source import decoded

URL = "http://www.shop.example/dir/page.html"


def read(html: str, content_type: str | None = None) -> Document:
    return Document(html.encode(), URL, content_type)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Bonjour   <b>à</b>\n tous</p>", "Bonjour à tous"),
        ("0<b>1</b> 99<span> 00</span>", "01 99 00"),
        ("<p>un</p><p>deux</p>", f"un{BREAK}deux"),
        ("un<br>deux", f"un{BREAK}deux"),
        ("<td>un</td>", "un"),
        ("<table><tr><td>un<td>deux</table>", f"un{BREAK}deux"),
        ("<h2>Contact</h2>nous", f"{HEADING}Contact{BREAK}nous"),
        ("a<script>var x</script>b<style>i{}</style>c", "abc"),
        ("<textarea>exemple</textarea><select><option>01 99 00 12 34</select>", ""),
        ("<p hidden>rien</p><p style='display:none'>rien</p><p style='visibility: hidden'>rien</p>vu", "vu"),
        ("<template>rien</template><dialog>rien</dialog><noscript>rien</noscript>vu", "vu"),
        ("<!-- 01 99 00 12 34 -->vu", "vu"),
        ("&eacute;t&#233; &amp; &#x30;&#49;", "été & 01"),
        ("a\x00b", "ab"),
    ],
)
def test_the_text_is_what_a_visitor_reads(html: str, text: str) -> None:
    assert read(html).text == text


def test_marks_count_the_telephone_and_mail_links() -> None:
    document = read('<a href=" tel:+33199001234">Appeler</a> <a href="MAILTO:a@shop.example">Écrire</a>')
    assert document.text == f"{TEL}Appeler {MAILTO}Écrire"
    assert [link.href for link in (*document.tel_links, *document.mailto_links)] == [
        "tel:+33199001234",
        "MAILTO:a@shop.example",
    ]


def test_a_page_cannot_forge_the_marks() -> None:
    document = read("a\x04b\x05c\x02d\x01e")
    assert detect(document, "FR").sightings == []


@pytest.mark.parametrize(
    ("body", "header", "text"),
    [
        ("Téléphone".encode(), None, "Téléphone"),
        ("Téléphone".encode("cp1252"), None, "Téléphone"),
        ("Téléphone".encode("cp1252"), "text/html; charset=utf-8", "T�l�phone"),
        ("Téléphone".encode(), "text/html; charset=iso-8859-1", "Téléphone"),
        ("<meta charset=koi8-r>Связь".encode("koi8-r"), None, "Связь"),
        ("Téléphone".encode("utf-16"), None, "Téléphone"),
        ("Téléphone".encode("utf-8-sig"), None, "Téléphone"),
        ("Téléphone".encode("cp1252"), "text/html; charset=klingon", "Téléphone"),
    ],
)
def test_the_charset_is_that_of_the_bytes_then_the_declared_one(body: bytes, header: str | None, text: str) -> None:
    assert Document(body, URL, header).text == text


@pytest.mark.parametrize(
    "charset",
    [
        "zlib",
        "hex",
        "base64",
        "rot13",
        "undefined",
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "utf-7",
        "bz2",
        "",
    ],
)
def test_a_charset_that_is_none_of_the_web_s_is_not_believed(charset: str) -> None:
    body = f"<meta charset={charset}>".encode() + b"T\xe9l \\ud800"
    assert decoded(body, None).endswith("Tél \\ud800")
    assert decoded(b"T\xe9l \\ud800", f"text/html; charset={charset}") == "Tél \\ud800"


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("", "http://www.shop.example/dir/contact"),
        ('<base href="/">', "http://www.shop.example/contact"),
        ('<base href="http://other.example/x/">', "http://other.example/x/contact"),
        ('<base href="//other.example/x/">', "http://other.example/x/contact"),
        ('<base href=" ">', "http://www.shop.example/dir/contact"),
        ('<base href="http://[bad/">', "http://www.shop.example/dir/contact"),
        ('<base href="javascript:x">', "http://www.shop.example/dir/contact"),
        ('<base target="_top"><base href="/a/">', "http://www.shop.example/a/contact"),
        ('<base href="/a/"><base href="/b/">', "http://www.shop.example/a/contact"),
    ],
)
def test_links_are_completed_by_the_base_address_if_it_is_one(base: str, url: str) -> None:
    assert read(f"{base}<a href=contact>x</a>").links[0].url == url


def test_a_link_to_nowhere_has_no_address() -> None:
    assert [link.url for link in read('<a href="http://[::1">x</a><a>y</a>').links] == [""]


@pytest.mark.parametrize(
    ("html", "label"),
    [
        ("<a href=/a> Nous <b>joindre</b> </a>", "Nous joindre"),
        ('<a href=/a aria-label="Nous  joindre"><i></i></a>', "Nous joindre"),
        ('<a href=/a><img src=x alt="Nous joindre"></a>', "Nous joindre"),
        ('<a href=/a title="Nous joindre"></a>', "Nous joindre"),
        ('<map><area href=/a alt="Nous joindre"></map>', "Nous joindre"),
        ("<a href=/a></a>", ""),
    ],
)
def test_a_link_without_words_is_known_by_its_accessible_name(html: str, label: str) -> None:
    assert read(html).links[0].label == label


@pytest.mark.parametrize(
    ("around", "region"),
    [("<footer>{}</footer>", "footer"), ("<nav><ul>{}</ul></nav>", "nav"), ("<div role=banner>{}</div>", "header"),
     ('<div class="site-footer">{}</div>', "footer"), ('<div id="pied">{}</div>', "footer"), ("<div>{}</div>", None),
     ("<header><nav>{}</nav></header>", "nav")],
)  # fmt: skip
def test_the_region_of_a_link_is_its_nearest_landmark(around: str, region: str | None) -> None:
    assert read(around.format("<a href=/a>a</a>")).links[0].region == region


def test_frames_and_scripts_are_listed() -> None:
    document = read('<iframe src="/a" title="Plan"></iframe><script src=/b.js></script><script>let c</script>')
    assert document.frames == [("/a", "Plan")]
    assert document.scripts == [("/b.js", ""), ("", "let c")]


@pytest.mark.parametrize(
    ("lang", "language"), [("fr-FR", "fr"), ("EN", "en"), ("", None), ("x-klingon", None), ("f", None)]
)
def test_the_language_is_the_declared_one(lang: str, language: str | None) -> None:
    assert read(f'<html lang="{lang}">').language == language


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00" * 1000, b"<", b"<!", b"<a", b'<a href="', b"&#xFFFFFFFF;", b"\xff\xfe", b"\xfe\xff\xd8", b"\xef\xbb\xbf",
     b"<frameset><frame>", b"<svg><a href=/x>", b"</html>", b"<title>", b"<plaintext>x", b"<select><a href=/x>",
     b"<base href>", b"<iframe src>", b"<details><summary>", b"%PDF-1.4 \x00\x01"],
)  # fmt: skip
def test_broken_pages_are_read_without_an_exception(body: bytes) -> None:
    document = Document(body, URL)
    detect(document, "FR", home=True)
    assert forwarding(document) is None


FRAGMENTS = (
    '<a href="tel:', '<a href="mailto:', '<a href="http://', '<a href="//[', '<a href="#', '<a href="https://wa.me/', '">', "</a>", "<p>",
    "</p>", "<div hidden>", "</div>", "<form action=/x>", "<textarea name=message>", "<input type=email name=e>", "</form>", "<script>",
    "</script>", "<iframe src=", "<details><summary>", "</details>", "<title>", "<h1>Contact", "<footer>", "<!--", "-->", "<base href='",
    "01 99 00 12 34", "+33 (0)1 99 00 12 34", "0 800 123 456", "3008", "Téléphone : ", "Fax ", "SIRET 123 456 789 00012", "contact@shop.example",
    "contact [at] shop [dot] example", "&#99;", "&#0;", "\\u0040", "\\ud800", "%00%ff", "document.write('", "');", "facebook.com/shop",
    "<a class='__cf_email__' data-cfemail='", "543a", "x" * 300, " " * 300, "\x00", "\u202e", "\ud7ff", "€", "٠١٢٣٤٥٦٧٨٩", "＠", "<svg><use href='#",
    "<meta http-equiv=refresh content='0;url=", "<dialog>", "<select><option>", "<table><td>",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=40), st.booleans())
def test_no_page_made_of_likely_pieces_breaks_detection(pieces: list[str], home: bool) -> None:
    document = Document("".join(pieces).encode("utf-8", "replace"), URL)
    found = detect(document, "FR", home=home, labels=("Contact",))
    assert all(sighting.value for sighting in found.sightings)
    for fold in document.folds:
        detect(fold.opened(), "FR")
    forwarding(document)
    is_empty_shell(document)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([None, "", "text/html; charset=utf-16", "text/html; charset=big5", "text/html;charset=\xff"]),
)
def test_no_bytes_break_detection(body: bytes, content_type: str | None) -> None:
    detect(Document(body, URL, content_type), "FR")
