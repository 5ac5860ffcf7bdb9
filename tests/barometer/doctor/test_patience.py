"""Checks side by side: all are told in their order, whatever one of them does."""

import threading

from barometer.checks.check import Check, Health
from barometer.checks.patience import all_at_once


def well(name: str) -> Check:
    return Check(name, Health.OK, "well")


def test_checks_are_told_in_their_order_however_they_end() -> None:
    first_may_end = threading.Event()

    def first() -> list[Check]:
        # The second has to be at work before the first is done: one after the other they would never end.
        assert first_may_end.wait(20)
        return [well("first"), well("first, too")]

    def second() -> list[Check]:
        first_may_end.set()
        return [well("second")]

    found = list(all_at_once([("first", first), ("second", second)]))
    assert [check.name for check in found] == ["first", "first, too", "second"]


def test_a_check_that_hangs_is_a_warning_and_holds_nobody_up() -> None:
    never = threading.Event()

    def hang() -> list[Check]:
        never.wait()
        return []

    hanging, other = all_at_once([("mail", hang), ("other", lambda: [well("other")])], patience=0.2)
    never.set()
    assert (hanging.name, hanging.health, hanging.remedy is not None) == ("mail", Health.WARN, True)
    assert other == well("other")


def test_a_check_that_breaks_is_told_as_such_and_hides_no_other() -> None:
    def broken() -> list[Check]:
        raise KeyError("x")

    first, second = all_at_once([("mail", broken), ("other", lambda: [well("other")])])
    assert "KeyError" in first.found
    assert second == well("other")
