"""What the stamps of a call prove: how long a caller waited, and whether anybody answered."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer.measures.waiting import Answered, NeverAnswered, NotMeasured, answered_within, call, tally
from probes.stamps import Press, TaskKind, following
from storage.vocabulary import StampKind
from tests.probes.desk_samples import NOON

K = StampKind


def stamps(*given: tuple[StampKind, float]) -> list[Press]:
    return [Press(number, kind, NOON + timedelta(seconds=seconds)) for number, (kind, seconds) in enumerate(given)]


def test_a_call_is_timed_stage_by_stage_from_dialling() -> None:
    assert call(
        stamps((K.DIALLED, 0), (K.RINGING, 2.5), (K.MENU, 8), (K.ON_HOLD, 20), (K.HUMAN, 65), (K.HUNG_UP, 200))
    ) == Answered(
        waited=65,
        total=200,
        stages={K.DIALLED: 2.5, K.RINGING: 5.5, K.MENU: 12, K.ON_HOLD: 45, K.HUMAN: 135},
    )


def test_a_stage_that_was_not_stamped_is_no_stage() -> None:
    found = call(stamps((K.DIALLED, 0), (K.HUMAN, 12), (K.HUNG_UP, 30)))
    assert isinstance(found, Answered)
    assert found.stages == {K.DIALLED: 12, K.HUMAN: 18}


@pytest.mark.parametrize(("end", "by_them"), [(K.HUNG_UP, True), (K.GAVE_UP, False)])
def test_a_call_that_ends_without_a_person_was_never_answered_and_says_who_ended_it(
    end: StampKind, by_them: bool
) -> None:
    found = call(stamps((K.DIALLED, 0), (K.ON_HOLD, 10), (end, 190)))
    assert found == NeverAnswered(190, {K.DIALLED: 10, K.ON_HOLD: 180}, by_them)


def test_the_answer_counts_although_the_end_of_the_call_was_not_stamped() -> None:
    assert call(stamps((K.DIALLED, 0), (K.HUMAN, 31))) == Answered(31, 31, {K.DIALLED: 31})


def test_a_call_that_nobody_saw_the_end_of_is_not_measured() -> None:
    assert call(stamps((K.DIALLED, 0), (K.ON_HOLD, 31))) == NotMeasured("not_ended")
    assert call([]) == NotMeasured("not_dialled")


def test_undone_stamps_do_not_count() -> None:
    pressed = [
        *stamps((K.DIALLED, 0), (K.HUMAN, 4)),
        Press(2, K.UNDO, NOON, undoes=1),
        Press(3, K.HUMAN, NOON + timedelta(seconds=40)),
    ]
    found = call(pressed)
    assert isinstance(found, Answered)
    assert found.waited == 40


def test_our_own_failure_is_not_the_merchants() -> None:
    pressed = stamps((K.DIALLED, 0), (K.GAVE_UP, 4))
    pressed[-1] = pressed[-1]._replace(note="our_failure: no line")
    assert call(pressed) == NotMeasured("our_failure")


def test_a_window_includes_its_last_second_and_nothing_after_it() -> None:
    assert answered_within(Answered(30.0, 40, {}), 30)
    assert not answered_within(Answered(30.001, 40, {}), 30)
    assert not answered_within(NeverAnswered(10, {}, True), 30)


def test_calls_are_counted_over_those_that_were_measured() -> None:
    calls = [
        Answered(12, 60, {}),
        Answered(59, 90, {}),
        Answered(400, 500, {}),
        NeverAnswered(180, {}, False),
        NeverAnswered(9, {}, True),
        NotMeasured("our_failure"),
    ]
    found = tally(calls)
    assert (found.measured, found.not_measured) == (5, 1)
    assert found.within == {30: 1, 60: 2, 180: 2}
    assert (found.never_answered, found.ended_by_them) == (2, 1)


@given(st.data())
def test_the_stages_of_any_call_add_up_to_its_length(drawn: st.DataObject) -> None:
    pressed: list[Press] = []
    while following(TaskKind.CALL, pressed):
        kind = drawn.draw(st.sampled_from(following(TaskKind.CALL, pressed)))
        previous = pressed[-1].at if pressed else NOON
        pressed.append(Press(len(pressed), kind, previous + timedelta(seconds=drawn.draw(st.integers(0, 600)))))
    found = call(pressed)
    assert not isinstance(found, NotMeasured)
    assert sum(found.stages.values()) == found.total
    assert list(found.stages.values()) == [(end.at - start.at).total_seconds() for start, end in pairwise(pressed)]
    if isinstance(found, Answered):
        assert found.waited <= found.total
