import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation

from barometer.reports.lettering import Face
from barometer.reports.lettering import width_of as width_in_face
from barometer.reports.slides import Align, Box, Deck, Style
from barometer.reports.text_fit import ELLIPSIS, LEADING, clusters, fitted, width_in, wrapped

NAMES = st.one_of(
    st.text(max_size=300),
    st.text("WMiléà '&-", max_size=300),
    st.sampled_from(["x" * 300, "日本" * 60, "مكتبة النور " * 20, "👩‍👩‍👧" * 50, "e\u0301" * 200]),
)


@settings(deadline=None)
@given(NAMES, st.floats(40, 600), st.floats(20, 300), st.booleans())
def test_no_line_is_wider_than_its_place_and_all_lines_fit_its_height(
    text: str, width: float, height: float, bold: bool
) -> None:
    found = fitted(text, width, height, 60, 12, bold=bold)
    measure = width_in(bold)
    assert 12 <= found.size <= 60
    assert len(found.lines) * found.size * LEADING <= max(height, found.size * LEADING) + 0.01
    for line in found.lines:
        assert measure(line) * found.size <= width or len(list(clusters(line.removesuffix(ELLIPSIS)))) <= 1


@settings(deadline=None)
@given(NAMES)
def test_a_text_is_whole_or_ends_with_an_ellipsis(text: str) -> None:
    found = fitted(text, 300, 60, 40, 12)
    normal = " ".join(filter(None, text.split(" ")))
    if found.shortened:
        assert found.text.endswith(ELLIPSIS) and normal.startswith(found.text.removesuffix(ELLIPSIS))
    else:
        assert found.text == normal


def test_a_short_name_is_set_large_and_a_long_one_small() -> None:
    sizes = [fitted("Maison " * count, 500, 200, 66, 12, bold=True).size for count in (1, 6, 30)]
    assert sizes[0] == 66 and sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 3


def test_words_are_broken_only_where_nothing_else_helps() -> None:
    assert fitted("Anticonstitutionnellement", 200, 200, 60, 10).lines == ("Anticonstitutionnellement",)
    assert len(fitted("x" * 300, 200, 200, 60, 10).lines) > 1
    assert wrapped("xxxx", 1, width_in(False), False) is None


def test_a_no_break_space_does_not_break() -> None:
    assert "16,4\u00a0/\u00a020" in fitted("Une note de 16,4\u00a0/\u00a020", 120, 300, 20, 20).lines


def test_a_letter_keeps_its_marks_and_an_emoji_its_parts() -> None:
    assert list(clusters("e\u0301a👩‍👩‍👧")) == ["e\u0301", "a", "👩‍👩‍👧"]


@pytest.mark.parametrize("face", list(Face))
def test_every_face_measures_capitals_wider_than_small_letters(face: Face) -> None:
    assert width_in_face(face)("MAISON") > width_in_face(face)("maison") > 0


def a_deck() -> Deck:
    deck = Deck("Titre", "fr", subject="Objet", made_on=datetime(2026, 11, 22, tzinfo=UTC))
    slide = deck.slide("12181F")
    slide.title("Une place", Box(1, 1, 6, 1), Style(40, "FFFFFF", align=Align.CENTRE))
    slide.block(Box(8, 2, 2, 2), "7CCBE2", rounded=0.1)
    slide.notes("Bonsoir\nà tous")
    return deck


def test_a_deck_is_the_same_bytes_each_time_it_is_made() -> None:
    assert a_deck().to_bytes() == a_deck().to_bytes()
    deck = a_deck()
    assert deck.to_bytes() == deck.to_bytes() and len(deck) == 1


def test_a_deck_bears_its_title_its_date_and_the_language_of_its_words() -> None:
    presentation = Presentation(io.BytesIO(a_deck().to_bytes()))
    told = presentation.core_properties
    assert (told.title, told.subject, told.author, told.created) == (
        "Titre", "Objet", "barometer", datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None),
    )  # fmt: skip
    slide = presentation.slides[0]
    assert slide.notes_slide.notes_text_frame is not None
    assert slide.notes_slide.notes_text_frame.text == "Bonsoir\nà tous"
    assert b'lang="fr-FR"' in slide.part.blob


def test_a_shortened_text_is_told() -> None:
    slide = a_deck().slide("FFFFFF")
    assert slide.text("y" * 300, Box(1, 1, 2, 0.5), Style(20, "12181F", 14)).shortened
    assert not slide.text("court", Box(1, 1, 2, 0.5), Style(20, "12181F", 14)).shortened
