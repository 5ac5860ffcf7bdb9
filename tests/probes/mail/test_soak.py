"""A sender and a reader that are killed send nothing twice, forget nothing and lose no answer; and the judge would notice."""

from collections import Counter

import pytest

from benchmarks.soak import State, soak
from benchmarks.soak_books import Verdict
from tests.mail_servers import missing


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills_at_random_points_leave_nothing_twice_and_nothing_forgotten() -> None:
    reason = missing()
    if reason:
        pytest.skip(reason)
    report = soak(kills=20, at_least=1, seed=7)
    assert sum(report.kills.values()) >= 20
    assert min(report.kills[str(state)] for state in State) >= 1
    assert report.verdict.complaints() == []
    assert Counter(report.verdict.states).total() == report.verdict.attempts == 120


@pytest.mark.parametrize(
    ("verdict", "complaint"),
    [
        (Verdict(attempts=100, duplicates=["a"]), "sent twice: a"),
        (Verdict(attempts=100, lost=["a"]), "not in the merchant's mailbox: a"),
        (Verdict(attempts=100, left_unsaid=["a"]), "not said to be sent: a"),
        (Verdict(attempts=100, unfinished=["a"]), "neither sent nor unknown at the end: a"),
        (
            Verdict(attempts=100, answers_in_mailbox=2, answers_in_journal=1),
            "2 answers in the mailbox, 1 in the journal",
        ),
        (Verdict(attempts=100, unknown_left=["a"] * 3, unknown_not_left=["b"] * 3), "6 of 100 unknown"),
    ],
)
def test_the_judge_complains_of_whatever_must_not_be(verdict: Verdict, complaint: str) -> None:
    assert len(verdict.complaints()) == 1
    assert complaint in verdict.complaints()[0]


def test_a_few_unknown_attempts_are_no_complaint() -> None:
    assert Verdict(attempts=100, unknown_not_left=["a"] * 5).complaints() == []
