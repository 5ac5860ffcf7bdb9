"""What is news of a merchant: depths, values, prices and the site, each by itself, and never our own failures."""

import pytest

from barometer.history.changes import Change, Facet, Kind, news
from barometer.history.night import ABSENT, ChannelNight, Condition, Depth, Night, Site, depth_of, site_of
from barometer.measures.depth import Outcome
from storage.vocabulary import Channel, OutcomeKind, PriceClass, Reason, Searched, VisitStatus
from tests.barometer.history.samples import GONE, NUMBER, OTHER, depths, exact, night, phone


def kinds(nights: list[Night], confirm: int = 2) -> list[Kind]:
    return [change.kind for change in news(nights, confirm).changes]


def series(*told: dict[Channel, ChannelNight]) -> list[Night]:
    return [night(number, channels) for number, channels in enumerate(told)]


def only(nights: list[Night]) -> Change:
    (change,) = news(nights, 2).changes
    return change


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (1, 4, Kind.FARTHER), (4, 1, Kind.NEARER), (1, GONE, Kind.VANISHED), (GONE, 2, Kind.APPEARED),
        (1, Depth(2, ABSENT), Kind.FARTHER), (Depth(3, ABSENT), 1, Kind.NEARER),
    ],
)  # fmt: skip
def test_a_depth_that_moves_is_called_by_its_name(before: Depth | int, after: Depth | int, kind: Kind) -> None:
    assert kinds(depths(before, before, after, after)) == [kind]


def test_the_day_is_known_only_where_the_night_before_was_read() -> None:
    assert only(depths(1, 1, 4, 4)).on_the_day
    assert not only(depths(1, 1, None, 4, 4)).on_the_day


def test_another_number_takes_the_place_of_the_old_one() -> None:
    change = only(series(*[phone(exact(1), NUMBER)] * 2, *[phone(exact(1), OTHER)] * 2))
    assert (change.kind, change.before, change.after) == (Kind.VALUE_CHANGED, {NUMBER}, {OTHER})


def test_a_number_that_is_added_or_gone_at_the_same_depth_is_news() -> None:
    both, one = phone(exact(1), NUMBER, OTHER), phone(exact(1), NUMBER)
    assert kinds(series(one, one, both, both)) == [Kind.VALUE_ADDED]
    assert kinds(series(both, both, one, one)) == [Kind.VALUE_GONE]


def test_what_another_page_shows_beside_the_same_number_is_no_change_of_numbers() -> None:
    assert kinds(series(*[phone(exact(0), NUMBER)] * 2, *[phone(exact(1), NUMBER, OTHER)] * 2)) == [Kind.FARTHER]


def test_a_number_that_becomes_premium_rate_is_news_and_so_is_the_way_back() -> None:
    dear = phone(exact(1), NUMBER, price=PriceClass.PREMIUM)
    plain = phone(exact(1), NUMBER)
    assert kinds(series(plain, plain, dear, dear)) == [Kind.PREMIUM]
    assert kinds(series(dear, dear, plain, plain)) == [Kind.NO_LONGER_PREMIUM]


def test_a_site_that_stops_answering_is_told_and_its_channels_are_not() -> None:
    lost = [night(number, site=Site.UNREACHABLE, reason=Reason.TIMEOUT) for number in (2, 3, 4)]
    found = news([*depths(1, 1), *lost], 2)
    assert [(one.kind, one.channel) for one in found.changes] == [(Kind.UNREACHABLE, None)]
    assert found.now[Facet.DEPTH, Channel.FORM] == exact(1)


def test_a_site_that_answers_again_with_the_same_depths_moved_in_nothing_else() -> None:
    lost = [night(number, site=Site.UNREACHABLE) for number in (2, 3)]
    back = [night(number + 4, phone(exact(1), channel=Channel.FORM)) for number in (0, 1)]
    assert kinds([*depths(1, 1), *lost, *back]) == [Kind.REACHABLE, Kind.UNREACHABLE]


def test_a_move_together_with_a_change_of_ours_names_it() -> None:
    before = [night(number, phone(exact(1), NUMBER), version="0.1.0") for number in (0, 1)]
    after = [night(number, phone(exact(4), NUMBER), version="0.2.0") for number in (2, 3)]
    assert only([*before, *after]).conditions == (Condition("tool_version", "0.1.0", "0.2.0"),)


def test_a_version_that_changed_long_before_is_not_named() -> None:
    nights = [night(number, phone(exact(1), NUMBER), version="0.1.0" if number < 2 else "0.2.0") for number in range(5)]
    nights += [night(number, phone(exact(4), NUMBER), version="0.2.0") for number in (5, 6)]
    assert only(nights).conditions == ()


def test_what_comes_and_goes_is_told_once_with_how_often() -> None:
    found = news(depths(1, 1, 2, 1, 2, 1, 2, 1), 2)
    assert found.changes == []
    (one,) = found.unsettled
    assert (one.facet, one.channel, one.times) == (Facet.DEPTH, Channel.FORM, 3)
    assert set(one.states) == {exact(1), exact(2)}


def test_one_odd_night_is_told_nowhere() -> None:
    found = news(depths(1, 1, 3, 1, 1), 2)
    assert found.changes == [] and found.unsettled == []


def test_older_nights_tell_what_was_before_and_are_no_news_themselves() -> None:
    nights = depths(0, 0, 1, 1, 4, 4)
    assert [one.after for one in news(nights, 2, nights[5].day).changes] == [exact(4)]
    assert news(depths(1, 1, 2, 1, 2, 1, 1, 1), 2, nights[5].day).unsettled == []


def test_what_waits_to_be_seen_again_is_counted() -> None:
    assert news(depths(1, 1, 4), 2).waiting == 1
    assert news(depths(1, 1, 4, 4), 2).waiting == 0


@pytest.mark.parametrize(
    ("outcome", "depth"),
    [
        (Outcome(OutcomeKind.EXACT, 2, 2), exact(2)),
        (Outcome(OutcomeKind.AT_MOST, 3, 1), Depth(1, 3)),
        (Outcome(OutcomeKind.NOT_FOUND, searched=Searched.COMPLETE), GONE),
        (Outcome(OutcomeKind.NOT_FOUND, searched=Searched.TEMPLATES), GONE),
        (Outcome(OutcomeKind.NOT_FOUND, searched=Searched.BUDGET), Depth(2, ABSENT)),
        (Outcome(OutcomeKind.NOT_MEASURED, reason=Reason.ROBOTS), None),
    ],
)
def test_an_outcome_is_what_it_proves(outcome: Outcome, depth: Depth | None) -> None:
    assert depth_of(outcome, 2, broken_off=False) == depth


def test_what_a_visit_that_ran_out_of_time_did_not_see_was_not_measured() -> None:
    assert depth_of(Outcome(OutcomeKind.NOT_FOUND, searched=Searched.BUDGET), 2, broken_off=True) is None


def test_a_defect_of_ours_says_nothing_of_the_site() -> None:
    assert site_of(VisitStatus.PARTIAL, Reason.CRAWLER_ERROR) is Site.READ
    assert site_of(VisitStatus.UNREACHABLE, Reason.CRAWLER_ERROR) is None
    assert site_of(VisitStatus.UNREACHABLE, Reason.DNS) is Site.UNREACHABLE
    assert site_of(VisitStatus.REFUSED, None) is Site.REFUSED
    assert site_of(VisitStatus.REFUSED, None, robots=False) is Site.UNREACHABLE, "robots.txt answered with an error"
