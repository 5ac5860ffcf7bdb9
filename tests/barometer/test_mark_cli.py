"""``barometer mark``: blind marks, at a terminal, one by one and by CSV, and how far raters agree."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from barometer.agreement import Alpha, Undefined, agreement
from barometer.mark_file import columns
from probes.criteria import NotJudged, criteria, give, judgement, latest, latest_of, rating
from probes.marking import answers, to_mark
from storage.records import Rating, Review, Verdict
from storage.vocabulary import Channel, ReplyKind
from tests.barometer.command_line import run, run_process
from tests.barometer.desk_folder import opened, write_settings
from tests.barometer.terminal import at_a_terminal
from tests.probes.desk_samples import at
from tests.probes.reply_samples import answered_mails, reply, sent

MAIL = ["email.technical", "email.personalisation", "email.writing"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    write_settings(tmp_path)
    return tmp_path


def answered(folder: Path, count: int = 1) -> list[str]:
    with opened(folder) as database:
        return answered_mails(database, count)


def marks(folder: Path, key: str) -> dict[tuple[str, str], Decimal | str | None]:
    with opened(folder) as database, database.reading() as session:
        found = latest(session, key)
    return {(one.rater, one.criterion): one.why if one.value is None else one.value for one in found}


def rated(*given: tuple[str, str, int | None], key: str = "email.writing") -> list[Rating]:
    return [
        rating(attempt, key, rater, NotJudged("cannot tell") if value is None else judgement(str(value)))
        for attempt, rater, value in given
    ]


# What can be marked


def test_only_human_answers_in_words_to_mails_and_forms_are_marked_and_of_several_the_first(folder: Path) -> None:
    with opened(folder) as database, database.session() as session:
        mail, form, call, silent = (
            sent(session, channel, f"{channel}-{number}.test")
            for number, channel in enumerate([Channel.EMAIL, Channel.FORM, Channel.PHONE, Channel.EMAIL])
        )
        session.add_all(
            [
                reply(mail.id, kind=ReplyKind.ACKNOWLEDGEMENT, received_at=at(1), text="Bien reçu."),
                reply(mail.id, received_at=at(90), text="Second."),
                reply(mail.id, received_at=at(60), text="First."),
                reply(form.id, text="By form."),
                reply(call.id, text="A voice."),
                reply(silent.id, text=None),
                reply(None, text="Whose?"),
            ]
        )
        session.flush()
        assert sorted((one.text, one.channel) for one in answers(session)) == [
            ("By form.", Channel.FORM),
            ("First.", Channel.EMAIL),
        ]


def test_what_an_analyst_overruled_is_marked_as_they_said(folder: Path) -> None:
    with opened(folder) as database, database.session() as session:
        record = sent(session)
        machine = reply(record.id, kind=ReplyKind.ACKNOWLEDGEMENT, text="Signed by a person.")
        session.add(machine)
        session.flush()
        assert answers(session) == []
        session.add(
            Review(
                subject="reply", subject_id=machine.id, verdict=Verdict.OVERRULED, replacement="human",
                why="signed", reviewer="Alix",
            )
        )  # fmt: skip
        session.flush()
        assert [one.text for one in answers(session)] == ["Signed by a person."]


def test_an_answer_waits_for_two_raters_and_for_no_third(folder: Path) -> None:
    (key,) = answered(folder)
    done = {one: judgement("1") for one in MAIL}
    with opened(folder) as database, database.session() as session:
        give(session, key, "A", done)
        give(session, key, "B", {"email.writing": judgement("1")})
        session.flush()
        assert to_mark(session, "A") == []
        assert [one.attempt_id for one in to_mark(session, "B")] == [key]
        assert [one.attempt_id for one in to_mark(session, "C")] == [key]
        give(session, key, "B", done)
        session.flush()
        assert to_mark(session, "C") == []
        assert len(to_mark(session, "C", raters_each=3)) == 1


def test_each_rater_has_an_order_of_their_own_that_stays_the_same(folder: Path) -> None:
    answered(folder, 12)
    with opened(folder) as database, database.reading() as session:
        orders = {name: [one.attempt_id for one in to_mark(session, name)] for name in ("A", "B", "A ")}
        assert orders["A"] == [one.attempt_id for one in to_mark(session, "A")]
    assert sorted(orders["A"]) == sorted(orders["B"])
    assert len({tuple(order) for order in orders.values()}) == 3


# At the terminal


def test_a_rater_sees_question_and_answer_and_nothing_of_the_other_rater(folder: Path) -> None:
    (key,) = answered(folder)
    run("mark", "give", key, "email.writing=2", "--rater", "Other Rater")
    with at_a_terminal("mark", "next", "--rater", "Camille", cwd=folder) as terminal:
        shown = terminal.wait_for("q  stop here")
        assert "Livrez-vous le samedi ?" in shown
        assert "Oui, réponse 0." in shown
        assert "Élan" not in shown
        terminal.press("2")
        shown += terminal.wait_for("q  stop here")
        terminal.press("1")
        shown += terminal.wait_for("q  stop here")
        terminal.press("0")
        shown += terminal.wait_for("marked: 1; left: 0")
        assert "Other Rater" not in shown
        assert terminal.end() == 0
    given = {criterion: value for (rater, criterion), value in marks(folder, key).items() if rater == "Camille"}
    assert given == dict(zip(MAIL, [2, 1, 0], strict=True))


@pytest.mark.slow
def test_an_answer_cannot_steer_the_terminal_nor_be_read_as_markup(folder: Path) -> None:
    with opened(folder) as database:
        answered_mails(database, 1, text="[red]hi[/red]\x1b[2J\u202e")
    with at_a_terminal("mark", "next", "--rater", "Camille", cwd=folder) as terminal:
        shown = terminal.wait_for("q  stop here")
    assert "[red]hi[/red]\ufffd[2J\ufffd" in shown
    assert "\x1b[2J" not in shown


def test_without_a_terminal_marking_points_at_csv(folder: Path) -> None:
    done = run_process("mark", "next", "--rater", "Camille", cwd=folder)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "barometer mark export" in done.err


# One by one


def test_a_later_mark_of_the_same_rater_counts_and_the_earlier_one_stays_on_record(folder: Path) -> None:
    (key,) = answered(folder)
    give_ = ("mark", "give", key)
    assert run(*give_, "email.writing=2", "email.technical=file cannot be opened", "--rater", "A").out == (
        "2 new, 0 unchanged\n"
    )
    assert run(*give_, "email.writing=1", "--rater", "A").out == "1 new, 0 unchanged\n"
    assert run(*give_, "email.writing=1", "--rater", "A").out == "0 new, 1 unchanged\n"
    assert marks(folder, key) == {("A", "email.writing"): 1, ("A", "email.technical"): "file cannot be opened"}
    with opened(folder) as database, database.reading() as session:
        assert session.query(Rating).count() == 3


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["email.writing=3"], "must be 0, 1 or 2"),
        (["phone.courtesy=1"], "is not marked here"),
        (["writing"], "is not marked here"),
    ],
)
def test_a_mark_that_is_none_is_refused_in_one_line(folder: Path, words: list[str], why: str) -> None:
    (key,) = answered(folder)
    done = run("mark", "give", key, *words, "--rater", "A")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert why in done.err
    assert marks(folder, key) == {}


def test_marks_for_what_has_no_answer_are_refused(folder: Path) -> None:
    answered(folder)
    assert "there is no answer to mark" in run("mark", "give", "f" * 32, "email.writing=1", "--rater", "A").err


# CSV


def test_an_export_names_no_merchant_and_comes_back_as_marks(folder: Path) -> None:
    keys = answered(folder, 3)
    assert run("mark", "export", "a.csv", "--rater", "A").code == 0
    content = (folder / "a.csv").read_text("utf-8-sig")
    assert "Élan" not in content
    assert "shop-" not in content
    with (folder / "a.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert sorted(row["attempt"] for row in rows) == sorted(keys)
    rows[0].update(dict(zip(MAIL, ["2", "0", "only a link was sent"], strict=True)))
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(columns()))
        writer.writeheader()
        writer.writerows(rows)
    assert run("mark", "import", "a.csv", "--dry-run").out == "would be: 1 new, 0 unchanged, 2 left open\n"
    assert run("mark", "import", "a.csv").out == "1 new, 0 unchanged, 2 left open\n"
    assert run("mark", "import", "a.csv").out == "0 new, 1 unchanged, 2 left open\n"
    assert marks(folder, rows[0]["attempt"]) == {
        ("A", MAIL[0]): 2, ("A", MAIL[1]): 0, ("A", MAIL[2]): "only a link was sent",
    }  # fmt: skip


def test_a_file_with_anything_wrong_changes_nothing_and_names_everything(folder: Path) -> None:
    (key,) = answered(folder)
    (folder / "a.csv").write_text(
        f"attempt,rater,email.writing\n{key},A,1\n{key},A,7\n{key},,1\n{'0' * 32},A,1\n{key},A,=1\n", "utf-8"
    )
    done = run("mark", "import", "a.csv")
    assert done.code == 2
    told = done.err.splitlines()
    assert [line.split(":")[2] for line in told[:-1]] == ["3", "4", "5", "6"]
    assert told[-1] == "barometer: nothing imported: 4 problems; mend them, and import the file again"
    assert marks(folder, key) == {}


# Agreement


def test_raters_who_always_agree_have_an_alpha_of_one() -> None:
    given = rated(*((f"a{number}", rater, number % 3) for number in range(6) for rater in ("A", "B")))
    (found,) = agreement(given)
    assert (found.criterion, found.n, found.raters, found.alpha) == ("email.writing", 6, ("A", "B"), Alpha(1.0))


def test_alpha_is_that_of_a_calculation_by_hand() -> None:
    # Units (0,0), (0,1), (2,2): of 6 marks 3 are 0, 1 is 1 and 2 are 2. The squared ordinal distance of two marks is
    # that of the number of marks up to the middle of each: 4 from 0 to 1, 2.25 from 1 to 2, 12.25 from 0 to 2.
    # Observed disagreement: 2 * 4 / 6 = 4/3. Expected: 2 * (3*1*4 + 1*2*2.25 + 3*2*12.25) / (6*5) = 6. So 1 - (4/3)/6.
    given = rated(("a", "A", 0), ("a", "B", 0), ("b", "A", 0), ("b", "B", 1), ("c", "A", 2), ("c", "B", 2))
    (found,) = agreement(given)
    assert isinstance(found.alpha, Alpha)
    assert found.alpha.value == pytest.approx(7 / 9)


def test_what_one_rater_alone_has_marked_or_could_not_judge_is_no_agreement() -> None:
    given = rated(("a", "A", 0), ("b", "A", 1), ("b", "B", None))
    (found,) = agreement(given)
    assert (found.n, found.alpha) == (0, Undefined("too_few"))


def test_where_all_marks_are_the_same_agreement_is_not_defined() -> None:
    given = rated(("a", "A", 1), ("a", "B", 1), ("b", "A", 1), ("b", "B", 1))
    assert agreement(given)[0].alpha == Undefined("no_variation")


def test_the_last_mark_of_a_rater_counts() -> None:
    first, second = rated(("a", "A", 0), ("a", "A", 2))
    second.given_at = first.given_at + (at(1) - at(0))
    assert latest_of([second, first]) == [second]


def test_agreement_is_reported_by_criterion_with_its_n(folder: Path) -> None:
    for number, key in enumerate(answered(folder, 4)):
        for rater in ("A", "B"):
            run("mark", "give", key, f"email.writing={number % 3}", "email.technical=1", "--rater", rater)
    rows = {row["criterion"]: row for row in json.loads(run("mark", "agreement", "--json").out)}
    assert rows["email.writing"] == {
        "criterion": "email.writing", "n": 4, "raters": 2, "alpha": 1.0, "why_not": None,
    }  # fmt: skip
    assert (rows["email.technical"]["alpha"], rows["email.technical"]["why_not"]) == (None, "no_variation")
    assert "no_variation" in run("mark", "agreement").out


def test_the_criteria_are_those_of_the_award_and_their_keys_are_unique_to_a_place() -> None:
    assert len(criteria()) == 21
    assert {key.partition(".")[0] for key in criteria()} == {"phone", "email", "web", "social", "chat"}
