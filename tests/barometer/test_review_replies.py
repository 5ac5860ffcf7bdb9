"""``barometer replies list`` and ``review``: what came back, and how a person overrules the program."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.replies_reviewed import BadReplacement, Doubt, doubts, effective_reply
from storage.records import Attempt, Reply, Review, Verdict
from storage.vocabulary import AttemptState, ReplyKind
from tests.barometer.command_line import run
from tests.barometer.desk_folder import opened, write_settings
from tests.probes.desk_samples import at, states
from tests.probes.reply_samples import reply, sent

S = AttemptState
DECIDED = ("--by", "Alix Martin", "--why", "signed by a person")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    write_settings(tmp_path)
    return tmp_path


def store(folder: Path, matched: bool = True, **values: Any) -> tuple[str, str]:
    """Store an attempt and a reply, and return their keys."""
    with opened(folder) as database, database.session() as session:
        record = sent(session)
        came = reply(record.id if matched else None, **values)
        session.add(came)
        return record.id, came.id


def listed(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("replies", "list", "--json", *words).out.splitlines()]


def review(of: Reply, replacement: str | None, seconds: float, by: str = "Alix") -> Review:
    verdict = Verdict.OVERRULED if replacement else Verdict.UPHELD
    return Review(
        subject="reply", subject_id=of.id, verdict=verdict, replacement=replacement, why="seen", reviewer=by,
        reviewed_at=at(seconds),
    )  # fmt: skip


# What a reply counts as


def test_without_a_review_a_reply_counts_as_the_program_said() -> None:
    came = reply("a" * 32)
    assert effective_reply(came, []) == (came.id, ReplyKind.HUMAN, "a" * 32, "default.human")


def test_the_latest_review_of_kind_and_of_attempt_wins_whatever_the_order_they_are_given_in() -> None:
    came = reply("a" * 32)
    reviews = [
        review(came, "bounce", 3, "Late"),
        review(came, "acknowledgement", 1),
        review(came, "attempt:" + "b" * 32, 2),
    ]
    assert effective_reply(came, reviews) == (came.id, ReplyKind.BOUNCE, "b" * 32, "Late")


def test_upholding_brings_back_what_the_program_said() -> None:
    came = reply("a" * 32)
    reviews = [review(came, "bounce", 1), review(came, "attempt:none", 2), review(came, None, 3, "Judge")]
    assert effective_reply(came, reviews) == (came.id, ReplyKind.HUMAN, "a" * 32, "Judge")


def test_reviews_of_other_records_do_not_count() -> None:
    came, other = reply("a" * 32), reply("b" * 32)
    stray = review(came, "bounce", 1)
    stray.subject = "mark"
    assert effective_reply(came, [review(other, "bounce", 1), stray]).kind is ReplyKind.HUMAN


def test_a_replacement_that_is_nothing_known_is_an_error_and_not_a_guess() -> None:
    came = reply("a" * 32)
    with pytest.raises(BadReplacement, match="'rubbish' is no kind of reply"):
        effective_reply(came, [review(came, "rubbish", 1)])


@given(st.lists(st.sampled_from([*ReplyKind, "attempt:none", f"attempt:{'c' * 32}", None]), min_size=1, max_size=8))
def test_any_series_of_reviews_ends_with_the_last_word_on_each_matter(words: list[str | None]) -> None:
    came = reply("a" * 32)
    found = effective_reply(came, [review(came, word, number) for number, word in enumerate(words)])
    since = [word for number, word in enumerate(words) if None not in words[number:]]
    kinds = [word for word in since if word in set(ReplyKind)]
    attempts = [word for word in since if word not in set(ReplyKind)]
    assert found.kind == (kinds[-1] if kinds else ReplyKind.HUMAN)
    assert found.attempt_id == ({"attempt:none": None}.get(attempts[-1], "c" * 32) if attempts else "a" * 32)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, []),
        ({"attempt_id": None}, [Doubt.UNMATCHED]),
        ({"attempt_id": None, "candidates": ["x", "y"]}, [Doubt.AMBIGUOUS]),
        ({"rule": "context.too-fast", "kind": ReplyKind.ACKNOWLEDGEMENT}, [Doubt.UNSURE]),
        ({"text": None}, [Doubt.UNREADABLE]),
        ({"text": None, "purged_at": at(9)}, []),
        ({"text": None, "kind": ReplyKind.BOUNCE}, []),
    ],
)
def test_a_person_looks_at_what_is_doubtful_and_at_nothing_twice(values: dict[str, Any], why: list[Doubt]) -> None:
    came = reply(**{"attempt_id": "a" * 32, **values})
    assert doubts(came, []) == why
    assert doubts(came, [review(came, None, 1)]) == []


# The commands


def test_the_list_shows_what_came_back_and_what_needs_a_look(folder: Path) -> None:
    _, sure = store(folder)
    with opened(folder) as database, database.session() as session:
        unmatched = reply(None, received_at=at(1))
        session.add(unmatched)
        key = unmatched.id
    assert [row["reply"] for row in listed()] == [key, sure]
    assert [(row["reply"], row["look"]) for row in listed("--doubtful")] == [(key, ["unmatched"])]
    assert key[:8] in run("replies", "list").out


def test_nothing_to_look_at_is_said(folder: Path) -> None:
    assert run("replies", "list") == (0, "", "nothing has come back yet\n")
    assert run("replies", "list", "--doubtful").err == "no reply needs a look\n"


def test_overruling_a_kind_leaves_the_reply_as_it_is_and_answers_the_attempt(folder: Path) -> None:
    attempt, key = store(folder, kind=ReplyKind.ACKNOWLEDGEMENT, rule="context.too-fast")
    done = run("replies", "review", key[:10], "--kind", "human", *DECIDED, "--json")
    assert done.code == 0
    assert (json.loads(done.out)["kind"], json.loads(done.out)["decided_by"]) == ("human", "Alix Martin")
    with opened(folder) as database, database.reading() as session:
        assert session.get_one(Reply, key).kind is ReplyKind.ACKNOWLEDGEMENT
        assert session.get_one(Attempt, attempt).state is S.ANSWERED
        (kept,) = session.query(Review).all()
        assert (kept.subject, kept.subject_id, kept.replacement, kept.why) == (
            "reply", key, "human", "signed by a person",
        )  # fmt: skip
    assert listed("--doubtful") == []


def test_tying_a_reply_to_an_attempt_answers_it_from_the_hour_of_its_arrival(folder: Path) -> None:
    attempt, key = store(folder, matched=False, candidates=[])
    assert run("replies", "review", key, "--attempt", attempt[:10], *DECIDED).code == 0
    assert listed()[0]["attempt"] == attempt
    with opened(folder) as database, database.reading() as session:
        assert states(session, attempt)[-1] is S.ANSWERED


def test_a_reply_can_be_said_to_answer_none_of_ours(folder: Path) -> None:
    attempt, key = store(folder)
    assert run("replies", "review", key, "--attempt", "none", *DECIDED).code == 0
    assert listed()[0]["attempt"] is None
    with opened(folder) as database, database.reading() as session:
        assert session.get_one(Attempt, attempt).state is S.SENT


def test_a_soft_bounce_leaves_the_attempt_open(folder: Path) -> None:
    attempt, key = store(folder, kind=ReplyKind.OTHER_AUTOMATIC, permanent=False)
    run("replies", "review", key, "--kind", "bounce", *DECIDED)
    with opened(folder) as database, database.reading() as session:
        assert session.get_one(Attempt, attempt).state is S.SENT


def test_upholding_takes_a_reply_off_the_list(folder: Path) -> None:
    _, key = store(folder, matched=False)
    assert run("replies", "review", key, "--uphold", *DECIDED).code == 0
    assert listed("--doubtful") == []


def test_without_a_decision_a_reply_is_shown_with_its_candidates_and_nothing_is_written(folder: Path) -> None:
    attempt, _ = store(folder)
    with opened(folder) as database, database.session() as session:
        came = reply(None, candidates=[attempt], text="Which one?")
        session.add(came)
        key = came.id
    shown = run("replies", "review", key).out
    assert "Which one?" in shown
    assert attempt[:8] in shown
    assert "Élan" in shown
    with opened(folder) as database, database.reading() as session:
        assert session.query(Review).count() == 0


def test_a_reply_cannot_steer_the_terminal_nor_be_read_as_markup(folder: Path) -> None:
    _, key = store(folder, text="[bold]x[/bold]\x1b[2J\u202e", matched_by="\x07", source="[red]box")
    shown, row = run("replies", "review", key).out, run("replies", "list").out
    assert "[bold]x[/bold]\ufffd[2J\ufffd" in shown
    assert "[bold]" in row
    assert not {"\x1b", "\x07", "\u202e"} & {*shown, *row}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--kind", "friendly", *DECIDED), "'friendly' is no kind of reply"),
        (("--attempt", "zzz", *DECIDED), "there is no attempt"),
        (("--kind", "human", "--by", "Alix"), "--why is missing"),
        (("--kind", "human", "--why", "because"), "--by: '' is no name"),
        (("--uphold", "--kind", "human", *DECIDED), "--uphold leaves nothing to change"),
    ],
)
def test_a_decision_that_will_not_do_is_one_line_and_changes_nothing(
    folder: Path, words: tuple[str, ...], why: str
) -> None:
    attempt, key = store(folder)
    done = run("replies", "review", key, *words)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert why in done.err
    with opened(folder) as database, database.reading() as session:
        assert session.query(Review).count() == 0
        assert session.get_one(Attempt, attempt).state is S.SENT


def test_an_unknown_reply_is_one_line_and_exit_code_2(folder: Path) -> None:
    store(folder)
    done = run("replies", "review", "%")
    assert (done.code, done.err.count("\n")) == (2, 1)
