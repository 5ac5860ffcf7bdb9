"""Each trap is shown failing when the rule that protects from it is switched off."""

import pytest

from tests.markets.judge import complaints
from tests.markets.serve import expected, slugs
from tests.offline import read_market
from tests.switches import switched_off, switches_of

EACH = pytest.mark.parametrize("slug", slugs())
ONE_OF_SEVERAL = [
    pytest.param(slug, switch, id=f"{slug}-{switch[0]}")
    for slug in slugs()
    if isinstance(expected(slug)["rule"], list)
    for switch in switches_of(expected(slug))
]


@EACH
def test_a_market_read_without_a_network_is_read_as_its_truth_says(slug: str) -> None:
    assert complaints(expected(slug), read_market(slug)) == []


@EACH
def test_a_market_is_misread_when_its_rule_is_off(slug: str) -> None:
    truth = expected(slug)
    with switched_off(switches_of(truth)):
        assert complaints(truth, read_market(slug)), f"without {truth['rule']} nothing changes: it is not what protects"


@pytest.mark.parametrize(("slug", "switch"), ONE_OF_SEVERAL)
def test_where_a_market_names_several_rules_each_protects_alone(slug: str, switch: tuple[str, object]) -> None:
    others = [other for other in switches_of(expected(slug)) if other != switch]
    with switched_off(others):
        assert complaints(expected(slug), read_market(slug)) == [], f"{switch[0]} does not protect by itself"
