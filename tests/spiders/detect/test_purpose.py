"""Whose a number or an address is, told by the words around it and above it."""

import re

import pytest

from spiders.detect.document import Document
from spiders.detect.purpose import purpose_at
from storage.vocabulary import Channel

PHONE = re.compile(r"0\d(?: \d\d){4}")
EMAIL = re.compile(r"[\w.]+@[\w.]+")


def purposes(html: str, channel: Channel = Channel.PHONE) -> list[str | None]:
    """The purpose of each number (or address) of a page, in order."""
    document = Document(f"<!doctype html><body>{html}".encode(), "https://shop.example/mentions-legales")
    values = (PHONE if channel is Channel.PHONE else EMAIL).finditer(document.text)
    return [str(why) if (why := purpose_at(document, *value.span(), channel)) else None for value in values]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Téléphone : 01 99 00 10 01</p>", [None]),
        ("<p>Fax : 01 99 00 10 01</p>", ["fax"]),
        ("<p>Tél. 01 99 00 10 01 – Télécopie 01 99 00 10 02</p>", [None, "fax"]),
        ("<p>Tél/Fax : 01 99 00 10 01</p>", [None]),
        ("<p>Tél. / Fax : 01 99 00 10 01 / 01 99 00 10 02</p>", [None, "fax"]),
        ("<p>Téléphone et fax : 01 99 00 10 01</p>", [None]),
        ("<p>Fax. 01 99 00 10 01 ou 01 99 00 10 02</p>", ["fax", "fax"]),
        ("<p>Tél. 01 99 00 10 01 ou 01 99 00 10 02</p>", [None, None]),
        ("<ul><li>Tél<li>01 99 00 10 01<li>Fax<li>01 99 00 10 02</ul>", [None, "fax"]),
        ("<table><tr><td>Fax :<td>01 99 00 10 01</table>", ["fax"]),
        ("<p>01 99 00 10 01 [fax]</p>", ["fax"]),
        ("<p>Telefon 01 99 00 10 01, Telefax 01 99 00 10 02</p>", [None, "fax"]),
        ("<p>Pas de fax, appelez-nous. Tél. : 01 99 00 10 01</p>", [None]),
    ],
)
def test_a_fax_is_told_by_the_label_nearest_to_it(html: str, expected: list[str | None]) -> None:
    assert purposes(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hébergeur : Nuage SAS, 2 rue du Port, 59100 Roubaix. Tél. : 01 99 00 10 01</p>", ["host"]),
        ("<p>Le site est hébergé par la société Nuage, 2 rue du Port – 01 99 00 10 01</p>", ["host"]),
        (
            "<p>Ce site est hébergé par :<br>Nuage SAS<br>2 rue du Port<br>59100 Roubaix<br>Tél : 01 99 00 10 01</p>",
            ["host"],
        ),
        ("<h2>3. Hébergeur</h2><p>Nuage SAS</p><p>2 rue du Port</p><p>01 99 00 10 01</p>", ["host"]),
        (
            "<dl><dt>Hébergeur<dt>Société<dd>Nuage<dt>Adresse<dd>2 rue du Port<dt>Téléphone<dd>01 99 00 10 01</dl>",
            ["host"],
        ),
        ("<div>Hébergeur</div><div>Nuage SAS</div><div>Téléphone</div><div>01 99 00 10 01</div>", ["host"]),
        ("<p>OVH SAS<br>2 rue Kellermann<br>59100 Roubaix<br>01 99 00 10 01</p>", ["host"]),
        ("<p>The site is hosted by Cloud Ltd, 1 High Street, phone 01 99 00 10 01</p>", ["host"]),
        ("<h3>Webhoster</h3><p>Wolke GmbH<br>Telefon: 01 99 00 10 01</p>", ["host"]),
        ("<p>SIRET 817 871 668 00031</p><h2>Hébergement</h2><p>Nuage<br>01 99 00 10 01</p>", ["host"]),
        ("<h2>Hébergements</h2><p>Trois chambres d'hôtes</p><p>01 99 00 10 01</p>", [None]),
        (
            "<h2>Médiation de la consommation</h2><p>Médiateurs Réunis, 5 rue Haute</p><p>01 99 00 10 01</p>",
            ["mediator"],
        ),
        (
            "<p>Conformément à l'article L. 612-1 du code de la consommation, après réclamation à notre service "
            "client, le consommateur peut saisir le médiateur de la consommation dont il relève. Le "
            "voici :</p><p>Médiateurs Réunis</p><p>5 rue Haute, 75009 Paris</p><p>Tél. 01 99 00 10 01</p>",
            ["mediator"],
        ),
        ("<p>Vous pouvez joindre notre médiateur au 01 99 00 10 01</p>", ["mediator"]),
        ("<p>01 99 00 10 01 (médiateur)</p>", ["mediator"]),
        ("<p>Schlichtungsstelle: Haus 3, Telefon 01 99 00 10 01</p>", ["mediator"]),
        ("<p>Conception et réalisation : Agence Pixel, 01 99 00 10 01</p>", ["agency"]),
        ("<p>Site réalisé par Agence Pixel 01 99 00 10 01</p>", ["agency"]),
        ("<p>Crédits : Agence Pixel, 01 99 00 10 01</p>", ["agency"]),
        ("<h3>Création du site</h3><p>Agence Pixel</p><p>Tél : 01 99 00 10 01</p>", ["agency"]),
        ("<h1>Agence web à Nantes</h1><h2>Parlons de votre projet</h2><p>01 99 00 10 01</p>", [None]),
        ("<p>CNIL – 3 place de Fontenoy – TSA 80715 – 01 99 00 10 01</p>", ["regulator"]),
        ("<p>Inscription sur Bloctel, tél. 01 99 00 10 01</p>", ["regulator"]),
        ("<p>Assureur : Mutuelle des Prés, 01 99 00 10 01</p>", ["third_party"]),
        ("<h3>Nos partenaires</h3><p>La Ferme du Bas</p><p>01 99 00 10 01</p>", ["third_party"]),
        ("<p>Adresse de livraison : Camille Martin, 3 rue Basse, 01 99 00 10 01</p>", ["third_party"]),
    ],
)
def test_somebody_else_s_number_is_told_by_its_line_its_label_or_its_heading(
    html: str, expected: list[str | None]
) -> None:
    assert purposes(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2>Hébergeur</h2><p>Nuage, 01 99 00 10 01</p><h2>Contact</h2><p>01 99 00 10 02</p>", ["host", None]),
        ("<h2>Éditeur</h2><p>Lune, 01 99 00 10 01</p><h2>Hébergeur</h2><p>Nuage, 01 99 00 10 02</p>", [None, "host"]),
        ("<p>Hébergeur : Nuage</p><p>Service client : 01 99 00 10 01</p>", [None]),
        (
            "<p>Hébergeur : Nuage, 01 99 00 10 01. Directeur de la publication : A. Lune, 01 99 00 10 02</p>",
            ["host", None],
        ),
        ("<p>Site hébergé par Nuage</p><p>Mentions légales</p><p>01 99 00 10 01</p>", [None]),
        ("<p>Tél. : 01 99 00 10 01 – Site hébergé par Nuage</p>", [None]),
        ("<p>Vous pouvez saisir la CNIL.</p><p>Pour exercer vos droits, appelez le 01 99 00 10 01</p>", [None]),
        (
            "<h2>Propriété intellectuelle</h2><p>Logos hébergés par Nuage.</p><h2>Divers</h2><p>01 99 00 10 01</p>",
            [None],
        ),
        (
            "<a href=/m>Médiation</a><br><a href=/p>Nos partenaires</a><br><a href=/c>Contact</a><p>01 99 00 10 01</p>",
            [None],
        ),
        ("<ul><li><a href=/m>Médiation</a></ul><p>01 99 00 10 01</p>", [None]),
        ("<p>Notre maison travaille avec des partenaires locaux. Réservez au 01 99 00 10 01</p>", [None]),
        ("<p>Service client : 01 99 00 10 01</p>", [None]),
        ("<p>Pour nos clients professionnels : 01 99 00 10 01</p>", [None]),
        ("<h2>Conception et réalisation de cuisines</h2><p>01 99 00 10 01</p>", [None]),
        ("<h1>Photographe de mariage – Lyon</h1><p>01 99 00 10 01</p>", [None]),
        ("<h3>Votre partenaire bien-être</h3><p>01 99 00 10 01</p>", [None]),
        ("<p>Vendeur : Lune SARL, 3 rue Basse, 01 99 00 10 01</p>", [None]),
        ("<p>Déclaration CNIL n° 1234567 – Tél. 01 99 00 10 01</p>", [None]),
        (
            "<h2>Litiges</h2><p>Le client peut saisir le médiateur.</p><p>Besoin d'aide ?</p><p>01 99 00 10 01</p>",
            [None],
        ),
        ("<h2>Urgences 24h/24</h2><p>01 99 00 10 01</p>", [None]),
        ("<h2>Éditeur et hébergeur</h2><p>Lune, 01 99 00 10 01</p>", [None]),
    ],
)
def test_the_merchant_s_own_words_end_another_s_section(html: str, expected: list[str | None]) -> None:
    assert purposes(html) == expected


def test_an_address_is_judged_like_a_number_but_is_never_a_fax() -> None:
    html = "<p>Fax : contact@lune.example</p><h2>Hébergeur</h2><p>Nuage, e-mail : support@nuage.example</p>"
    assert purposes(html, Channel.EMAIL) == [None, "host"]
    assert purposes("<p>Médiateur : avis@paix.example</p>", Channel.EMAIL) == ["mediator"]


def test_a_role_farther_than_its_reach_says_nothing() -> None:
    lines = "".join(f"<p>ligne {number}</p>" for number in range(40))
    assert purposes(f"<p>Hébergeur : Nuage</p>{lines}<p>01 99 00 10 01</p>") == [None]
    assert purposes(f"<p>Hébergeur : {'x ' * 400} 01 99 00 10 01</p>") == [None]


def test_what_is_read_does_not_grow_with_the_page() -> None:
    read = []
    for copies in (1_000, 4_000):
        document = Document(("<p>mot</p>" * copies + "<p>01 99 00 10 01</p>").encode(), "https://shop.example/")
        text = _Counting(document.text)
        document.text = text
        start = document.text.index("01 99")
        assert purpose_at(document, start, start + 14, Channel.PHONE) is None
        read.append(text.taken)
    assert read[0] == read[1]


class _Counting(str):
    """A text that counts the characters taken out of it."""

    taken = 0

    def __getitem__(self, key: object) -> str:
        part = super().__getitem__(key)  # type: ignore[index]
        self.taken += len(part)
        return part


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Le fabricant répond au 01 99 00 10 01.</p>", ["third_party"]),
        ("<p>Le fabricant Kordel répond au 01 99 00 10 01.</p>", ["third_party"]),
        ("<h2>Assistance du fabricant Kordel</h2><p>01 99 00 10 01</p>", ["third_party"]),
        ("<h2>SAV du fabricant</h2><p>01 99 00 10 01</p>", ["third_party"]),
        ("<p>Pour une panne, contactez l'importateur au 01 99 00 10 01</p>", ["third_party"]),
        ("<p>The manufacturer answers on 01 99 00 10 01</p>", ["third_party"]),
        ("<p>Votre partenaire répond au 01 99 00 10 01</p>", [None]),
        ("<p>Kordel, fabricant de stores, répond au 01 99 00 10 01</p>", [None]),
        ("<p>Chez le fabricant comme en magasin, appelez-nous au 01 99 00 10 01</p>", [None]),
    ],
)
def test_a_company_that_a_sentence_sends_its_reader_to_is_a_third_party(html: str, expected: list[str | None]) -> None:
    assert purposes(html) == expected
