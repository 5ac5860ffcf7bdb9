"""The figures of the barometer report, against numbers counted by hand."""

import random

import pytest

from barometer.figures import Figures, figures
from barometer.figures.disclosure import Bounded, Disclosed, Told, Withheld
from barometer.figures.of_answers import answer_families
from barometer.figures.of_sites import median_night
from barometer.observations import Observed, Tried
from barometer.statistics import Share, answered_by
from storage.vocabulary import Channel, PriceClass
from tests.barometer.barometer_market import EDITION, market, some_figures
from tests.barometer.editions import DAY, HOUR, a_merchant, answered, hidden, never, nights, pending, shown, unmeasured


def of(*merchants: Observed, category: str = "Mode") -> Figures:
    return figures(EDITION, [(category, list(merchants))], 7)


def site(name: str, **seen: object) -> Observed:
    return Observed(a_merchant(name), nights({Channel(key): one for key, one in seen.items()}))  # type: ignore[misc]


def written_to(name: str, *endings: object) -> Observed:
    tried = [Tried(f"{name}-{number}", Channel.EMAIL, "s", one) for number, one in enumerate(endings)]  # type: ignore[arg-type]
    return Observed(a_merchant(name), (), tuple(tried))


def share(figures_: Figures, family: str, question: str) -> float:
    figure = figures_.families[family].overall[question]
    assert isinstance(figure, Told), figure
    return figure.share


def test_phones_are_counted_of_the_sites_that_could_be_measured() -> None:
    merchants = [site(f"s{n}", phone=shown(0)) for n in range(12)] + [site(f"h{n}", phone=hidden()) for n in range(8)]
    merchants += [site(f"u{n}", phone=unmeasured()) for n in range(6)]
    told = of(*merchants).families["phone"].overall["shown"]
    assert isinstance(told, Told)
    assert (told.share, told.base) == (0.6, 20)


def test_visibility_and_price_are_of_the_sites_that_show_a_phone() -> None:
    merchants = [
        site(f"a{n}", phone=shown(0, clearly_visible=n % 2 == 0, price_class=PriceClass.PREMIUM if n < 10 else PriceClass.FREE))
        for n in range(40)
    ] + [site(f"h{n}", phone=hidden()) for n in range(60)]  # fmt: skip
    found = of(*merchants)
    visible, premium = (found.families["phone"].overall[key] for key in ("visible", "premium"))
    assert isinstance(visible, Told)
    assert isinstance(premium, Told)
    assert (visible.share, visible.base) == (0.5, 40)
    assert (premium.share, premium.base) == (0.25, 40)
    levels = [(level.atoms, level.figure.share) for level in found.families["phone"].levels("price")]
    assert levels == [(("premium",), 0.25), (("unknown", "ordinary", "banalised", "free"), 0.75)]


def test_nothing_is_told_of_visibility_where_no_browser_looked() -> None:
    merchants = [site(f"s{n}", phone=shown(0, clearly_visible=None)) for n in range(20)]
    assert "visible" not in of(*merchants).families["phone"].overall


def test_a_site_counts_with_its_median_night_and_of_two_with_the_better() -> None:
    seen = Observed(
        a_merchant("m"), nights(*({Channel.PHONE: one} for one in (shown(3), hidden(), shown(1), unmeasured())))
    )
    assert median_night(seen, Channel.PHONE, 7) == seen.nights[0].channels[Channel.PHONE]
    assert median_night(seen, Channel.PHONE, 2) == seen.nights[2].channels[Channel.PHONE]
    assert median_night(seen, Channel.CHAT, 7) is None


def test_each_merchant_counts_once_however_often_it_was_written_to() -> None:
    often = [written_to(f"o{n}", *[answered(60.0)] * 9) for n in range(10)]
    once = [written_to(f"n{n}", never()) for n in range(10)]
    assert share(of(*often, *once), "answers.email", "within_3600") == 0.5


def test_an_answer_on_the_second_of_the_horizon_is_in_time() -> None:
    merchants = [written_to(f"a{n}", answered(HOUR)) for n in range(10)]
    merchants += [written_to(f"b{n}", answered(HOUR + 1)) for n in range(10)]
    assert share(of(*merchants), "answers.email", "within_3600") == 0.5


def test_shares_are_kaplan_and_meiers_where_attempts_are_still_open() -> None:
    draw = random.Random(4)
    endings = [answered(draw.expovariate(1 / 40_000)) for _ in range(60)] + [never()] * 20
    endings += [pending(draw.uniform(100, 160_000)) for _ in range(40)]
    categories = {"Mode": [written_to(f"m{n}", one) for n, one in enumerate(endings)]}
    family = next(iter(answer_families(categories)))
    place = {band: number for number, band in enumerate(family.blocks["delay"])}
    for seconds in (3_600, 86_400, 172_800):
        ours = sum(sum(row.weights["delay"][: place[f"within_{seconds}"] + 1]) for row in family.rows["Mode"]) / 120
        waiting = [14 * DAY] * 20 + [one.seconds for one in endings[80:]]
        theirs = answered_by(seconds, [one.seconds for one in endings[:60]], waiting)
        assert isinstance(theirs, Share)
        assert ours == pytest.approx(theirs.value)


def test_open_attempts_make_no_merchant_count_as_one_who_answered() -> None:
    merchants = [written_to(f"a{n}", answered(30 * HOUR)) for n in range(4)]
    merchants += [written_to(f"n{n}", never()) for n in range(20)] + [
        written_to(f"p{n}", pending(60)) for n in range(20)
    ]
    assert not isinstance(of(*merchants).families["answers.email"].overall["within_172800"], Told)


def test_no_horizon_is_told_that_nobody_was_watched_for() -> None:
    merchants = [written_to(f"a{n}", answered(60.0)) for n in range(10)] + [
        written_to(f"p{n}", pending(7_000)) for n in range(10)
    ]
    assert "within_86400" not in of(*merchants).families["answers.email"].overall


def test_one_merchant_gives_figures_that_tell_nothing() -> None:
    found = of(site("a", phone=shown(0)))
    assert found.merchants is None
    assert all(isinstance(one, Withheld) for family in found.families.values() for one in family.overall.values())


def test_nobody_gives_figures_that_tell_nothing() -> None:
    found = figures(EDITION, [], 7)
    assert found.categories == ()
    assert all(isinstance(one, Withheld) for family in found.families.values() for one in family.overall.values())


def test_the_order_of_everything_observed_makes_no_difference() -> None:
    observed = market((20, 9, 24))
    turned = [
        (category, [one._replace(attempts=tuple(reversed(one.attempts))) for one in reversed(merchants)])
        for category, merchants in reversed(observed)
    ]
    first, second = figures(EDITION, observed, 7), figures(EDITION, turned, 7)
    assert first.categories == second.categories
    for key, family in first.families.items():
        assert family.overall == second.families[key].overall
        assert family.by_category == second.families[key].by_category


def test_one_merchant_more_cannot_be_read_off_two_editions() -> None:
    """What is told before and after one site joins fits a site that shows a phone, and one that does not."""

    def printed(yes: int, no: int) -> object:
        merchants = [site(f"s{n}", phone=shown(0)) for n in range(yes)] + [
            site(f"h{n}", phone=hidden()) for n in range(no)
        ]
        return tuple(of(*merchants).families["phone"].overall.items())

    before = {
        (yes, total - yes): printed(yes, total - yes)
        for total in (98, 99, 100, 101, 102)
        for yes in (58, 59, 60, 61, 62)
    }
    joined = {True: set(), False: set()}  # type: ignore[var-annotated]
    for (yes, no), told in before.items():
        for shows in (True, False):
            after = before.get((yes + shows, no + (not shows)))
            if after is not None:
                joined[shows].add((told, after))
    assert joined[True] & joined[False], "no pair of publications leaves both possible"


def test_figures_stand_in_three_ways_and_no_other() -> None:
    found = some_figures()
    kinds = {
        type(one) for family in found.families.values() for row in family.by_category.values() for one in row.values()
    }
    assert kinds == {Told, Bounded, Withheld}
    assert all(isinstance(family, Disclosed) for family in found.families.values())
