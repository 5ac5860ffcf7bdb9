"""What is said of a mark, in both languages."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings

from barometer.grids.grid import Band, Criterion, Measure
from barometer.marks.sentence import LANGUAGES, sentence
from barometer.observations import Missing, Observed
from barometer.scoring import mark, score
from storage.vocabulary import Channel, PriceClass
from tests.barometer.editions import (
    EMAIL_DELAY,
    EMAIL_PERSONALISATION,
    EMAIL_SHOWN,
    HOUR,
    PHONE_DEPTH,
    PHONE_PRICE,
    PHONE_WAITING,
    a_grid,
    a_merchant,
    answered,
    attempts,
    hidden,
    never,
    nights,
    pending,
    shown,
    unmeasured,
)
from tests.barometer.test_scoring import observations

PHONE, EMAIL = Channel.PHONE, Channel.EMAIL
VISIBLE = PHONE_PRICE._replace(
    measure=Measure.CLEARLY_VISIBLE, nothing=Decimal(0), words={"visible": Decimal(4), "not_visible": Decimal(1)}
)


def phones(*seen: object) -> Observed:
    return Observed(a_merchant(), nights(*({PHONE: one} for one in seen)))  # type: ignore[dict-item]


def mailed(*endings: object, **more: object) -> Observed:
    return Observed(a_merchant(), (), attempts(EMAIL, *endings, **more))  # type: ignore[arg-type]


FIFTY = [answered(60)] * 12 + [answered(5 * HOUR)] * 18 + [answered(30 * HOUR)] * 12 + [never()] * 8


@pytest.mark.parametrize(
    ("criterion", "observed", "english", "french"),
    [
        (
            PHONE_DEPTH,
            phones(shown(0), shown(1), shown(1), shown(1), shown(0)),
            "Phone: 1 click on the median of 5 nights (best 0, worst 1): 7 of 10 points",
            "Téléphone_: 1_clic, médiane de 5_nuits (au mieux 0, au pire 1)_: 7_points sur_10",
        ),
        (
            PHONE_DEPTH,
            phones(shown(0), shown(0), hidden()),
            "Phone: 0 clicks on the median of 3 nights (best 0, worst not shown): 10 of 10 points",
            "Téléphone_: 0_clic, médiane de 3_nuits (au mieux 0, au pire non affiché)_: 10_points sur_10",
        ),
        (
            PHONE_DEPTH,
            phones(shown(2), shown(2), unmeasured()),
            "Phone: 2 clicks on each of 2 nights: 4 of 10 points; 1 not measured",
            "Téléphone_: 2_clics chacune des 2_nuits_: 4_points sur_10\u202f; 1_hors mesure",
        ),
        (
            PHONE_DEPTH,
            phones(hidden()),
            "Phone: not shown on the only night measured: 0 of 10 points",
            "Téléphone_: non affiché, la seule nuit mesurée_: 0_point sur_10",
        ),
        (
            PHONE_DEPTH,
            phones(unmeasured("bot_wall")),
            "Phone: not measured (check meant for robots)",
            "Téléphone_: non mesuré (vérification destinée aux robots)",
        ),
        (
            PHONE_PRICE,
            phones(*[shown(price_class=PriceClass.PREMIUM)] * 3),
            "Price of a call: premium rate on each of 3 nights: 0 of 4 points",
            "Prix d’un appel_: numéro surtaxé chacune des 3_nuits_: 0_point sur_4",
        ),
        (
            VISIBLE,
            phones(shown(), shown(), shown(clearly_visible=False)),
            "Price of a call: clearly visible on the median of 3 nights"
            " (best clearly visible, worst not clearly visible): 4 of 4 points",
            "Prix d’un appel_: bien visible, médiane de 3_nuits (au mieux bien visible, au pire peu visible)_: 4_points sur_4",
        ),
        (
            EMAIL_DELAY,
            mailed(*FIFTY),
            "E-mail: 12 of 50 answered within 1 h, 30 within 24 h, 12 later, 8 never: 5.04 of 10 points",
            "E-mail_: réponse en 1_h au plus dans 12_cas sur_50, en 24_h au plus dans_30, plus tard dans_12, jamais dans_8_:"
            " 5,04_points sur_10",
        ),
        (
            EMAIL_DELAY,
            mailed(answered(60), Missing("not_sent"), pending(60)),
            "E-mail: 1 of 1 answered within 1 h: 10 of 10 points; 1 not measured; 1 still open",
            "E-mail_: réponse en 1_h au plus dans 1_cas sur_1_: 10_points sur_10\u202f; 1_hors mesure\u202f; 1_en attente",
        ),
        (
            EMAIL_DELAY,
            mailed(never(), never(), never()),
            "E-mail: none of 3 answered: 0 of 10 points",
            "E-mail_: aucune réponse pour 3_essais_: 0_point sur_10",
        ),
        (
            EMAIL_DELAY,
            mailed(never()),
            "E-mail: no answer to the only attempt: 0 of 10 points",
            "E-mail_: pas de réponse au seul essai_: 0_point sur_10",
        ),
        (
            EMAIL_DELAY,
            mailed(pending(60)),
            "E-mail: not measured (answers may still come)",
            "E-mail_: non mesuré (des réponses peuvent encore venir)",
        ),
        (
            EMAIL_DELAY,
            mailed(Missing("blocked:captcha")),
            "E-mail: not measured (captcha)",
            "E-mail_: non mesuré (captcha)",
        ),
        (
            EMAIL_DELAY._replace(bands=(Band(None, Decimal(10)),)),
            mailed(answered(60), answered(10**6), never()),
            "E-mail: 2 of 3 answered, 1 never: 6.67 of 10 points",
            "E-mail_: réponse dans 2_cas sur_3, jamais dans_1_: 6,67_points sur_10",
        ),
        (
            EMAIL_DELAY._replace(
                measure=Measure.BUSINESS_DELAY, bands=(Band(Decimal(14400), Decimal(1)), Band(None, Decimal(0)))
            ),
            mailed(answered(60), answered(10**6)),
            "E-mail: 1 of 2 answered within 4 h of business time, 1 later: 0.5 of 10 points",
            "E-mail_: réponse en 4_h ouvrées au plus dans 1_cas sur_2, plus tard dans_1_: 0,5_point sur_10",
        ),
        (
            PHONE_WAITING,
            Observed(a_merchant(), (), attempts(PHONE, answered(20), answered(100))),
            "Calls: 1 of 2 answered within 30 s, 2 within 3 min: 6.5 of 10 points",
            "Appels_: réponse en 30_s au plus dans 1_cas sur_2, en 3_min au plus dans_2_: 6,5_points sur_10",
        ),
        (
            PHONE_WAITING,
            phones(hidden())._replace(attempts=attempts(PHONE, *[Missing("blocked:no_address")] * 2)),
            "Calls: not shown, so nobody can ask, which counts as silence: 0 of 10 points",
            "Appels_: non affiché, donc personne ne peut demander, ce qui vaut silence_: 0_point sur_10",
        ),
        (
            EMAIL_PERSONALISATION,
            mailed(answered(60), answered(60), never(), of="email.personalisation", marks=[2, 1]),
            "Personalisation: mean mark 1 of 2 over 3 attempts, of which 1 without an answer: 1 of 2 points",
            "Personnalisation_: note moyenne de 1 sur_2 pour 3_essais, dont 1 sans réponse_: 1_point sur_2",
        ),
        (
            EMAIL_PERSONALISATION._replace(maximum=Decimal(1)),
            mailed(answered(60), of="email.personalisation", marks=[Fraction(3, 2)]),
            "Personalisation: mark 1.5 of 2 on the only attempt: 0.75 of 1 point",
            "Personnalisation_: note de 1,5 sur_2 au seul essai_: 0,75_point sur_1",
        ),
        (
            EMAIL_PERSONALISATION,
            mailed(*[answered(60)] * 8, *[never()] * 2, of="email.personalisation", marks=[2, 1]),
            "Personalisation: mean mark 1.5 of 2 over 2 of 8 answers, the others marked by nobody;"
            " 2 of 10 attempts without an answer: 1.2 of 2 points",
            "Personnalisation_: note moyenne de 1,5 sur_2 pour 2 des 8_réponses, les autres sans note ;"
            " 2 des 10_essais sans réponse_: 1,2_point sur_2",
        ),
        (
            EMAIL_PERSONALISATION._replace(nothing=None),
            mailed(*[answered(60)] * 8, *[never()] * 2, Missing("not_sent"), of="email.personalisation", marks=[2, 1]),
            "Personalisation: mean mark 1.5 of 2 over 2 of 8 answers, the others marked by nobody: 1.5 of 2 points;"
            " 1 not measured; 2 left out by the grid",
            "Personnalisation_: note moyenne de 1,5 sur_2 pour 2 des 8_réponses, les autres sans note_: 1,5_point sur_2 ;"
            " 1_hors mesure ; 2_hors barème",
        ),
        (
            EMAIL_PERSONALISATION,
            mailed(answered(60), answered(60), never()),
            "Personalisation: not measured (nobody marked it)",
            "Personnalisation_: non mesuré (personne ne l’a noté)",
        ),
        (
            PHONE_PRICE,
            phones(hidden(), *[shown(price_class=PriceClass.ORDINARY)] * 3, hidden(), unmeasured()),
            "Price of a call: ordinary call on the median of 5 nights (best ordinary call, worst not shown):"
            " 3 of 4 points; 1 not measured",
            "Prix d’un appel_: appel ordinaire, médiane de 5_nuits (au mieux appel ordinaire, au pire non affiché)_:"
            " 3_points sur_4 ; 1_hors mesure",
        ),
        (
            PHONE_PRICE,
            phones(*[hidden()] * 6, shown(price_class=PriceClass.ORDINARY)),
            "Price of a call: not measured (left out by the grid)",
            "Prix d’un appel_: non mesuré (laissé de côté par la grille)",
        ),
    ],
)
def test_a_mark_is_told_in_both_languages(criterion: Criterion, observed: Observed, english: str, french: str) -> None:
    found = mark(criterion, observed, 5)
    assert found.rule == english
    assert sentence(found, criterion, "fr") == french.replace("_", "\u00a0")


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (45, "45 s", "45_s"),
        (90, "1.5 min", "1,5_min"),
        (3600, "1 h", "1_h"),
        (108000, "30 h", "30_h"),
        (259200, "72 h", "72_h"),
        (1209600, "14 days", "14_jours"),
    ],
)
def test_times_are_said_in_the_unit_they_are_known_in(seconds: int, english: str, french: str) -> None:
    criterion = EMAIL_DELAY._replace(bands=(Band(Decimal(seconds), Decimal(10)), Band(None, Decimal(0))))
    found = mark(criterion, mailed(answered(1)), 5)
    assert f"within {english}:" in found.rule
    assert f"en {french} au plus".replace("_", "\u00a0") in sentence(found, criterion, "fr")


def test_a_title_that_the_grid_has_in_another_language_only_is_taken_as_it_is() -> None:
    only_french = EMAIL_SHOWN._replace(title={"fr": "Écrire {points} à ~ : qui ?"})
    observed = Observed(a_merchant(), nights({EMAIL: shown(0), Channel.FORM: hidden()}))
    assert mark(only_french, observed, 5).rule.startswith("Écrire {points} à ~ : qui ?: shown on the only night")


@settings(deadline=None, max_examples=50)
@given(observations)
def test_every_mark_can_be_told_on_one_line_with_nothing_left_to_fill_in(observed: Observed) -> None:
    grid = a_grid()
    for one in score(observed, grid).marks:
        for language in LANGUAGES:
            told = sentence(one, grid.criterion(one.criterion), language)
            assert "\n" not in told
            assert "{" not in told
            assert "~" not in told
