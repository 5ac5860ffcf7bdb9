"""What a person is asked to post on X, and what the link of their post tells."""

import unicodedata
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.x.wording import (
    LONGEST_POST,
    NoHandle,
    NoPost,
    TooLong,
    created_at_of,
    draft,
    identifier,
    message_draft,
    post_id_of,
    weight_of,
)


def id_of(moment: datetime) -> int:
    """Return the first ID of the millisecond *moment*."""
    return (int(moment.timestamp() * 1000) - 1288834974657) << 22


def test_a_draft_mentions_the_merchant_and_its_link_holds_the_whole_text() -> None:
    text, link = draft("@Boutique_Elan", "Livrez-vous en Corse & à l'étranger ? #100%")
    assert text == "@Boutique_Elan Livrez-vous en Corse & à l'étranger ? #100%"
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "x.com", "/intent/post", "")
    assert parse_qs(parts.query) == {"text": [text]}


def test_a_merchant_that_the_wording_mentions_is_not_mentioned_twice() -> None:
    assert draft("Elan", "Bonjour @elan, une question").text == "Bonjour @elan, une question"
    assert draft("Elan", "Bonjour @elan_mode, une question").text.startswith("@Elan ")


@pytest.mark.parametrize("handle", ["", "@", "a" * 16, "élan", "elan?text=x", "elan/../home", "elan\n"[:-1] + " x"])
def test_what_is_no_handle_is_refused(handle: str) -> None:
    with pytest.raises(NoHandle):
        draft(handle, "Bonjour")


def test_a_text_that_is_too_long_is_refused_with_its_weight() -> None:
    with pytest.raises(TooLong) as caught:
        draft("elan", "é" * 275)
    assert (caught.value.weight, caught.value.limit) == (281, LONGEST_POST)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Bonjour", 7),
        ("déjà “vu” — 5 €…", 18),
        ("e\u0301", 1),
        ("日本", 4),
        ("voir https://elan.example.fr/rayon/chaussures/très-longue", 5 + 23 + 9),
        ("voir https://www.elan.fr/" + "a" * 200, 5 + 23),
        ("voir elan.fr.", 5 + 23 + 1),
        ("version 2.5", 11),
        ("fin.Début", 9),
        ("👩‍👩‍👧", 8),
    ],
)
def test_a_text_weighs_what_x_says_or_a_little_more(text: str, weight: int) -> None:
    assert weight_of(text) == weight


@given(st.text(alphabet=st.characters(exclude_characters=".", exclude_categories=["Cs"]), max_size=300))
def test_every_character_outside_a_link_weighs_one_or_two(text: str) -> None:
    length = len(unicodedata.normalize("NFC", text))
    assert length <= weight_of(text) <= 2 * length


def test_a_message_draft_names_the_recipient() -> None:
    link = message_draft("515000123", "Bonjour ?").link
    assert parse_qs(urlsplit(link).query) == {"recipient_id": ["515000123"], "text": ["Bonjour ?"]}


@pytest.mark.parametrize(
    "link",
    [
        "https://x.com/elan/status/1861000000000000000",
        " https://x.com/elan/status/1861000000000000000?s=20&t=abc ",
        "https://twitter.com/elan/statuses/1861000000000000000",
        "https://mobile.twitter.com/elan/status/1861000000000000000/photo/1",
        "https://X.com/i/web/status/1861000000000000000#m",
        "http://www.x.com/i/status/1861000000000000000/",
    ],
)
def test_the_link_of_a_post_tells_its_id(link: str) -> None:
    assert post_id_of(link) == "1861000000000000000"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "1861000000000000000",
        "https://x.com/elan",
        "https://x.com/elan/status/",
        "https://x.com/elan/status/12ab",
        "https://x.com/elan/status/١٨٦١",
        "https://x.com/elan/status/99999999999999999999",
        "https://x.com/elan/status/9999999999999999999",
        "https://x.com/elan/status/20",
        "https://x.com.evil.example/elan/status/1861000000000000000",
        "https://x.com@evil.example/elan/status/1861000000000000000",
        "https://evil.example/?https://x.com/elan/status/1861000000000000000",
        "javascript:https://x.com/elan/status/1861000000000000000",
        "https://[x.com/elan/status/1861000000000000000",
    ],
)
def test_what_is_no_link_of_a_post_is_refused(link: str) -> None:
    with pytest.raises(NoPost):
        post_id_of(link)


@pytest.mark.parametrize(
    "moment", [datetime(2010, 11, 5, tzinfo=UTC), datetime(2026, 11, 20, 9, 0, 0, 123000, tzinfo=UTC)]
)
def test_an_id_tells_when_the_post_was_made_to_the_millisecond(moment: datetime) -> None:
    assert created_at_of(str(id_of(moment) + 4_194_303)) == moment


@pytest.mark.parametrize("value", [None, 5, "", "-5", "5 ", "5\n", "٥", "1e5", "5" * 20, ["5"]])
def test_what_is_no_id_is_refused(value: object) -> None:
    with pytest.raises(NoPost):
        identifier(value)
