"""All channels of a page at once; what an empty shell is, and a page that sends its visitor on."""

import pytest

from spiders.detect.document import Document
from spiders.detect.page import detect, forwarding, is_empty_shell
from storage.vocabulary import Channel, SetAsideReason

URL = "http://www.shop.example/"
EVERYTHING = """
<html lang=fr><head><title>Contact | Atelier Exemple</title></head><body><h1>Contactez-nous</h1>
<p>Service clients : <a href="tel:+33199001234">01 99 00 12 34</a>, <a href="mailto:contact@shop.example">contact@shop.example</a></p>
<p>Fax : 01 99 00 56 78</p>
<form method=post><label>Nom <input name=nom></label><label>E-mail <input type=email name=mail></label>
<label>Votre message <textarea name=message></textarea></label><button>Envoyer</button></form>
<footer><a href="https://www.facebook.com/atelierexemple">Facebook</a> <a href="https://x.com/atelierexemple">X</a>
<a href="https://wa.me/33639981234">WhatsApp</a></footer></body></html>
"""


def read(html: str, url: str = URL) -> Document:
    return Document(html.encode(), url)


def test_every_channel_of_a_page_is_seen() -> None:
    found = detect(read(EVERYTHING, f"{URL}contact"), "FR")
    assert {sighting.channel for sighting in found.sightings} == {
        Channel.PHONE, Channel.EMAIL, Channel.CONTACT_PAGE, Channel.FORM, Channel.FACEBOOK, Channel.X, Channel.WHATSAPP, Channel.CHAT
    }  # fmt: skip
    assert [(value.value, value.why) for value in found.set_aside] == [("+33199005678", SetAsideReason.FAX)]


@pytest.mark.parametrize("channel", list(Channel))
def test_only_wanted_channels_are_returned(channel: Channel) -> None:
    found = detect(read(EVERYTHING, f"{URL}contact"), "FR", {channel})
    seen = {sighting.channel for sighting in found.sightings} | {value.channel for value in found.set_aside}
    assert seen <= {channel}


def test_a_value_met_twice_is_one_sighting_the_readable_one() -> None:
    found = detect(read('<a href="tel:+33199001234">Appeler</a> Tél. 01 99 00 12 34'), "FR", {Channel.PHONE})
    assert [(sighting.value, sighting.readable) for sighting in found.sightings] == [("+33199001234", True)]


def test_the_home_page_is_no_contact_page_for_a_number_in_its_footer() -> None:
    html = "<title>Contact</title><h1>Bienvenue</h1><footer><h2>Contact</h2>Tél. 01 99 00 12 34</footer>"
    assert detect(read(html), "FR", {Channel.CONTACT_PAGE}, home=True).sightings == []
    assert detect(read(html), "FR", {Channel.CONTACT_PAGE}).sightings != []


def test_the_label_of_a_link_makes_a_contact_page() -> None:
    document = read("<p>Écrivez ici.</p>", f"{URL}p/12")
    assert detect(document, "FR", {Channel.CONTACT_PAGE}).sightings == []
    assert len(detect(document, "FR", {Channel.CONTACT_PAGE}, labels=("Contactez-nous",)).sightings) == 1


@pytest.mark.parametrize(
    "html",
    ['<div id="app"></div><script src=/app.js></script>', '<div id=root></div><script type="module">import 1</script>',
     '<p>Please enable JavaScript to run this app.</p><script src=/a.js></script>'],
)  # fmt: skip
def test_a_page_that_waits_for_its_scripts_is_an_empty_shell(html: str) -> None:
    assert is_empty_shell(read(html))


@pytest.mark.parametrize(
    "html",
    ["", "<p>Fermé pour travaux</p>", '<div id="app"></div>', '<div id="app">' + "mot " * 50 + "</div><script src=/a.js></script>",
     '<div id="app"><a href=/a>a</a><a href=/b>b</a><a href=/c>c</a></div><script src=/a.js></script>'],
)  # fmt: skip
def test_a_page_with_words_or_links_or_without_scripts_is_none(html: str) -> None:
    assert not is_empty_shell(read(html))


@pytest.mark.parametrize(
    ("html", "target"),
    [
        ('<meta http-equiv="refresh" content="0;url=/fr/">', f"{URL}fr/"),
        ("<META HTTP-EQUIV=Refresh CONTENT=\"5; URL='http://other.example/'\">", "http://other.example/"),
        ('<meta http-equiv="refresh" content="0, /fr/">', f"{URL}fr/"),
        ('<script>window.location.href = "/fr/";</script>', f"{URL}fr/"),
        ("<script>location.replace('/fr/')</script>", f"{URL}fr/"),
        ('<meta http-equiv="refresh" content="300;url=/expired">', None),
        ('<meta http-equiv="refresh" content="30">', None),
        ('<meta http-equiv="refresh" content="' + "9" * 5000 + ';url=/a">', None),
        ('<meta http-equiv="refresh" content="x;url=/a">', None),
        ('<meta http-equiv="refresh">', None),
        ('<meta http-equiv="refresh" content="0;url=http://[bad">', ""),
        ("<p>" + "mot " * 200 + '</p><script>function f(){location.href="/a"}</script>', None),
        ("<noscript><meta http-equiv=refresh content='0;url=/nojs'></noscript>", None),
    ],
)
def test_a_page_that_sends_its_visitor_on_says_where(html: str, target: str | None) -> None:
    assert forwarding(read(html)) == target
