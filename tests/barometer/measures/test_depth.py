"""The depth of a channel: the shortest path over recorded clicks, and what may be said of it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer.measures.depth import Edge, Outcome, Proven, clicks_of, outcome, paths
from storage.vocabulary import Action, Basis, OutcomeKind, Reason, Searched, VisitStatus

COMPLETE = VisitStatus.COMPLETE


def edge(source: str, target: str, action: Action = Action.FOLLOW) -> Edge:
    return Edge(source, target, action, f"vers {target}", None)


def lengths(*edges: Edge) -> dict[str, int]:
    return {page: clicks_of(path) for page, path in paths("home", edges).items()}


def test_the_shortest_of_several_ways_counts() -> None:
    assert lengths(edge("home", "a"), edge("a", "b"), edge("b", "c"), edge("home", "x"), edge("x", "c"))["c"] == 2


def test_the_order_in_which_clicks_were_recorded_does_not_count() -> None:
    edges = [edge("a", "b"), edge("home", "a"), edge("b", "c"), edge("home", "b")]
    assert lengths(*edges) == lengths(*reversed(edges)) == {"home": 0, "a": 1, "b": 1, "c": 2}


def test_following_and_pressing_cost_a_click_and_a_redirect_none() -> None:
    assert lengths(edge("home", "a", Action.REDIRECT), edge("a", "b", Action.PRESS), edge("b", "c"))["c"] == 2


def test_a_longer_way_of_redirects_is_shorter_than_one_click() -> None:
    edges = [
        edge("home", "c"),
        edge("home", "a", Action.REDIRECT),
        edge("a", "b", Action.REDIRECT),
        edge("b", "c", Action.REDIRECT),
    ]
    assert lengths(*edges)["c"] == 0


def test_a_page_that_nothing_leads_to_has_no_path() -> None:
    assert "lost" not in lengths(edge("lost", "home"), edge("home", "a"))


def test_a_circle_ends() -> None:
    edges = [
        edge("home", "a"),
        edge("a", "home", Action.REDIRECT),
        edge("a", "a", Action.REDIRECT),
        edge("home", "home"),
    ]
    assert lengths(*edges) == {"home": 0, "a": 1}


def test_a_path_names_its_steps_in_order() -> None:
    steps = paths("home", [edge("a", "b"), edge("home", "a")])["b"]
    assert [(step.source, step.target, step.label) for step in steps] == [("home", "a", "vers a"), ("a", "b", "vers b")]


NODES = [f"n{number}" for number in range(7)]


@given(st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES), st.sampled_from(list(Action))), max_size=25))
def test_no_way_at_all_is_shorter_than_the_path_given(drawn: list[tuple[str, str, Action]]) -> None:
    edges = [edge(*one) for one in drawn]
    found = paths("n0", edges)
    cost = {page: clicks_of(path) for page, path in found.items()}
    for one in edges:
        if one.source in cost:
            assert cost[one.target] <= cost[one.source] + (one.action is not Action.REDIRECT)
    for page, path in found.items():
        walked = ["n0", *(step.target for step in path)]
        assert walked[-1] == page and all(
            step.source == here for step, (here, _) in zip(path, pairwise(walked), strict=True)
        )


@pytest.mark.parametrize(
    ("nearest", "proven", "expected"),
    [
        (2, Proven(), Outcome(OutcomeKind.EXACT, 2, 2, Basis.COMPLETE)),
        (0, Proven(0, 0, why=Reason.NEEDS_BROWSER), Outcome(OutcomeKind.EXACT, 0, 0, Basis.COMPLETE)),
        (2, Proven(2, 2, why=Reason.BUDGET), Outcome(OutcomeKind.EXACT, 2, 2, Basis.COMPLETE)),
        (2, Proven(None, 1, 6), Outcome(OutcomeKind.EXACT, 2, 2, Basis.TEMPLATES, template_sample=6)),
        (1, Proven(None, 1, 6), Outcome(OutcomeKind.EXACT, 1, 1, Basis.COMPLETE)),
        (3, Proven(2, 1, 6, why=Reason.BUDGET), Outcome(OutcomeKind.AT_MOST, 3, 2, reason=Reason.BUDGET)),
        (2, Proven(1, 1, robots=1, why=Reason.ROBOTS), Outcome(OutcomeKind.AT_MOST, 2, 1, reason=Reason.ROBOTS)),
        (None, Proven(), Outcome(OutcomeKind.NOT_FOUND, searched=Searched.COMPLETE)),
        (None, Proven(None, 1, 6), Outcome(OutcomeKind.NOT_FOUND, searched=Searched.TEMPLATES, template_sample=6)),
        (None, Proven(2, 2, why=Reason.BUDGET), Outcome(OutcomeKind.NOT_FOUND, searched=Searched.BUDGET)),
        (None, Proven(2, 2, robots=3, why=Reason.BUDGET), Outcome(OutcomeKind.NOT_MEASURED, reason=Reason.ROBOTS)),
        (
            None,
            Proven(0, 0, why=Reason.NEEDS_BROWSER, lost=Reason.NEEDS_BROWSER),
            Outcome(OutcomeKind.NOT_MEASURED, reason=Reason.NEEDS_BROWSER),
        ),
        (
            None,
            Proven(1, 1, why=Reason.TIMEOUT, lost=Reason.TIMEOUT),
            Outcome(OutcomeKind.NOT_MEASURED, reason=Reason.TIMEOUT),
        ),
    ],
)
def test_an_outcome_says_no_more_than_was_proven(nearest: int | None, proven: Proven, expected: Outcome) -> None:
    assert outcome(nearest, proven, COMPLETE, None) == expected


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (VisitStatus.UNREACHABLE, Reason.DNS, Reason.DNS),
        (VisitStatus.BLOCKED, Reason.BOT_WALL, Reason.BOT_WALL),
        (VisitStatus.REFUSED, None, Reason.ROBOTS),
        (VisitStatus.PARTIAL, Reason.CRAWLER_ERROR, Reason.CRAWLER_ERROR),
    ],
)
def test_our_failure_is_never_the_merchant_s(status: VisitStatus, reason: Reason | None, told: Reason) -> None:
    assert outcome(None, Proven(), status, reason) == Outcome(OutcomeKind.NOT_MEASURED, reason=told)


@given(
    st.none() | st.integers(0, 6), st.none() | st.integers(0, 6), st.none() | st.integers(0, 6), st.none() | st.integers(0, 6),
    st.sampled_from(list(VisitStatus)),
)  # fmt: skip
def test_exact_is_never_said_where_a_nearer_page_is_unread(
    nearest: int | None, proven: int | None, complete: int | None, robots: int | None, status: VisitStatus
) -> None:
    lowest = min((one for one in (proven, complete, robots) if one is not None), default=None)
    proof = Proven(
        proven if robots is None else min(robots, 9 if proven is None else proven), lowest, 6, robots, Reason.BUDGET
    )
    told = outcome(nearest, proof, status, None)
    if told.kind is OutcomeKind.EXACT:
        assert proof.proven is None or (told.clicks or 0) <= proof.proven
    if told.kind is OutcomeKind.NOT_FOUND and told.searched is not Searched.BUDGET:
        assert proof.proven is None and robots is None
