"""The questions: enough of them, harmless, in both languages; and the letters made of them."""

import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.scenarios import LANGUAGES, MAX_PUBLIC, BadScenario, Stage, read_scenario, scenarios
from probes.wording import MAX_NAME, Words, filled, plain_name, question_of, read_manners, reminder, words
from storage.vocabulary import Channel

WORDING = """
asks = ["a price"]
phone_script = "What does it cost?"
public = "What does it cost?"
variants = [
    { subject = "Price", body = "What does it cost?" },
    { subject = "Cost", body = "What does {merchant} charge?" },
]
"""
GOOD = f'stage = "sale"\n[fr]{WORDING}\n[en]{WORDING}'
EVERY = [
    (scenario.key, language, variant)
    for scenario in scenarios().values()
    for language in LANGUAGES
    for variant in range(len(scenario.wordings[language].variants))
]


def test_there_are_enough_scenarios_of_every_stage() -> None:
    counts = Counter(scenario.stage for scenario in scenarios().values() if scenario.fits(None))
    assert sum(counts.values()) >= 24
    assert min(counts[stage] for stage in Stage) >= 6


def test_fifty_messages_to_one_merchant_repeat_no_wording() -> None:
    general = [scenario for scenario in scenarios().values() if scenario.fits(None)]
    for language in LANGUAGES:
        bodies = {variant.body for scenario in general for variant in scenario.wordings[language].variants}
        assert len(bodies) >= 50


@pytest.mark.parametrize("key", scenarios())
def test_no_question_claims_a_purchase_or_sets_a_deadline(key: str) -> None:
    claims = re.compile(
        r"\b(?:j'ai (?:command|achet|re[cç]u)\w*|ma commande|mon colis|mon achat|mise en demeure|sous \d+ jours|"
        r"I (?:have )?(?:ordered|bought|received)|my (?:order|parcel|purchase)|within \d+ days|lawyer|avocat|RGPD|GDPR)\b",
        re.I,
    )
    scenario = scenarios()[key]
    for language in LANGUAGES:
        wording = scenario.wordings[language]
        texts = [wording.phone_script, wording.public, *(text for variant in wording.variants for text in variant)]
        assert [text for text in texts if claims.search(text)] == []


@pytest.mark.parametrize(("key", "language", "variant"), EVERY)
def test_every_letter_is_a_question_with_greeting_and_signature(key: str, language: str, variant: int) -> None:
    letter = words(Channel.EMAIL, scenarios()[key], language, variant, "Maison Élan", "Camille Durand")
    assert letter.subject and "\n" not in letter.subject
    greeting, question, closing = letter.body.split("\n\n")
    assert greeting.endswith(",")
    assert "{" not in letter.subject + letter.body
    assert closing.endswith("Camille Durand\n")
    assert question == question_of(letter.body)
    assert "?" in letter.subject + question or re.search(
        r"savoir|indiquer|expliquer|know|tell|understand|connaître", question
    )


def test_a_call_gets_its_script_and_a_post_the_short_public_question() -> None:
    scenario = scenarios()["gift-card"]
    assert words(Channel.PHONE, scenario, "fr", 0, "Élan", "C D") == Words(None, scenario.wordings["fr"].phone_script)
    post = words(Channel.X, scenario, "fr", 1, "Élan", "C D")
    assert post == Words(None, scenario.wordings["fr"].public)
    assert len(post.body) <= MAX_PUBLIC


def test_a_scenario_of_a_category_fits_it_in_any_case_and_no_other() -> None:
    allergens = scenarios()["allergens"]
    assert allergens.fits(" Épicerie ")
    assert not allergens.fits("Jouets")
    assert not allergens.fits(None)


def test_a_merchant_whose_name_looks_like_a_placeholder_is_named_as_it_is() -> None:
    assert filled("{merchant} and {sender}", {"merchant": "{sender}", "sender": "me"}) == "{sender} and me"


@given(st.text(max_size=300))
def test_a_name_from_the_panel_cannot_break_a_line_or_fill_a_page(name: str) -> None:
    shown = plain_name(name)
    assert shown.isprintable() or " " in shown
    assert not re.search(r"[\r\n\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", shown)
    assert len(shown) <= MAX_NAME


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", [0, 1])
def test_a_reminder_repeats_the_question_and_says_when_it_was_first_asked(language: str, variant: int) -> None:
    first = words(Channel.EMAIL, scenarios()["gift-card"], language, variant, "Élan", "Camille Durand")
    sent_at = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    again = reminder(first, sent_at, "Europe/Paris", language, variant, "Camille Durand")
    assert again.subject == f"Re: {first.subject}"
    assert question_of(first.body) in again.body
    assert ("01/04/2026" if language == "fr" else "01 April 2026") in again.body


def test_a_reminder_of_what_is_a_reply_already_has_one_re() -> None:
    again = reminder(Words("RE: Prix", "a\n\nb\n\nc"), datetime(2026, 3, 3, tzinfo=UTC), "UTC", "fr", 0, "C D")
    assert again.subject == "Re: Prix"


def test_the_sample_used_below_is_a_good_scenario() -> None:
    scenario = read_scenario("price", GOOD)
    assert (scenario.key, scenario.stage, scenario.categories) == ("price", Stage.SALE, ())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('stage = "sale"', 'stage = "later"', "price.toml: stage: must be one of pre_sale, sale, after_sale"),
        ('stage = "sale"', "stage = 3", "price.toml: stage: must be one of"),
        ('stage = "sale"', 'stage = "sale"\nextra = 1', "price.toml: extra: unknown key"),
        ('stage = "sale"', 'stage = "sale"\norder_number = "no"', "price.toml: order_number: must be true or false"),
        ('stage = "sale"', 'stage = "sale"\ncategories = "Mode"', "price.toml: categories: must be a list"),
        ("[en]", "[de]", "price.toml: de: unknown key"),
        ('asks = ["a price"]', "asks = []", "price.toml: fr.asks: must be a list of 1 or more texts"),
        ('asks = ["a price"]', "", "price.toml: fr.asks: must be a list"),
        ('public = "What', 'publik = "What', "price.toml: fr: publik: unknown key"),
        ('public = "What', f'public = "{"x" * 300}What', "price.toml: fr.public: has 318 characters, at most 260"),
        ('public = "What', 'public = "{merchant} What', "price.toml: fr.public: {merchant}: nothing is filled in here"),
        ('subject = "Cost"', 'subject = ""', "price.toml: fr.variants[1].subject: must be a text, and not empty"),
        ("{merchant} charge", "{shop} charge", "price.toml: fr.variants[1].body: {shop}: only {merchant}"),
        ("{merchant} charge", "{merchant charge", "only {merchant} can be filled in"),
        ("What does {merchant} charge?", "What does it cost?", "price.toml: fr.variants: two of them have the same body"),
        ("What does {merchant} charge?", "a\\u0000b", "price.toml: fr.variants[1].body: holds a character"),
        ("[fr]", "[fr", "price.toml: is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_scenario_is_refused_by_file_and_place(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(BadScenario, match=re.escape(said)):
        read_scenario("price", GOOD.replace(old, new, 1))


def test_a_scenario_with_one_wording_or_without_a_language_is_refused() -> None:
    one = GOOD.replace('    { subject = "Cost", body = "What does {merchant} charge?" },\n', "", 1)
    with pytest.raises(BadScenario, match=r"price\.toml: fr\.variants: must be 2 tables or more"):
        read_scenario("price", one)
    with pytest.raises(BadScenario, match=r"price\.toml: en: is missing"):
        read_scenario("price", GOOD.partition("[en]")[0])
    with pytest.raises(BadScenario, match="its name is no key"):
        read_scenario("Price List", GOOD)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fr]", "must hold fr and en"),
        ("[fr]\n[en]", "is missing or of the wrong kind"),
        (
            "\n".join(
                f'[{one}]\ngreetings=["a"]\nclosings=["b"]\ndate="%d"\nreminders=[{{subject="s", body="no date"}}]'
                for one in LANGUAGES
            ),
            "a reminder must say",
        ),
    ],
)
def test_wrong_manners_are_refused(text: str, said: str) -> None:
    with pytest.raises(BadScenario, match=said):
        read_manners(text)
