"""Social networks: the merchant's own accounts, and everything else that links to a network."""

import csv
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from spiders.detect.brand import brand_names, registered_name, resembles
from spiders.detect.document import Document
from spiders.detect.messengers import conversation_at
from spiders.detect.social import find_social
from storage.vocabulary import SOCIAL_CHANNELS, Channel, SetAsideReason

SITES = Path(os.environ.get("BAROMETER_CORPUS", "../shared/corpus")) / "sites"


def page(body: str, url: str = "https://www.lamaison.test/", head: str = "") -> Document:
    return Document(f"<html lang=fr><head>{head}</head><body>{body}</body></html>".encode(), url)


def own(body: str, **kwargs: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for sighting in find_social(page(body, **kwargs)).sightings:
        values.setdefault(sighting.channel.value, []).append(sighting.value)
    return values


def icon(target: str) -> str:
    return f'<a href="{target}"><i class="icon"></i></a>'


@pytest.mark.parametrize(
    ("target", "channel", "value"),
    [
        ("https://www.facebook.com/LaMaison/", "facebook", "https://www.facebook.com/LaMaison/"),
        ("http://m.facebook.com/LaMaison?ref=ts&fref=ts", "facebook", "https://m.facebook.com/LaMaison"),
        ("//fr-fr.facebook.com/LaMaison", "facebook", "https://fr-fr.facebook.com/LaMaison"),
        (
            "https://www.facebook.com/profile.php?id=61590000000001&sk=about",
            "facebook",
            "https://www.facebook.com/profile.php?id=61590000000001&sk=about",
        ),
        (
            "https://facebook.com/pages/La-Maison/123456789012",
            "facebook",
            "https://facebook.com/pages/La-Maison/123456789012",
        ),
        (
            "https://www.facebook.com/people/La-Maison/123456789012/",
            "facebook",
            "https://www.facebook.com/people/La-Maison/123456789012/",
        ),
        ("https://fb.me/LaMaison", "facebook", "https://fb.me/LaMaison"),
        ("https://twitter.com/lamaison?s=20", "x", "https://twitter.com/lamaison"),
        ("https://twitter.com/#!/lamaison", "x", "https://twitter.com/#!/lamaison"),
        ("https://x.com/lamaison", "x", "https://x.com/lamaison"),
        (
            "https://www.instagram.com/la.maison/?hl=fr&igshid=abc",
            "instagram",
            "https://www.instagram.com/la.maison/?hl=fr",
        ),
        ("https://fr.linkedin.com/company/la-maison?trk=x", "linkedin", "https://fr.linkedin.com/company/la-maison"),
        ("https://www.linkedin.com/in/laure-maison/", "linkedin", "https://www.linkedin.com/in/laure-maison/"),
        ("https://www.linkedin.com/showcase/la-maison", "linkedin", "https://www.linkedin.com/showcase/la-maison"),
        (
            "https://www.youtube.com/channel/UC0123456789abcdef",
            "youtube",
            "https://www.youtube.com/channel/UC0123456789abcdef",
        ),
        ("https://www.youtube.com/@lamaison?sub_confirmation=1", "youtube", "https://www.youtube.com/@lamaison"),
        ("https://www.youtube.com/user/lamaison/videos", "youtube", "https://www.youtube.com/user/lamaison/videos"),
        ("https://www.youtube.com/LaMaison", "youtube", "https://www.youtube.com/LaMaison"),
        ("https://wa.me/33639980001?text=Bonjour", "whatsapp", "https://wa.me/33639980001"),
        (
            "https://api.whatsapp.com/send?phone=+33%206%2039%2098%2000%2001&text=a",
            "whatsapp",
            "https://wa.me/33639980001",
        ),
        ("whatsapp://send?phone=33639980001", "whatsapp", "https://wa.me/33639980001"),
        ("https://wa.me/message/ABCDEFGH1234", "whatsapp", "https://wa.me/message/ABCDEFGH1234"),
    ],
)
def test_an_account_is_found_under_every_way_to_write_its_address(target: str, channel: str, value: str) -> None:
    assert own(icon(target)) == {channel: [value]}


@pytest.mark.parametrize(
    "target",
    [
        "https://facebook.com", "https://www.facebook.com/", "https://www.facebook.com/sharer/sharer.php?u=https://lamaison.test",
        "https://www.facebook.com/share.php?u=x", "https://www.facebook.com/dialog/share?href=x", "https://www.facebook.com/plugins/like.php?href=x",
        "https://www.facebook.com/LaMaison/posts/123", "https://www.facebook.com/LaMaison/videos/123/", "https://www.facebook.com/events/123/",
        "https://www.facebook.com/photo.php?fbid=1", "https://www.facebook.com/watch/?v=1", "https://fb.watch/abcdef/",
        "https://www.facebook.com/hashtag/maison", "https://www.facebook.com/groups/lamaison", "https://www.facebook.com/wordpress",
        "https://twitter.com/intent/tweet?text=x", "https://twitter.com/share?url=x", "https://twitter.com/home?status=x",
        "https://twitter.com/hashtag/maison", "https://x.com/lamaison/status/123", "https://twitter.com/search?q=maison",
        "https://www.instagram.com/p/Abc123/", "https://www.instagram.com/reel/Abc/", "https://www.instagram.com/explore/tags/maison/",
        "https://instagram.com", "https://www.linkedin.com/shareArticle?mini=true&url=x", "https://www.linkedin.com/sharing/share-offsite/?url=x",
        "https://www.linkedin.com/feed/update/urn:li:activity:1", "https://www.linkedin.com/", "https://www.youtube.com/watch?v=abc",
        "https://youtu.be/abc", "https://www.youtube.com/embed/abc", "https://www.youtube.com/playlist?list=abc", "https://www.youtube.com/",
        "https://wa.me/?text=Regarde", "https://api.whatsapp.com/send?text=Regarde", "https://chat.whatsapp.com/AbCdEf",
    ],
)  # fmt: skip
def test_a_link_to_anything_but_an_account_is_set_aside(target: str) -> None:
    findings = find_social(page(icon(target)))
    assert findings.sightings == []
    assert [value.why for value in findings.set_aside] == [SetAsideReason.NOT_OWN_ACCOUNT]


@pytest.mark.parametrize(
    "body",
    [
        "<p>Retrouvez-nous sur Facebook et Instagram</p>",
        "<a href=\"javascript:window.open('https://www.facebook.com/sharer.php')\">Partager</a>",
        '<a href="https://www.lamaison.test/go?to=https://www.facebook.com/LaMaison">Facebook</a>',
        '<a href="https://notfacebook.com/LaMaison">Facebook</a>',
        '<a href="/facebook.com/LaMaison">Facebook</a>',
        '<div style="display:none"><a href="https://www.facebook.com/LaMaison">Facebook</a></div>',
        '<iframe src="https://www.youtube.com/embed/abc"></iframe>',
        '<a href="https://[broken/x.com/a">X</a>',
    ],
)
def test_what_is_no_visible_link_to_a_network_is_nothing(body: str) -> None:
    findings = find_social(page(body))
    assert (findings.sightings, findings.set_aside) == ([], [])


def test_one_account_linked_in_several_ways_is_one_sighting() -> None:
    links = (
        icon("http://facebook.com/LaMaison")
        + icon("https://www.facebook.com/lamaison/?ref=footer")
        + icon("https://m.facebook.com/LAMAISON")
    )
    assert own(links) == {"facebook": ["https://facebook.com/LaMaison"]}


def test_an_account_under_another_name_counts_behind_an_icon() -> None:
    assert own(icon("https://www.instagram.com/chez_laure")) == {"instagram": ["https://www.instagram.com/chez_laure"]}


def test_an_account_under_another_name_inside_a_sentence_is_somebody_elses() -> None:
    link = '<a href="https://www.instagram.com/paul_photo">Paul Durand</a>'
    body = f"<p>Merci à notre amie {link} pour ces belles images.</p>"
    assert own(body) == {}


def test_an_account_under_the_sites_name_counts_inside_a_sentence_too() -> None:
    link = '<a href="https://www.instagram.com/la_maison">cette page</a>'
    body = f"<p>Toutes nos nouveautés sont sur {link} chaque jour.</p>"
    assert own(body) == {"instagram": ["https://www.instagram.com/la_maison"]}


def test_an_embedded_post_names_its_author_and_not_the_merchant() -> None:
    link = '<a href="https://twitter.com/paul_durand">Paul sur Twitter</a>'
    body = f'<blockquote class="twitter-tweet"><p>Bravo !</p>{link}</blockquote>'
    assert own(body) == {}


def test_the_maker_of_the_site_is_not_the_merchant() -> None:
    link = '<a href="https://www.linkedin.com/company/agence-clic">Agence Clic</a>'
    body = f"<footer><p>Site réalisé par {link}</p></footer>"
    assert own(body) == {}


def test_among_several_accounts_the_one_under_the_sites_name_is_own() -> None:
    body = icon("https://www.facebook.com/LaMaison") + icon("https://www.facebook.com/autre.page")
    assert own(body) == {"facebook": ["https://www.facebook.com/LaMaison"]}


def test_among_strangers_accounts_those_of_the_footer_are_own() -> None:
    body = f"<main>{icon('https://x.com/un_ami')}</main><footer>{icon('https://x.com/chez_laure')}</footer>"
    assert own(body) == {"x": ["https://x.com/chez_laure"]}


def test_a_company_page_comes_before_the_profiles_of_its_people() -> None:
    body = icon("https://www.linkedin.com/in/paul-durand") + icon("https://www.linkedin.com/company/chez-laure")
    assert own(body) == {"linkedin": ["https://www.linkedin.com/company/chez-laure"]}


def test_a_list_of_strangers_holds_no_account_of_the_merchant() -> None:
    body = "".join(icon(f"https://www.facebook.com/partenaire{number}") for number in range(3))
    assert own(body) == {}


def test_a_made_up_whatsapp_number_is_a_placeholder() -> None:
    findings = find_social(page(icon("https://wa.me/1234567890")))
    assert [value.why for value in findings.set_aside] == [SetAsideReason.PLACEHOLDER]


def test_a_link_with_neither_word_nor_icon_keeps_a_name_to_show() -> None:
    [sighting] = find_social(page('<a href="https://x.com/lamaison"></a>')).sightings
    assert sighting.display == "lamaison"


def test_brand_names_come_from_host_site_name_and_title() -> None:
    head = '<meta property="og:site_name" content="Chez Laure"><title>Nos fromages | Crèmerie Laure</title>'
    names = brand_names(page("", url="https://www.fromages-laure.co.uk/x", head=head))
    assert {"fromageslaure", "chezlaure", "cremerielaure"} <= names
    assert resembles("cremerie_laure", names)
    assert not resembles("boucheriepaul", names)


@pytest.mark.parametrize(
    ("address", "name"),
    [("https://www.lamaison.co.uk/", "lamaison"), ("http://127.0.0.1:80/", ""), ("shop.lamaison.test", "lamaison")],
)
def test_the_registered_name_is_the_label_somebody_bought(address: str, name: str) -> None:
    assert registered_name(address) == name


def test_other_addresses_open_no_conversation() -> None:
    assert conversation_at("https://www.lamaison.test/wa.me/33639980001") is None
    assert conversation_at("https://[broken") is None


def _comparable(url: str) -> str:
    parts = urlsplit(unquote(url))
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}".casefold()


@pytest.mark.corpus
def test_accounts_of_the_labelled_sites_are_found_and_traps_are_not() -> None:
    if not SITES.is_dir():
        pytest.skip("no corpus: set BAROMETER_CORPUS to its folder")
    labels = [
        row
        for row in csv.DictReader((SITES / "labels.csv").open(encoding="utf-8"))
        if not row["note"].startswith("DOUBTFUL")
    ]
    traps = [
        row for row in csv.DictReader((SITES / "traps.csv").open(encoding="utf-8")) if row["kind"].startswith("social")
    ]
    wanted = {
        (row["slug"], row["channel"]): {_comparable(value) for value in row["values"].split(";") if value}
        for row in labels
        if row["channel"] in SOCIAL_CHANNELS
    }
    seen: dict[tuple[str, str], set[str]] = {key: set() for key in wanted}
    for file in sorted(SITES.glob("*/**/*.html")):
        slug = file.relative_to(SITES).parts[0]
        url = "http://127.0.0.1/" + "/".join(file.relative_to(SITES).parts[1:])
        for sighting in find_social(Document(file.read_bytes(), url)).sightings:
            if sighting.channel is not Channel.WHATSAPP:
                seen[slug, sighting.channel.value].add(_comparable(sighting.value))
    assert seen == wanted
    for trap in traps:
        trapped = {_comparable(value) for value in trap["value"].split(";")}
        assert not trapped & set().union(*(values for (slug, _), values in seen.items() if slug == trap["slug"]))
