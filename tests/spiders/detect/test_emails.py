"""E-mail addresses: what a visitor can read or press, however it is written, and whose it is."""

import json
import os
from pathlib import Path

import pytest

from spiders.detect.addresses import addresses_in, is_placeholder, valid_address
from spiders.detect.document import Document
from spiders.detect.emails import MAX_ADDRESSES, find_emails
from spiders.detect.emails_cloaked import cloudflare_address, recipients
from spiders.detect.lexicon import words
from spiders.detect.script_strings import MAX_SCRIPT, outputs_of
from spiders.detect.sighting import Findings
from storage.vocabulary import SetAsideReason

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus"))


def page(body: str, url: str = "https://www.lamaison.test/", head: str = "") -> Document:
    return Document(f"<html lang=fr><head>{head}</head><body>{body}</body></html>".encode(), url)


def found(body: str, **kwargs: str) -> list[str]:
    return [sighting.value for sighting in find_emails(page(body, **kwargs)).sightings]


def aside(findings: Findings) -> dict[str, SetAsideReason]:
    return {value.value: value.why for value in findings.set_aside}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("<p>Écrivez à contact@lamaison.fr.</p>", "contact@lamaison.fr"),
        ("<p>E-mail:contact@lamaison.fr</p>", "contact@lamaison.fr"),
        ("<p>contact<span>@</span>lamaison.fr</p>", "contact@lamaison.fr"),
        ("<p>contact<!-- x@y.fr -->@lamaison<!-- . -->.fr</p>", "contact@lamaison.fr"),
        ("<p>contact&#64;lamaison&#46;fr</p>", "contact@lamaison.fr"),
        ("<p>contact%40lamaison.fr</p>", "contact@lamaison.fr"),
        ("<p>Jean.Petit@LaMaison.FR</p>", "Jean.Petit@lamaison.fr"),
        ("<p>bonjour@crèmerie.fr</p>", "bonjour@crèmerie.fr"),
        ("<p>bonjour@xn--crmerie-3xa.fr</p>", "bonjour@crèmerie.fr"),
        ("<p>contact@lamaison.frTél. : à venir</p>", "contact@lamaison.fr"),
        ("<p>contact@la-maison.co.uk</p>", "contact@la-maison.co.uk"),
    ],
)
def test_an_address_written_out_is_read(body: str, value: str) -> None:
    assert found(body) == [value]


@pytest.mark.parametrize(
    "words_shown",
    [
        "suivez @lamaison sur les réseaux",
        "@jean@piaille.fr",
        "logo@2x.png",
        "affiche@lamaison.jpeg",
        "kit@1.2.3",
        "https://jean:secret@lamaison.fr/prive",
        "git@lamaison.fr:depot/site",
        "contact@lamaison",
        "a@a@a@a.fr@",
        "le 121536 gmail point com",
        "he arrived at the dot exactly.",
        "look at the dot com bubble",
        "Article 3 (a) www.lamaison.fr",
    ],
)
def test_what_only_resembles_an_address_is_none(words_shown: str) -> None:
    findings = find_emails(page(f"<p>{words_shown}</p>"))
    assert findings == Findings([], [])


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("mailto:contact@lamaison.fr", ["contact@lamaison.fr"]),
        ("MailTo:contact@lamaison.fr?subject=Bonjour&cc=autre@lamaison.fr", ["contact@lamaison.fr"]),
        ("mailto: contact@lamaison.fr ", ["contact@lamaison.fr"]),
        ("mailto://contact@lamaison.fr", ["contact@lamaison.fr"]),
        ("mailto:%63ontact%40lamaison.fr", ["contact@lamaison.fr"]),
        ("mailto:La%20Maison%20%3Ccontact@lamaison.fr%3E", ["contact@lamaison.fr"]),
        (
            "mailto:un@lamaison.fr,deux@lamaison.fr;trois@lamaison.fr",
            ["un@lamaison.fr", "deux@lamaison.fr", "trois@lamaison.fr"],
        ),
        ("mailto:?to=contact@lamaison.fr", ["contact@lamaison.fr"]),
        ("mailto:?subject=Regarde&body=https://lamaison.fr/x@2.html", []),
        ("mailto:", []),
        ("mailto:#", []),
    ],
)
def test_the_recipients_of_a_link_are_those_it_writes_to(target: str, value: list[str]) -> None:
    assert recipients(target) == value


def test_an_address_behind_a_word_is_a_sighting_that_cannot_be_read() -> None:
    [sighting] = find_emails(page('<a href="mailto:contact@lamaison.fr">Écrivez-nous</a>')).sightings
    assert (sighting.value, sighting.display, sighting.readable) == ("contact@lamaison.fr", "Écrivez-nous", False)


def test_an_address_both_linked_and_shown_is_one_readable_sighting() -> None:
    body = (
        '<a href="mailto:Contact@lamaison.fr">contact@lamaison.fr</a>'
        '<a href="mailto:contact@lamaison.fr"><i class="mail"></i></a>'
    )
    [sighting] = find_emails(page(body)).sightings
    assert (sighting.value, sighting.readable) == ("contact@lamaison.fr", True)


def test_a_link_to_share_the_page_by_mail_is_nothing() -> None:
    assert find_emails(page('<a href="mailto:?subject=Vu%20sur%20le%20site">Partager</a>')) == Findings([], [])


def test_a_link_without_word_or_icon_is_uncertain() -> None:
    [sighting] = find_emails(page('<a href="mailto:contact@lamaison.fr"></a>')).sightings
    assert sighting.confidence < 0.6


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("contact [at] lamaison [dot] fr", "contact@lamaison.fr"),
        ("contact(at)lamaison.fr", "contact@lamaison.fr"),
        ("contact {at} la-maison (dot) co (dot) uk", "contact@la-maison.co.uk"),
        ("contact[@]lamaison[.]fr", "contact@lamaison.fr"),
        ("contact(a)lamaison.fr", "contact@lamaison.fr"),
        ("contact_at_lamaison.fr", "contact@lamaison.fr"),
        ("contact [arobase] lamaison [point] fr", "contact@lamaison.fr"),
        ("Courriel : contact arobase lamaison point fr", "contact@lamaison.fr"),
        ("CONTACT AROBASE LAMAISON.FR", "CONTACT@lamaison.fr"),
        ("contact(at)lamaison.fr point de vente à Lyon", "contact@lamaison.fr"),
        ("contact @ lamaison . fr", "contact@lamaison.fr"),
        ("Kontakt: info [ät] dashaus [punkt] de", "info@dashaus.de"),
        ("info klammeraffe dashaus punkt de", "info@dashaus.de"),
        ("info arroba lacasa punto es", "info@lacasa.es"),
        ("info chiocciola lacasa punto it", "info@lacasa.it"),
        ("info apenstaartje hethuis punt nl", "info@hethuis.nl"),
        ("sales at thehouse dot com", "sales@thehouse.com"),
        ("write to sales at thehouse dot co dot uk", "sales@thehouse.co.uk"),
    ],
)
def test_an_address_spelled_out_is_put_together(spelled: str, value: str) -> None:
    assert found(f"<p>{spelled}</p>") == [value]


def test_plain_words_that_spell_an_address_inside_a_sentence_are_none() -> None:
    assert found("<p>You should look at thehouse dot com if you want.</p>") == []


def cloudflare(address: str, key: int = 0x5C) -> str:
    return bytes([key, *(byte ^ key for byte in address.encode())]).hex()


def test_cloudflare_protection_is_undone_and_shown_as_the_address() -> None:
    code = cloudflare("contact@lamaison.fr?subject=x")
    link = f'<a href="/cdn-cgi/l/email-protection" data-cfemail="{code}">[email&#160;protected]</a>'
    body = f"<p>Mail : {link}</p>"
    [sighting] = find_emails(page(body)).sightings
    assert (sighting.value, sighting.display, sighting.readable) == ("contact@lamaison.fr", "contact@lamaison.fr", True)


def test_a_cloudflare_target_behind_a_word_is_read_too() -> None:
    body = f'<a href="/cdn-cgi/l/email-protection#{cloudflare("contact@lamaison.fr")}">Nous écrire</a>'
    [sighting] = find_emails(page(body)).sightings
    assert (sighting.value, sighting.display, sighting.readable) == ("contact@lamaison.fr", "Nous écrire", False)


def test_cloudflare_protection_under_a_foreign_heading_is_set_aside() -> None:
    body = (
        "<h2>Éditeur</h2><p>La Maison</p><h2>Hébergeur</h2><p>Nuage SAS, mail : "
        f'<span data-cfemail="{cloudflare("aide@nuage.test")}">[email&#160;protected]</span></p>'
    )
    assert aside(find_emails(page(body))) == {"aide@nuage.test": SetAsideReason.HOST}


@pytest.mark.parametrize("code", ["", "5", "zz", "5c", "5c5c", "é"])
def test_a_broken_cloudflare_code_is_no_address(code: str) -> None:
    assert cloudflare_address(code) is None


JOOMLA = """<span id="cloak1">Cette adresse est protégée.</span><script>
 document.getElementById('cloak1').innerHTML = '';
 var prefix = 'ma' + 'il' + 'to'; var path = 'hr' + 'ef' + '=';
 var addy1 = 'c&#111;nt&#97;ct' + '&#64;'; addy1 = addy1 + 'lamaison' + '&#46;' + 'fr';
 document.getElementById('cloak1').innerHTML += '<a ' + path + '\\'' + prefix + ':' + addy1 + '\\'>' + addy1 + '<\\/a>';
</script>"""


@pytest.mark.parametrize(
    "body",
    [
        JOOMLA,
        "<script>var a='contact', b='lamaison.fr'; document.write('<a href=\"mailto:'+a+'@'+b+'\">'+b+'</a>')</script>",
        "<script>document.write(unescape('%3Cb%3Econtact%40lamaison.fr%3C/b%3E'))</script>",
        "<script>document.write('rf.nosiamal@tcatnoc'.split('').reverse().join(''))</script>",
        "<script>document.write('contact#lamaison.fr'.replace(/#/, '@') + '')// @ \"@\"\n</script>",
        "<script>document.write('contact' + String.fromCharCode(32+32) + 'lamaison.fr')</script>",
        "<script>(function(){ var m = atob('Y29udGFjdEBsYW1haXNvbi5mcg=='); d.innerHTML += m; })()</script>",
        "<script>$(function(){ $('#m').html(['contact','lamaison.fr'].join('@')); /* mailto '@' */ })</script>",
        "<script>addEventListener('load', () => { m.innerHTML = 'contact' + '@' + 'lamaison.fr' })</script>",
        "<script>function go(){ m.innerHTML = 'contact' + '@' + 'lamaison.fr' } addEventListener('load', go)</script>",
        '<joomla-hidden-mail first="Y29udGFjdA==" last="bGFtYWlzb24uZnI=" is-link="1">protégée</joomla-hidden-mail>'
        '<script src="/media/js/joomla-hidden-mail.min.js"></script>',
        '<a href="javascript:;" data-enc-email="pbagnpg[at]ynznvfba.se">Écrire</a>',
        "<a href=\"javascript:window.location.href=atob('bWFpbHRvOmNvbnRhY3RAbGFtYWlzb24uZnI=')\">Écrire</a>",
        "<a href=\"javascript:linkTo_UnCryptMailto('kygjrm8amlryarYjykygqml,dp');\">Écrire</a>",
        '<a href="#" data-mailto-token="kygjrm8amlryarYjykygqml,dp" data-mailto-vector="-2">Écrire</a>',
        '<span style="unicode-bidi:bidi-override; direction: rtl">rf.nosiamal@tcatnoc</span>',
        '<p><bdo dir="rtl">rf.nosiamal@tcatnoc</bdo></p>',
    ],
)
def test_a_cloaked_address_is_uncloaked(body: str) -> None:
    assert found(body) == ["contact@lamaison.fr"]


@pytest.mark.parametrize(
    "script",
    [
        "function show(){ m.innerHTML = 'contact' + '@' + 'lamaison.fr'; }",
        "b.addEventListener('click', function(){ m.innerHTML = 'contact' + '@' + 'lamaison.fr'; })",
        "const show = () => { m.innerHTML = 'contact' + '@' + 'lamaison.fr'; }; b.addEventListener('click', show)",
        "b.onclick = function(){ m.innerHTML = 'contact' + '@' + 'lamaison.fr'; }",
        "$('#b').click(function(){ m.innerHTML = 'contact' + '@' + 'lamaison.fr'; })",
    ],
)
def test_an_address_that_a_press_brings_out_is_hidden(script: str) -> None:
    findings = find_emails(page(f"<button id=b>Afficher</button><script>{script}</script>"))
    assert findings.sightings == []
    assert aside(findings) == {"contact@lamaison.fr": SetAsideReason.HIDDEN}


@pytest.mark.parametrize(
    "code", ["x='", "/*", "`", "document.write(" * 500, "a=[" * 500, "a=(" * 500, "}" * 50, "a='\\", "x=9" + "9" * 400]
)
def test_a_broken_script_writes_nothing(code: str) -> None:
    assert outputs_of(code) == []


def test_a_script_longer_than_any_cloak_is_left_alone() -> None:
    cloak = "document.write('contact@lamaison.fr');"
    assert [output.text for output in outputs_of(cloak)] == ["contact@lamaison.fr"]
    assert outputs_of(cloak + " " * MAX_SCRIPT) == []


def test_strings_grow_to_a_bounded_length() -> None:
    doubling = "a='xxxxxxxx';" + "a=a+a;" * 60 + "document.write(a)"
    assert len(outputs_of(doubling)[0].text) <= 4000


@pytest.mark.parametrize(
    "address",
    [
        "nom@exemple.com",
        "exemple@domaine.com",
        "you@domain.com",
        "prenom.nom@entreprise.fr",
        "nom@adresse.com",
        "john.doe@lamaison.fr",
        "votre-email@gmail.com",
    ],
)
def test_an_example_is_set_aside(address: str) -> None:
    findings = find_emails(page(f"<p>{address}</p>"))
    assert findings.sightings == []
    assert aside(findings) == {address: SetAsideReason.PLACEHOLDER}


@pytest.mark.parametrize(
    "address", ["contact@gmail-conseil.fr", "nom@lamaison.fr", "contact@company.co.uk", "info@exemplaire.fr"]
)
def test_a_real_looking_address_is_no_example(address: str) -> None:
    assert not is_placeholder(address)


def test_an_address_introduced_as_an_example_is_set_aside() -> None:
    findings = find_emails(page("<p>Votre adresse (ex. : jacques@lamartin.fr)</p>"))
    assert aside(findings) == {"jacques@lamartin.fr": SetAsideReason.PLACEHOLDER}


def test_the_sites_own_domain_is_never_an_example_nor_somebody_elses() -> None:
    body = "<h2>Hébergement</h2><p>Hébergeur : contact@example.com</p>"
    assert found(body, url="https://www.example.com/mentions") == ["contact@example.com"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "<h1>Mentions légales</h1><h2>Hébergement</h2><p>Nuage SAS, 1 rue du Nuage, aide@nuage.test</p>",
            SetAsideReason.HOST,
        ),
        ("<h2>Médiation de la consommation</h2><p>Médiateur : aide@nuage.test</p>", SetAsideReason.MEDIATOR),
        ('<h2>Hébergeur</h2><p>Nuage SAS <a href="mailto:aide@nuage.test">Nous écrire</a></p>', SetAsideReason.HOST),
    ],
)
def test_an_address_given_to_somebody_else_is_set_aside(body: str, why: SetAsideReason) -> None:
    assert aside(find_emails(page(body))) == {"aide@nuage.test": why}


def test_one_place_that_is_the_merchants_is_enough() -> None:
    body = (
        "<h2>Hébergement</h2><p>Hébergeur : contact@maisonlaure.test</p><h2>Contact</h2><p>contact@maisonlaure.test</p>"
    )
    assert found(body) == ["contact@maisonlaure.test"]


def test_the_agency_that_publishes_the_site_is_not_the_merchant() -> None:
    notice = "<h2>Éditeur du site</h2><p>Site édité par Clic SARL. Contact : bonjour@clic.test</p>"
    body = f"<p>contact@maison-laure.test</p>{notice}"
    findings = find_emails(page(body, url="https://127.0.0.1/mentions", head="<title>Mentions – Maison Laure</title>"))
    assert [sighting.value for sighting in findings.sightings] == ["contact@maison-laure.test"]
    assert aside(findings) == {"bonjour@clic.test": SetAsideReason.AGENCY}


def test_a_publisher_with_the_only_address_is_the_merchant() -> None:
    body = "<h2>Éditeur du site</h2><p>Site édité par Laure SARL. Contact : bonjour@laure-sarl.test</p>"
    assert found(body, url="https://127.0.0.1/mentions") == ["bonjour@laure-sarl.test"]


def test_what_stands_for_machines_only_is_hidden() -> None:
    body = (
        '<script type="application/ld+json">{"email": "robot@lamaison.fr"}</script>'
        '<form action="https://envoi.test/boite@lamaison.fr"><input name=m></form>'
        '<div style="display:none">cache@lamaison.fr</div>'
    )
    findings = find_emails(page(body))
    assert findings.sightings == []
    assert aside(findings) == {"robot@lamaison.fr": SetAsideReason.HIDDEN, "boite@lamaison.fr": SetAsideReason.HIDDEN}


def test_a_page_of_thousands_of_addresses_is_judged_in_part() -> None:
    many = " ".join(f"p{number}@lamaison.fr" for number in range(5000))
    assert len(find_emails(page(f"<p>{many}</p>")).sightings) == MAX_ADDRESSES


def test_lone_surrogates_never_reach_a_value() -> None:
    assert valid_address("a\ud800b@lamaison.fr") is None
    assert list(addresses_in("\ud800@\udfff.fr")) == []


def test_every_example_word_is_listed_once() -> None:
    assert not set(words("emails", "placeholder_locals")) & set(words("emails", "generic_locals"))


@pytest.mark.corpus
def test_every_protected_address_of_the_corpus_is_read() -> None:
    if not CORPUS.is_dir():
        pytest.skip("no corpus: set BAROMETER_CORPUS to its folder")
    cases = json.loads((CORPUS / "email-obfuscation" / "cloudflare_real.json").read_text("utf-8"))
    assert cases
    wrong = [case for case in cases if cloudflare_address(case["hex"]) != case["expected"]]
    assert [
        case for case in wrong if (cloudflare_address(case["hex"]) or "").casefold() != case["expected"].casefold()
    ] == []


@pytest.mark.corpus
def test_every_hidden_address_of_the_corpus_is_read() -> None:
    if not CORPUS.is_dir():
        pytest.skip("no corpus: set BAROMETER_CORPUS to its folder")
    cases = json.loads((CORPUS / "email-obfuscation" / "cases.json").read_text("utf-8"))
    pairs = [(case["html"], case["expected"][0]) for case in cases["cloudflare"]] + [
        (text, value) for text, value in cases["at_dot"]
    ]
    for shown, value in pairs:
        findings = find_emails(page(f"<p>{shown}</p>"))
        assert value in [sighting.value for sighting in findings.sightings] + [
            other.value for other in findings.set_aside
        ], shown
    for shown in cases["text_invalid"]:
        assert find_emails(page(f"<p>{shown}</p>")) == Findings([], [])
