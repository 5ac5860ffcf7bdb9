"""Which fields belong to a form that stands apart from them, and how a form is found again."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from spiders.detect.document import Document
from spiders.detect.forms import read_forms
from storage.vocabulary import FieldRole, FormKind


def forms(html: str) -> list[dict[str, FieldRole]]:
    """Return the fields of every form of *html*."""
    return [form.fields for form in read_forms(Document(html.encode(), "https://boutique.example.com/contact"))]


FIELDS = '<tr><td><input name="nom"></td></tr><tr><td><textarea name="texte"></textarea></td></tr>'


def test_a_form_between_the_cells_of_a_table_owns_what_follows_up_to_its_end() -> None:
    html = f'<table><form action="/envoi">{FIELDS}</form><tr><td><input name="loin"></td></tr></table>'
    assert [list(fields) for fields in forms(html)] == [["nom", "texte"]]


def test_a_form_that_a_block_closes_too_early_keeps_its_fields() -> None:
    early = '<div><div><form action="/a"><input name="nom"></div></div>'
    html = f'{early}<input name="mail"><textarea name="texte"></textarea></form>'
    assert [list(fields) for fields in forms(html)] == [["nom", "mail", "texte"]]


def test_the_form_attribute_brings_a_field_from_outside() -> None:
    html = '<form id="f"><input name="nom"></form><textarea name="texte" form="f"></textarea>'
    assert [list(fields) for fields in forms(html)] == [["nom", "texte"]]


def test_the_form_attribute_takes_a_field_away() -> None:
    html = '<form id="f"><input name="a" form="g"></form><form id="g"><input name="b"></form>'
    assert [sorted(fields) for fields in forms(html)] == [[], ["b"]]


def test_a_field_after_the_end_of_a_form_is_not_its_own() -> None:
    html = '<form action="/a"><input name="nom"></form><input name="recherche">'
    assert [list(fields) for fields in forms(html)] == [["nom"]]


def test_two_alike_forms_in_tables_keep_their_own_fields() -> None:
    html = "".join(f'<table><form><tr><td><input name="{name}"></td></tr></form></table>' for name in "ab")
    assert [list(fields) for fields in forms(html)] == [["a"], ["b"]]


def test_fields_in_comments_and_scripts_do_not_mislead() -> None:
    written = '<!-- <form> --><script>"<form><input name=nom>"</script>'
    assert [list(fields) for fields in forms(f"{written}<table><form>{FIELDS}</form></table>")] == [["nom", "texte"]]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<form id="contact"><textarea></textarea></form>', "#contact"),
        ('<form id="3 a"><textarea></textarea></form>', '[id="3 a"]'),
        ('<form name="ecrire"><textarea></textarea></form>', 'form[name="ecrire"]'),
        ('<div id="bas"><p>x</p><form></form></div>', "#bas > form:nth-of-type(1)"),
        ('<div id="bas"><p>x</p><o:p><form></form></o:p></div>', "#bas > :nth-child(2) > form:nth-of-type(1)"),
    ],
)
def test_a_selector_is_the_shortest_sure_way(html: str, expected: str) -> None:
    assert [form.css for form in read_forms(Document(html.encode(), "https://example.com/"))] == [expected]


def test_a_selector_finds_its_form_in_the_page_as_sent_hidden_parts_counted() -> None:
    hidden = '<div hidden><form id="f"><input name="piege"></form></div><div style="display:none">x</div>'
    seen = '<form id="f"><input type="search" name="s"></form></div><div><form><textarea name="m"></textarea></form>'
    html = f"{hidden}<div>{seen}</div>"
    whole = LexborHTMLParser(html)
    for form in read_forms(Document(html.encode(), "https://example.com/")):
        (node,) = whole.css(form.css)
        assert [child.attributes.get("name") for child in node.css("input,textarea")] == list(form.fields)


def test_a_selector_counts_what_was_taken_out_beside_the_form() -> None:
    html = '<div hidden>menu</div><div><form><input type="search" name="s"></form></div>'
    (form,) = read_forms(Document(html.encode(), "https://example.com/"))
    assert form.kind is FormKind.SEARCH
    assert len(LexborHTMLParser(html).css(form.css)) == 1
