"""What we write into a form and what we leave to a person: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.forms.buttons import way_on
from probes.forms.choose import ContactForm, Question
from probes.forms.fill import Act, Fill, Particulars, Writer, is_done, plan
from probes.forms.menus import chosen, reason
from probes.forms.roles import FillRole
from probes.forms.seen import Option, Press, Seen
from probes.forms.words import LONGEST, keys_of, listed, says
from probes.probe import Blocked, Outgoing, Sender
from storage.vocabulary import BlockedBy

OUTGOING = Outgoing(
    "a1",
    "https://shop.example/contact",
    "Livraison en point relais",
    "Bonjour,\nlivrez-vous ?",
    "t",
    "fr",
    "k7@reply.example",
    None,
)
WRITER = Writer(Sender("Claire Anne Martin", "claire@home.example", "+33 6 39 98 12 34"), Particulars(), OUTGOING)


def question(role: FillRole, number: int = 0, words: str = "x", **facts: object) -> Question:
    given: dict[str, object] = {"type": "text"} | facts
    return Question(Seen(number, **given), role, words)  # type: ignore[arg-type]


def form(*questions: Question, challenge: bool = False) -> ContactForm:
    return ContactForm(
        "k", "", "", questions, (), challenge, not any(one.role is FillRole.MESSAGE for one in questions)
    )


MESSAGE = question(FillRole.MESSAGE, 90, type="textarea")
MAIL = question(FillRole.EMAIL, 91, type="email")


def written(asked: Question, writer: Writer = WRITER) -> str | None:
    """Return what is written into *asked*, ``None`` for nothing; the form is complete without it."""
    fills = plan(form(asked, MAIL, MESSAGE), writer)
    assert not isinstance(fills, Blocked), fills
    return next((fill.value for fill in fills if fill.number == asked.seen.number), None)


def place(asked: Question, writer: Writer = WRITER) -> int | None:
    """Return the place of what is chosen from *asked*."""
    fills = plan(form(asked, MAIL, MESSAGE), writer)
    assert not isinstance(fills, Blocked), fills
    return next((fill.option for fill in fills if fill.number == asked.seen.number), None)


def menu(role: FillRole, *texts: str, **facts: object) -> Question:
    return question(role, type="select", options=tuple(Option(text, text) for text in texts), **facts)


def blocked(*asked: Question, challenge: bool = False) -> Blocked:
    found = plan(form(*asked, MAIL, MESSAGE, challenge=challenge), WRITER)
    assert isinstance(found, Blocked), found
    return found


@pytest.mark.parametrize(
    ("role", "value"),
    [
        (FillRole.NAME, "Claire Anne Martin"),
        (FillRole.FIRST_NAME, "Claire"),
        (FillRole.LAST_NAME, "Anne Martin"),
        (FillRole.EMAIL, "k7@reply.example"),
        (FillRole.EMAIL_AGAIN, "k7@reply.example"),
        (FillRole.SUBJECT, "Livraison en point relais"),
    ],
)
def test_who_writes_where_to_answer_and_what_about_is_always_said(role: FillRole, value: str) -> None:
    assert written(question(role)) == value


@pytest.mark.parametrize(
    "role",
    [
        FillRole.PHONE,
        FillRole.COMPANY,
        FillRole.STREET,
        FillRole.CITY,
        FillRole.ORDER_NUMBER,
        FillRole.DATE,
        FillRole.WEBSITE,
        FillRole.OTHER,
        FillRole.CUSTOMER,
    ],
)
def test_what_may_stay_empty_stays_empty(role: FillRole) -> None:
    assert written(question(role)) is None


@pytest.mark.parametrize("words", ["Téléphone *", "Téléphone (obligatoire)", "Phone (required)"])
def test_a_star_or_the_word_for_it_makes_a_field_needed(words: str) -> None:
    assert written(question(FillRole.PHONE, words=words)) == "0639981234"


def test_an_optional_field_is_none_even_with_a_star_somewhere() -> None:
    assert written(question(FillRole.PHONE, words="Téléphone (facultatif) *")) is None


def test_a_form_without_an_address_gets_the_phone_number() -> None:
    fills = plan(form(question(FillRole.PHONE), MESSAGE), WRITER)
    assert not isinstance(fills, Blocked)
    assert [fill.value for fill in fills if fill.role is FillRole.PHONE] == ["0639981234"]


def test_a_line_never_holds_a_line_end() -> None:
    assert (
        written(question(FillRole.SUBJECT), WRITER._replace(outgoing=OUTGOING._replace(subject="Une\r\nquestion")))
        == "Une question"
    )


@pytest.mark.parametrize(
    ("role", "facts", "by"),
    [
        (FillRole.CAPTCHA, {}, BlockedBy.CAPTCHA),
        (FillRole.PASSWORD, {"type": "password"}, BlockedBy.LOGIN),
        (FillRole.FILE, {"type": "file", "needed": True}, BlockedBy.FILE_UPLOAD),
        (FillRole.ORDER_NUMBER, {"needed": True}, BlockedBy.NOT_UNDERSTOOD),
        (FillRole.DATE, {"type": "date", "needed": True}, BlockedBy.NOT_UNDERSTOOD),
        (FillRole.STREET, {"needed": True}, BlockedBy.NOT_UNDERSTOOD),
        (FillRole.OTHER, {"needed": True}, BlockedBy.NOT_UNDERSTOOD),
        (FillRole.OTHER, {"type": "checkbox", "needed": True}, BlockedBy.NOT_UNDERSTOOD),
        (FillRole.NEWSLETTER, {"type": "checkbox", "needed": True}, BlockedBy.NOT_UNDERSTOOD),
        (FillRole.NAME, {"longest": 5}, BlockedBy.NOT_UNDERSTOOD),
        (FillRole.SUBJECT, {"shortest": 200}, BlockedBy.NOT_UNDERSTOOD),
    ],
)
def test_what_cannot_be_answered_truly_is_left_to_a_person(
    role: FillRole, facts: dict[str, object], by: BlockedBy
) -> None:
    assert blocked(question(role, **facts)).by is by


def test_a_captcha_beside_the_form_blocks() -> None:
    assert blocked(challenge=True).by is BlockedBy.CAPTCHA


def test_a_captcha_is_named_before_anything_else_in_the_way() -> None:
    assert blocked(question(FillRole.OTHER, 1, needed=True), question(FillRole.CAPTCHA, 2)).by is BlockedBy.CAPTCHA


def test_a_file_that_may_be_left_out_is_no_hindrance() -> None:
    assert written(question(FillRole.FILE, type="file")) is None


SUBJECTS = (
    "Choisissez un sujet",
    "Presse",
    "Devenir revendeur",
    "Retour et remboursement",
    "Suivi de livraison",
    "Autre",
)


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("Livraison en point relais", "", "Suivi de livraison"),
        ("Renvoyer un article", "Comment me faire rembourser ?", "Retour et remboursement"),
        ("Un mot", "Bonjour.", "Autre"),
    ],
)
def test_the_option_that_speaks_of_our_topic_is_chosen(subject: str, body: str, expected: str) -> None:
    found = reason([Option(text, text) for text in SUBJECTS], subject, body)
    assert found is not None
    assert SUBJECTS[found] == expected


def test_the_press_and_applicants_have_options_of_their_own() -> None:
    offered = [
        Option(text, text)
        for text in ("Presse", "Emploi", "Publicité", "Partenariats", "Press enquiries", "Jobs", "Advertising")
    ]
    assert reason(offered, "Presse et emploi", "publicité") is None


def test_an_invitation_to_choose_is_no_choice() -> None:
    assert chosen([Option("-- Choisissez --", "", on=True), Option("Autre", "a")]) is None
    assert chosen([Option("Sujet", "", on=True)]) is None
    assert chosen([Option("Service client", "s", on=True)]) == 0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (menu(FillRole.COUNTRY, "Belgique", "France"), 1),
        (menu(FillRole.SALUTATION, "M.", "Mme"), None),
        (menu(FillRole.SALUTATION, "M.", "Mme", "Ne souhaite pas préciser", needed=True), 2),
        (menu(FillRole.HEARD, "-", "Presse", "Internet", needed=True), 2),
        (menu(FillRole.WHO, "Professionnel", "Particulier", needed=True), 1),
        (menu(FillRole.CUSTOMER, "Oui", "Non", needed=True), 1),
        (menu(FillRole.REACH_BY, "Téléphone", "E-mail", needed=True), 1),
        (menu(FillRole.OTHER, "Rouge", "Vert"), None),
        (menu(FillRole.OTHER, "Rouge", "Autre", needed=True), 1),
    ],
)
def test_a_menu_is_answered_as_we_truly_are(asked: Question, expected: int | None) -> None:
    assert place(asked) == expected


def test_a_salutation_is_given_where_it_is_configured() -> None:
    writer = WRITER._replace(particulars=Particulars("Mme"))
    assert place(menu(FillRole.SALUTATION, "Monsieur", "Madame", needed=True), writer) == 1


def test_a_menu_where_nothing_fits_is_left_to_a_person() -> None:
    assert blocked(menu(FillRole.SALUTATION, "M.", "Mme", needed=True)).by is BlockedBy.NOT_UNDERSTOOD


def test_consent_is_given_news_and_copies_are_not() -> None:
    boxes = [
        question(FillRole.PRIVACY, 1, type="checkbox"),
        question(FillRole.NEWSLETTER, 2, type="checkbox", ticked=True),
        question(FillRole.NEWSLETTER, 3, type="checkbox"),
        question(FillRole.COPY, 4, type="checkbox", ticked=True),
    ]
    fills = plan(form(*boxes, MAIL, MESSAGE), WRITER)
    assert not isinstance(fills, Blocked)
    assert [(fill.number, fill.act) for fill in fills][:3] == [(1, Act.TICK), (2, Act.UNTICK), (4, Act.UNTICK)]


def test_a_question_about_news_is_answered_no() -> None:
    asked = [
        question(FillRole.NEWSLETTER, number, words, type="radio", name="n", needed=True, question="Newsletter ?")
        for number, words in enumerate(("Oui", "Non"))
    ]
    fills = plan(form(*asked, MAIL, MESSAGE), WRITER)
    assert not isinstance(fills, Blocked)
    assert fills[0] == Fill(1, FillRole.NEWSLETTER, Act.TICK)


def test_of_two_boxes_the_needed_one_gets_the_message() -> None:
    boxes = (
        question(FillRole.MESSAGE, 1, type="textarea"),
        question(FillRole.MESSAGE, 2, type="textarea", needed=True),
    )
    fills = plan(form(MAIL, *boxes), WRITER)
    assert not isinstance(fills, Blocked)
    assert [fill.number for fill in fills if fill.role is FillRole.MESSAGE] == [2]


@pytest.mark.parametrize(
    ("fill", "seen", "done"),
    [
        (Fill(0, FillRole.PHONE, Act.WRITE, "0639981234"), Seen(0, "tel", value="06 39 98 12 34"), True),
        (Fill(0, FillRole.PHONE, Act.WRITE, "0639981234"), Seen(0, "tel", value="+33 6 39 98 12 34"), True),
        (Fill(0, FillRole.PHONE, Act.WRITE, "+33639981234"), Seen(0, "tel", value="0639981234"), False),
        (Fill(0, FillRole.NAME, Act.WRITE, "Claire"), Seen(0, "text", value="claire"), True),
        (Fill(0, FillRole.NAME, Act.WRITE, "Claire"), Seen(0, "text"), False),
        (
            Fill(0, FillRole.REASON, Act.CHOOSE, option=1),
            Seen(0, "select", options=(Option("a", "a", on=True), Option("b", "b"))),
            False,
        ),
        (Fill(0, FillRole.REASON, Act.CHOOSE, option=7), Seen(0, "select"), False),
        (
            Fill(0, FillRole.REASON, Act.CHOOSE, option=0),
            Seen(0, "select", drawn="list", value="Livraison ▾", options=(Option("Livraison", ""),)),
            True,
        ),
        (Fill(0, FillRole.PRIVACY, Act.TICK), Seen(0, "checkbox", ticked=True), True),
        (Fill(0, FillRole.NEWSLETTER, Act.UNTICK), Seen(0, "checkbox", ticked=True), False),
    ],
)
def test_what_stands_in_a_field_is_compared_as_people_read_it(fill: Fill, seen: Seen, done: bool) -> None:
    assert is_done(fill, seen) is done


@given(
    st.lists(
        st.tuples(
            st.sampled_from(FillRole),
            st.sampled_from(["text", "textarea", "select", "checkbox", "radio", "email", "file"]),
            st.booleans(),
            st.booleans(),
            st.text(max_size=20),
        ),
        max_size=12,
    )
)
def test_whatever_a_form_asks_the_plan_holds_only_its_own_unlocked_fields(
    asked: list[tuple[FillRole, str, bool, bool, str]],
) -> None:
    questions = [
        question(
            role,
            number,
            words,
            type=kind,
            needed=needed,
            locked=locked,
            name=f"n{number}",
            options=(Option(words, "1"), Option("Autre", "2")),
        )
        for number, (role, kind, needed, locked, words) in enumerate(asked)
    ]
    fills = plan(form(*questions), WRITER)
    if not isinstance(fills, Blocked):
        numbers = [fill.number for fill in fills]
        assert len(set(numbers)) == len(numbers)
        assert all(not questions[number].seen.locked for number in numbers)
        assert not {fill.role for fill in fills} & {
            FillRole.HONEYPOT,
            FillRole.ORDER_NUMBER,
            FillRole.DATE,
            FillRole.FILE,
            FillRole.CAPTCHA,
        }


def buttons(*texts: str, native: bool = True) -> ContactForm:
    return ContactForm("k", "", "", (), tuple(Press(number, text, native=native) for number, text in enumerate(texts)))


@pytest.mark.parametrize(
    ("texts", "expected", "sends"),
    [
        (("Annuler", "Envoyer"), "Envoyer", True),
        (("Précédent", "Suivant"), "Suivant", False),
        (("Précédent", "Suivant", "Envoyer"), "Envoyer", True),
        (("Ajouter un fichier", "Go !"), "Go !", True),
        (("Reset", "→"), "→", True),
        (("Send message",), "Send message", True),
    ],
)
def test_the_button_that_sends_is_told_by_its_words(texts: tuple[str, ...], expected: str, sends: bool) -> None:
    way = way_on(buttons(*texts))
    assert way is not None
    assert (way.press.text, way.sends) == (expected, sends)


def test_buttons_that_do_something_else_are_never_pressed() -> None:
    assert way_on(buttons("Annuler", "Parcourir", "S'abonner", "Rechercher")) is None


def test_every_list_of_the_lexicon_is_read_in_both_languages() -> None:
    for table in ("fields", "buttons", "options", "topics", "page"):
        for key in keys_of(table):
            assert listed(table, key)
    assert says("Votre PRÉNOM", "fields", "first_name")
    assert says("your first-name", "fields", "first_name")
    with pytest.raises(LookupError, match="no_such"):
        listed("fields", "no_such")


def test_a_long_text_costs_no_more_than_its_beginning() -> None:
    assert not says("a" * LONGEST + " newsletter", "fields", "newsletter")
