"""Offers to be called back: what can be pressed or filled in, not what an article promises."""

import pytest

from spiders.detect.callback import find_callbacks
from spiders.detect.document import Document
from spiders.detect.lexicon import words
from storage.vocabulary import Channel

HOME = "https://www.lamaison.test/"


def page(body: str) -> Document:
    return Document(f"<html lang=fr><body>{body}</body></html>".encode(), HOME)


def values(body: str) -> list[str]:
    return [sighting.value for sighting in find_callbacks(page(body)).sightings]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('<a href="/rappel">Être rappelé</a>', f"{HOME}rappel"),
        ('<a href="/rappel">Je souhaite être rappelée par un conseiller</a>', f"{HOME}rappel"),
        ("<button>Rappelez-moi</button>", HOME),
        ('<a href="#rappel">On vous rappelle gratuitement</a>', HOME),
        ('<button aria-label="Demande de rappel">Demande de rappel</button>', HOME),
        ('<form><input type="tel"><input type="submit" value="ÊTRE RAPPELÉ"></form>', HOME),
        ('<form><input name="telephone"><input type="submit" value="Être rappelé"></form>', HOME),
        ('<a href="/callback">Web Call Back</a>', f"{HOME}callback"),
        ('<a href="/en/call">Request a callback</a>', f"{HOME}en/call"),
        ('<a href="/anruf">Rückruf anfordern</a>', f"{HOME}anruf"),
        ('<a href="/llamada">Te llamamos gratis</a>', f"{HOME}llamada"),
        ('<a href="/it">Ti richiamiamo</a>', f"{HOME}it"),
        ('<a href="/nl">Bel mij terug</a>', f"{HOME}nl"),
    ],
)
def test_an_offer_that_can_be_pressed_is_a_callback(body: str, value: str) -> None:
    [sighting] = find_callbacks(page(body)).sightings
    assert (sighting.channel, sighting.value) == (Channel.CALLBACK, value)


@pytest.mark.parametrize(
    "body",
    [
        '<h2>Être rappelé</h2><form><input type="tel" name="a"><button>Envoyer</button></form>',
        '<form><p>Laissez votre numéro, on vous rappelle.</p><input name="phone"><button>OK</button></form>',
        '<div><h3>Demande de rappel</h3></div><div><form><input placeholder="Votre téléphone"></form></div>',
    ],
)
def test_a_form_that_asks_for_a_number_under_such_words_is_a_callback(body: str) -> None:
    assert values(body) == [HOME]


@pytest.mark.parametrize(
    "body",
    [
        "<p>Laissez un message et nous vous rappelons dans la journée.</p>",
        '<a href="/rappels">Rappels de produits</a><a href="/r">Rappel des conditions</a>',
        '<form><p>On vous rappelle nos horaires.</p><input name="email"><button>OK</button></form>',
        '<a href="tel:+33199000001">Call me back</a>',
        '<p>Rappelez-moi</p><a href="/contact">Contact</a>',
        '<a href="/appel">Appelez-nous</a>',
        '<div style="display:none"><button>Être rappelé</button></div>',
    ],
)
def test_promises_recalls_and_phone_links_are_no_callback(body: str) -> None:
    assert values(body) == []


def test_several_links_to_one_offer_are_one() -> None:
    assert values('<a href="/rappel">Être rappelé</a><a href="/rappel">On vous rappelle</a>') == [f"{HOME}rappel"]


def test_every_offer_is_noticed_by_the_quick_first_look() -> None:
    stems = words("callback", "stems")
    assert [offer for offer in words("callback", "offer") if not any(stem in offer for stem in stems)] == []
