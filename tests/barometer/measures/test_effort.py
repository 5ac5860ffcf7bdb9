"""The effort of a path: every part of the model, and parts that add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer.measures.effort import Effort, Reached, Step, effort, screens_down

HEIGHT = 900
NEAR = Reached((100, 40, 200, 20))
FAR = Reached((100, 2000, 200, 20))


def estimate(*steps: Step, at: Reached = NEAR, consent: bool = False, age_gate: bool = False) -> Effort:
    found = effort(steps, at, HEIGHT, consent, age_gate)
    assert found is not None
    return found


def follow(target: Reached = NEAR, seconds: float | None = 0.4) -> Step:
    return Step(target, seconds)


def press(target: Reached = NEAR, seconds: float = 0.1) -> Step:
    return Step(target, seconds, stays=True)


def parts(found: Effort) -> list[tuple[str, float]]:
    return [(part.what, part.seconds) for part in found.parts]


def test_what_the_home_page_shows_at_once_takes_no_effort() -> None:
    assert estimate() == Effort(0.0, [])


def test_a_click_is_deciding_pointing_pressing_and_waiting() -> None:
    found = estimate(follow(seconds=0.42))
    assert parts(found) == [("decide", 1.35), ("point", 1.1), ("click", 0.2), ("response", 0.42)]
    assert found.seconds == 3.1


def test_banner_and_age_gate_are_a_step_each_and_come_first() -> None:
    assert parts(estimate(consent=True, age_gate=True)) == [("consent", 2.65), ("age_gate", 2.65)]
    assert estimate(consent=True, age_gate=True).seconds == 5.3


@pytest.mark.parametrize(
    ("box", "screens"),
    [
        ((0, 0, 10, 900), 0),
        ((0, 880, 10, 21), 1),
        ((0, 1780, 10, 20), 1),
        ((0, 1780, 10, 20.5), 2),
        ((0, -50, 5, 5), 0),
    ],
)
def test_scrolling_is_counted_in_windows_down_to_the_end_of_a_box(box: tuple[float, ...], screens: int) -> None:
    assert screens_down(Reached(box), HEIGHT) == screens  # type: ignore[arg-type]
    scrolled = [seconds for what, seconds in parts(estimate(at=Reached(box))) if what == "scroll"]  # type: ignore[arg-type]
    assert scrolled == ([0.5 * screens] if screens else [])


def test_what_stays_on_the_screen_needs_no_scrolling() -> None:
    assert estimate(at=Reached((0, 5000, 10, 10), fixed=True)) == Effort(0.0, [])
    assert estimate(at=Reached(None, fixed=True)) == Effort(0.0, [])


def test_link_and_sighting_are_scrolled_to_each_on_its_own_page() -> None:
    assert parts(estimate(follow(FAR), at=FAR)) == [
        ("decide", 1.35), ("scroll", 1.0), ("point", 1.1), ("click", 0.2), ("response", 0.4), ("scroll", 1.0),
    ]  # fmt: skip


def test_after_a_press_the_window_stays_where_it_was() -> None:
    beside = Reached((400, 2005, 100, 20))
    assert [part for part in parts(estimate(press(FAR), at=beside)) if part[0] == "scroll"] == [("scroll", 1.0)]
    below = Reached((400, 2900, 100, 20))
    assert [part for part in parts(estimate(press(FAR), at=below)) if part[0] == "scroll"] == [
        ("scroll", 1.0),
        ("scroll", 0.5),
    ]


def test_pointing_at_a_menu_costs_a_hover_for_a_link_and_for_the_sighting() -> None:
    menu = NEAR._replace(hovered=True)
    assert [what for what, _ in parts(estimate(follow(menu), at=menu))] == [
        "decide", "hover", "point", "click", "response", "hover",
    ]  # fmt: skip


def test_a_redirect_is_no_act_and_costs_what_it_makes_wait() -> None:
    assert estimate(Step(Reached(None), None, free=True)) == Effort(0.0, [])
    assert parts(estimate(Step(Reached(None), 0.25, free=True))) == [("response", 0.25)]


@pytest.mark.parametrize(
    ("steps", "at"),
    [
        ([follow(seconds=None)], NEAR),
        ([follow(Reached(None))], NEAR),
        ([follow()], Reached(None)),
        ([], Reached(None)),
    ],
)
def test_without_a_browser_there_is_no_effort(steps: list[Step], at: Reached) -> None:
    assert effort(steps, at, HEIGHT, False, False) is None


def test_a_window_without_height_is_refused() -> None:
    with pytest.raises(ValueError, match="shows nothing"):
        effort([], NEAR, 0, False, False)


@given(
    st.lists(st.floats(0, 60), max_size=6),
    st.floats(0, 50_000),
    st.booleans(),
    st.sampled_from([900, 915]),
)
def test_the_parts_add_up_to_the_seconds(waits: list[float], y: float, consent: bool, height: int) -> None:
    at = Reached((0, y, 10, 10))
    found = effort([Step(at, wait) for wait in waits], at, height, consent, False)
    assert found is not None
    total = sum((Decimal(str(part.seconds)) for part in found.parts), Decimal(0))
    assert round(total, 1) == Decimal(str(found.seconds))
    assert all(part.seconds == round(part.seconds, 2) for part in found.parts)
