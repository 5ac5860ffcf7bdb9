"""The floors of the annotated pages hold, and the judge notices what is wrong."""

import pytest

from benchmarks import form_accuracy
from benchmarks.forms_against_formasaurus import CORPUS
from benchmarks.labelled import Score


@pytest.mark.corpus
@pytest.mark.slow
def test_no_figure_is_below_its_floor() -> None:
    if not (CORPUS / "index.json").is_file():
        pytest.skip(f"no annotated pages in {CORPUS}; give the corpus in BAROMETER_CORPUS")
    assert form_accuracy.below(form_accuracy.measured("all").scores()) == []


def test_a_score_below_its_floor_and_one_that_is_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_accuracy, "digest", lambda: "d867cde6ddff3987")
    told = form_accuracy.below({"roles": Score(1, 2)})
    assert "roles: 0.500 is below 0.949" in told
    assert "traps: was not measured" in told


def test_other_pages_have_no_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_accuracy, "digest", lambda: "0")
    assert form_accuracy.below({}) == ["the annotations are not those that the floors were set on"]
