"""Links that lead to contact, by their words, their address and their icon; pages and sections meant for contacting."""

import pytest

from spiders.detect.document import Document
from spiders.detect.links import (
    CONTACT_THRESHOLD,
    Interest,
    contact_confidence,
    find_contact_links,
    holds_contact_section,
    interest_of,
    interest_of_address,
    interest_of_words,
    is_contact_page,
)

URL = "http://www.shop.example/"


def read(html: str, url: str = URL) -> Document:
    return Document(html.encode(), url)


@pytest.mark.parametrize(
    "words",
    [
        "Contact",
        "Contactez-nous",
        "NOUS CONTACTER",
        "Contact us",
        "Kontakt",
        "Contacto",
        "Contatti",
        "> Contact <",
        "  contactez-nous ! ",
    ],
)
def test_words_that_name_a_contact_page_as_a_whole_are_told(words: str) -> None:
    assert interest_of_words(" ".join(words.split())) is Interest.CONTACT


@pytest.mark.parametrize("words", ["Lentilles de contact", "Panier", "", "Nos chaussettes", "x" * 5000])
def test_other_words_promise_no_contact_page(words: str) -> None:
    assert interest_of_words(words) < Interest.HELP


@pytest.mark.parametrize("words", ["Mentions légales", "CGV", "Conditions générales de vente"])
def test_legal_words_promise_a_little(words: str) -> None:
    assert interest_of_words(words) is Interest.LEGAL


@pytest.mark.parametrize(
    "address",
    ["/contact", "/contact/", "/fr/contactez-nous.html", "contact.php", "/index.php?page=contact", "/page#contact", "/nous-contacter?x=1",
     "/12-contact", "/Contact.aspx"],
)  # fmt: skip
def test_an_address_that_names_a_contact_page_is_told(address: str) -> None:
    assert interest_of_address(address) is Interest.CONTACT


@pytest.mark.parametrize(
    "address", ["/contactless-payment", "/produit/lentilles-de-contact", "http://[::1", "", "/", "?", "#"]
)
def test_another_address_is_not(address: str) -> None:
    assert interest_of_address(address) < Interest.CONTACT


def test_a_page_below_a_contact_page_counts_as_part_of_it() -> None:
    assert interest_of_address("/contact/merci") is Interest.CONTACT_PART


@pytest.mark.parametrize(
    "address", ["/a" + "-" * 200_000 + "a", "/" + "_1" * 100_000, "?" + "a=" * 100_000, "/" * 200_000, "/%" * 100_000]
)
def test_an_address_of_any_length_is_judged_at_once(address: str) -> None:
    assert interest_of_address(address) is Interest.OTHER


@pytest.mark.parametrize(
    ("html", "sure"),
    [
        ('<a href="/contact">Contact</a>', True),
        ('<a href="/c.php?id=3">Contactez-nous</a>', True),
        ('<a href="/contact">Par ici</a>', True),
        ('<a href="/x" rel="contact">Par ici</a>', True),
        ('<a href="/x"><i class="fa fa-envelope"></i></a>', True),
        ('<a href="/x" aria-label="Nous contacter"><svg></svg></a>', True),
        ('<a href="http://help.shop.example/contact">Par ici</a>', True),
        ('<a href="http://other.example/contact">Par ici</a>', False),
        ('<a href="mailto:contact@shop.example">Contact</a>', False),
        ('<a href="tel:+33199001234">Contact</a>', False),
        ('<a href="#">Contact</a>', False),
        ('<a href="javascript:void(0)">Contact</a>', False),
        ('<a href="/lentilles">Lentilles de contact</a>', False),
        ('<a href="/panier">Panier</a>', False),
    ],
)
def test_a_contact_link_is_told_by_words_address_relation_name_or_icon(html: str, sure: bool) -> None:
    assert (contact_confidence(read(html).links[0]) >= CONTACT_THRESHOLD) is sure


def test_contact_links_come_surest_first_and_each_target_once() -> None:
    document = read(
        '<a href="/x" rel=contact>ici</a><a href="/contact">Contact</a><a href="/contact">Contactez-nous</a>'
    )
    found = find_contact_links(document)
    assert [contact.link.url for contact in found] == [f"{URL}contact", f"{URL}x"]


def test_a_link_is_worth_the_better_of_its_words_and_its_address() -> None:
    document = read('<a href="/contact">ici</a><a href="/x">Contact</a><a href="/x">ici</a>')
    assert [interest_of(link) for link in document.links] == [Interest.CONTACT, Interest.CONTACT, Interest.OTHER]


@pytest.mark.parametrize(
    ("html", "url", "labels"),
    [
        ("<p>x</p>", f"{URL}contact", []),
        ("<p>x</p>", f"{URL}x", ["Contactez-nous"]),
        ("<h1>Contactez-nous</h1>", f"{URL}x", []),
        ("<title>Contact | Atelier Exemple</title>", f"{URL}x", []),
    ],
)
def test_a_contact_page_is_told_by_address_label_heading_or_title(html: str, url: str, labels: list[str]) -> None:
    assert is_contact_page(read(html, url), labels)


@pytest.mark.parametrize(
    ("html", "labels"),
    [
        ("<h1>Lentilles de contact</h1>", []),
        ("<title>Atelier Exemple | Contact</title>", []),
        ("<h2>Contact</h2>", ["Boutique"]),
    ],
)
def test_a_page_that_merely_mentions_contact_is_none(html: str, labels: list[str]) -> None:
    assert not is_contact_page(read(html, f"{URL}x"), labels)


@pytest.mark.parametrize(
    "html",
    ['<nav><a href="#contact">Contact</a></nav><div id="contact">Écrivez-nous</div>',
     '<nav><a href="/#nous">Contact</a></nav><a name="nous"></a>', "<main><h2>Contactez-nous</h2><p>01</p></main>"],
)  # fmt: skip
def test_a_section_meant_for_contacting_is_told(html: str) -> None:
    assert holds_contact_section(read(html))


@pytest.mark.parametrize(
    "html",
    ["<footer><h2>Contact</h2>01 99 00 12 34</footer>", '<a href="#contact">Contact</a>', '<a href="#contact">Contact</a><div id=contact></div>',
     '<a href="/contact">Contact</a><h2>Contactez-nous</h2>', '<a href="#\'&quot;]\\">Contact</a>', "<p>01 99 00 12 34</p>"],
)  # fmt: skip
def test_a_footer_an_empty_anchor_or_a_page_of_its_own_is_no_section(html: str) -> None:
    assert not holds_contact_section(read(html))
