"""A sighting is found again where a person sees it; snapshots are written by hand, no browser is needed."""

from dataclasses import replace

from spiders.browser.layout import Box, Element, Piece, Run, Snapshot
from spiders.browser.locate import locate, place_of
from spiders.detect.page import detect
from spiders.detect.sighting import Sighting
from storage.vocabulary import Channel

LINE = 20


def page(*lines: str, header: int = 0, **more: object) -> Snapshot:
    """Return a snapshot whose n-th line stands at y = 20 n; a ``|`` in a line parts its pieces."""
    elements, runs, html = {}, [], []
    for number, line in enumerate(lines, 1):
        box = Box(0, number * LINE, 400, 18)
        href = line[1 : line.index(">")] if line.startswith("=") else ""
        text = line[line.index(">") + 1 :] if href else line
        elements[number] = Element(number, "link" if href else "part", box, True, number == header, False, href)
        pieces = [
            Piece(part, Box(10 * at, box.y, 90, 18) if "|" in text else None) for at, part in enumerate(text.split("|"))
        ]
        if text:
            runs.append(Run(number, box, tuple(pieces)))
        said = text.replace("|", "")
        html.append(
            f'<a data-b="{number}" href="{href}">{said}</a><br>' if href else f'<p data-b="{number}">{said}</p>'
        )
    body = "".join(html)
    return Snapshot(
        url="https://maison.example/", title="Maison", html=f"<body>{body}</body>", viewport=(1440, 900), page=(1440, 900),
        scrolled=(0, 0), locked=False, truncated=False, elements=elements, runs=tuple(runs), pictures=(), frames=(),
    )  # fmt: skip


def phone(display: str, value: str = "+33199001122", readable: bool = True) -> Sighting:
    return Sighting(Channel.PHONE, value, display, readable=readable)


def test_a_number_is_found_in_the_piece_that_shows_it() -> None:
    assert locate(page("Maison", "Appelez le |01 99 00 11 22| du lundi"), phone("01 99 00 11 22")) == (10, 40, 90, 18)


def test_a_number_split_over_runs_has_the_box_around_all_of_them() -> None:
    assert locate(page("01 99", "00 11 22"), phone("01 99 00 11 22")) == (0, 20, 400, 38)


def test_spaces_of_another_kind_do_not_matter() -> None:
    assert locate(page("01\u00a099\u202f00 11 22"), phone("01 99 00 11 22")) is not None


def test_of_several_places_the_header_counts_then_the_highest() -> None:
    lines = ("Maison", "01 99 00 11 22", "Texte", "01 99 00 11 22")
    assert locate(page(*lines), phone("01 99 00 11 22")) == (0, 40, 400, 18)
    place = place_of(page(*lines, header=4), phone("01 99 00 11 22"))
    assert place is not None
    assert (place.box.y, place.in_header, place.element) == (80, True, 4)


def test_a_part_of_a_longer_number_is_another_number() -> None:
    short = phone("3234", "3234")
    assert locate(page("SIRET 01323456"), short) is None
    assert locate(page("SIRET 01323456", "Appelez le 3234"), short) == (0, 40, 400, 18)
    assert locate(page("Tél. 3234", "12 rue Neuve"), short) == (0, 20, 400, 18)


def test_a_number_that_only_a_link_dials_is_found_by_the_link() -> None:
    taken = page("Maison", "=tel:+33 1 99 00 11 22>Nous appeler")
    assert locate(taken, phone("+33 1 99 00 11 22", readable=False)) == (0, 40, 400, 18)
    assert locate(page("=tel:0199001133>Nous appeler"), phone("0199001122", readable=False)) is None


def test_an_address_is_found_in_words_or_behind_a_link() -> None:
    email = Sighting(Channel.EMAIL, "contact@maison.example", "Contact@Maison.example")
    assert locate(page("Écrivez à |contact@maison.example"), email) == (10, 20, 90, 18)
    assert locate(page("=mailto:contact%40maison.example?subject=x>Écrire"), email) == (0, 20, 400, 18)


def test_an_account_is_found_by_its_link() -> None:
    account = Sighting(Channel.FACEBOOK, "https://www.facebook.com/maison", "Facebook")
    assert locate(page("Maison", "=https://facebook.com/maison/?ref=site>f"), account) == (0, 40, 400, 18)
    assert locate(page("=https://facebook.com/autre>f"), account) is None
    numbered = Sighting(Channel.FACEBOOK, "https://www.facebook.com/profile.php?id=12", "Facebook")
    links = ("=https://www.facebook.com/profile.php?id=99>f", "=https://www.facebook.com/profile.php?id=12>f")
    assert locate(page(*links), numbered) == (0, 40, 400, 18)


def test_a_button_is_found_by_what_it_says() -> None:
    taken = page("Maison", "=https://maison.example/rappel>Être rappelé")
    (offer,) = detect(taken.document, "FR", {Channel.CALLBACK}).sightings
    assert locate(taken, offer) == (0, 40, 400, 18)


def test_a_contact_form_and_its_page_have_the_box_of_the_form() -> None:
    html = (
        '<body><h1 data-b="1">Contact</h1><form data-b="2" action="/envoi"><input data-b="3" name="email">'
        '<textarea data-b="4" name="message"></textarea><button data-b="5">Envoyer</button></form></body>'
    )
    elements = {
        number: Element(number, "part", Box(0, 50 * number, 500, 40), True, False, False) for number in range(1, 6)
    }
    bare = page("x")
    taken = Snapshot(**{**vars(bare), "html": html, "elements": elements, "runs": ()})
    (form,) = detect(taken.document, "FR", {Channel.FORM}).sightings
    assert locate(taken, form) == (0, 100, 500, 40)
    contact = Sighting(Channel.CONTACT_PAGE, taken.url, "Contact")
    assert locate(taken, contact) == (0, 100, 500, 40)


def test_a_contact_page_without_a_form_has_the_box_of_its_heading() -> None:
    bare = page("x")
    taken = Snapshot(**{**vars(bare), "html": '<body><h1 data-b="1">Nous joindre</h1></body>'})
    assert locate(taken, Sighting(Channel.CONTACT_PAGE, taken.url, "Contact")) == (0, 20, 400, 18)


def test_what_the_snapshot_does_not_show_has_no_box() -> None:
    assert locate(page("Maison"), phone("01 99 00 11 22")) is None
    assert locate(page("Maison"), Sighting(Channel.CHAT, "zendesk", "Discuter")) is None


def test_a_stream_of_equal_digits_is_searched_in_bounded_time() -> None:
    taken = page("0" * 200_000, *["00 00"] * 2000)
    assert locate(taken, phone("00 00", "+330000")) is not None


def test_a_button_that_offers_a_call_is_not_taken_for_the_logo_that_leads_to_the_same_page() -> None:
    taken = page("=https://maison.example/>Maison", "Texte", "Rappelez-moi")
    taken = replace(
        taken, html=taken.html.replace('<p data-b="3">Rappelez-moi</p>', '<button data-b="3">Rappelez-moi</button>')
    )
    (offer,) = detect(taken.document, "FR", {Channel.CALLBACK}).sightings
    assert offer.value == "https://maison.example/"
    assert locate(taken, offer) == (0, 60, 400, 18)
