import re
import string
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from barometer.reports import wording
from barometer.reports.audit_contract import ChannelResult
from barometer.reports.merchant_text import bare_address, host_of, legible, web_link
from barometer.reports.stairs import stairs
from barometer.reports.wording import Language, isolated, words_of
from tests.barometer.audit_samples import absent, exact, value

FRENCH, ENGLISH = words_of(Language.FRENCH), words_of(Language.ENGLISH)
FILES = Path(wording.__file__).parent / "words"


def flat(language: Language) -> dict[str, str]:
    sections = tomllib.loads((FILES / f"{language}.toml").read_text("utf-8"))
    return {f"{section}.{name}": text for section, entries in sections.items() for name, text in entries.items()}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    assert flat(Language.FRENCH).keys() == flat(Language.ENGLISH).keys()


def test_both_languages_fill_in_the_same_things() -> None:
    french, english = flat(Language.FRENCH), flat(Language.ENGLISH)
    assert [key for key in french if fields(french[key]) != fields(english[key])] == []


def test_french_spaces_do_not_break() -> None:
    texts = {key: FRENCH[key] for key in flat(Language.FRENCH)}
    assert [key for key, text in texts.items() if re.search(r" [;:!?»]|« |[a-zé][;!?]", text)] == []
    assert FRENCH["difference.value_changed"].startswith("{channel}\u00a0:")
    assert "«\u00a0{text}\u00a0»" in FRENCH["path.quoted"]
    assert "connu\u202f;" in FRENCH["basis.at_most_not_home"]


def test_apostrophes_are_typographic() -> None:
    assert all("'" not in words[key] for words in (FRENCH, ENGLISH) for key in flat(words.language))


@pytest.mark.parametrize(
    ("language", "clicks"),
    [
        (FRENCH, ["0\u00a0clic", "1\u00a0clic", "2\u00a0clics"]),
        (ENGLISH, ["0\u00a0clicks", "1\u00a0click", "2\u00a0clicks"]),
    ],
)
def test_zero_is_singular_in_french_only(language: wording.Words, clicks: list[str]) -> None:
    assert [language.clicks(count) for count in range(3)] == clicks


def test_numbers_are_written_as_the_language_wants() -> None:
    assert (FRENCH.number(1234567.891, 2), ENGLISH.number(1234567.891, 2)) == ("1\u202f234\u202f567,89", "1,234,567.89")
    assert (FRENCH.seconds(6.25), ENGLISH.seconds(6.25)) == ("6,2\u00a0s", "6.2\u00a0s")
    assert (FRENCH.euros(0.2), ENGLISH.euros(0.2)) == ("0,20\u00a0€", "€0.20")
    assert [FRENCH.size(count) for count in (0, 999, 1500, 812345, 12_300_000)] == [
        "0\u00a0o", "999\u00a0o", "1,5\u00a0ko", "812\u00a0ko", "12,3\u00a0Mo",
    ]  # fmt: skip


def test_moments_are_written_in_utc() -> None:
    moment = datetime(2026, 5, 1, 9, 5, 3, tzinfo=UTC)
    assert FRENCH.moment(moment) == "1er\u00a0mai 2026, 09:05:03\u00a0UTC"
    assert ENGLISH.moment(moment) == "1\u00a0May 2026, 09:05:03\u00a0UTC"


def test_an_enumeration_ends_with_and() -> None:
    assert FRENCH.listed(["a", "b", "c"]) == "a, b et c"
    assert [ENGLISH.listed(items) for items in ([], ["a"], ["a", "b"])] == ["", "a", "a and b"]


def test_what_fills_a_sentence_is_escaped_and_isolated() -> None:
    said = ENGLISH.say("path.follow", label="<b>x</b>{n}")
    assert said == "Follow the link <bdi>&lt;b&gt;x&lt;/b&gt;{n}</bdi>"
    assert ENGLISH.say("path.follow", label=Markup("<i>x</i>")) == "Follow the link <i>x</i>"
    assert isolated(7) == 7


@given(st.text())
def test_legible_text_steers_nothing_and_is_bounded(text: str) -> None:
    shown = legible(text)
    assert len(shown) <= 240
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert legible(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  two\n\twords ", "two words"),
        ("été 01 23 – œuvre 日本", "été 01 23 – œuvre 日本"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("e" + "\u0301" * 50 + "t", "e\u0301\u0301t"),
        ("x" * 300, "x" * 239 + "…"),
        ("👩\u200d🔧", "👩\u200d🔧"),
    ],
)
def test_text_of_a_page_is_shown_harmlessly(text: str, shown: str) -> None:
    assert legible(text) == shown


def test_a_flood_of_marks_is_cut_in_bounded_time() -> None:
    assert len(legible("e" + "\u0301" * 5_000_000)) <= 240


@pytest.mark.parametrize("address", ["https://shop.example/a?b=c#d", "http://127.0.0.1:8300/", "HTTPS://SHOP.example/"])
def test_a_web_address_is_a_link(address: str) -> None:
    assert web_link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///x",
        "//shop.example/", "/contact", "", "https://", "https://a@b.example/", "https://shop.example/\u202e", "http://[::1",
        "https://shop.example/" + "a" * 2000, "https:\\\\shop.example", "blob:https://shop.example/1", "tel:+33199",
    ],
)  # fmt: skip
def test_anything_else_is_not(address: str) -> None:
    assert web_link(address) is None


def test_a_site_is_named_by_its_host() -> None:
    assert host_of("https://www.shop.example/x") == "shop.example"
    assert host_of("http://127.0.0.1:8300/") == "127.0.0.1:8300"
    assert host_of("https://shop.example:443/") == "shop.example"
    assert [host_of(odd) for odd in ("", "shop", "http://a:b:c/")] == ["", "shop", "http://a:b:c/"]
    assert bare_address("https://www.shop.example/contact/") == "shop.example/contact"


def channel(part: dict[str, object]) -> ChannelResult:
    import json

    return ChannelResult.model_validate_json(json.dumps(part))


@pytest.mark.parametrize("clicks", [0, 1, 2, 3, 4, 7, 1000])
def test_stairs_have_a_step_for_each_click_and_stay_in_their_frame(clicks: int) -> None:
    drawn = stairs(channel(exact(clicks, [value("x")])))
    assert drawn.solid.count("V") == clicks and not drawn.dashed
    assert drawn.dot is not None and 0 < drawn.dot[0] < 64 and 0 < drawn.dot[1] < 30


def test_steps_that_are_not_proven_are_dashed() -> None:
    drawn = stairs(channel({**exact(3, [value("x")]), "outcome": "at_most", "at_least": 1}))
    assert (drawn.solid.count("V"), drawn.dashed.count("V")) == (1, 2)


def test_no_stairs_lead_to_what_was_not_found_or_not_measured() -> None:
    assert stairs(channel(absent("not_found", searched="complete"))).dot is None
    unknown = stairs(channel(absent("not_measured", reason="dns")))
    assert (unknown.solid, unknown.dashed, unknown.dot) == ("", "", None)
