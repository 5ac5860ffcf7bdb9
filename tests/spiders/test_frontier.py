"""Which page comes next, and what that proves."""

from collections.abc import Iterable

import pytest

from spiders import frontier as module
from spiders.frontier import Budget, Candidate, Frontier, Leads, Proof, State
from spiders.samples import SAMPLE, SAMPLE_DEEPER
from storage.vocabulary import Action, Basis, Channel, Reason

PHONE = frozenset({Channel.PHONE})
MARKS = frozenset({"header", "product", "footer"})


def known(frontier: Frontier, key: str, depth: int, **more: object) -> Candidate:
    candidate = Candidate(f"shop.example{key}", f"http://shop.example{key}", depth, "http://shop.example/", **more)  # type: ignore[arg-type]
    frontier.add(candidate)
    return candidate


def read(frontier: Frontier, marks: frozenset[str] = MARKS, found: Iterable[str] = ()) -> Candidate | None:
    """Read the next page; it is built as *marks* say and shows the phones *found*."""
    page = frontier.next()
    if page is not None:
        frontier.close(page, State.READ)
        if frontier.wants_marks(page):
            frontier.compare(page, marks, frozenset((Channel.PHONE, value) for value in found), PHONE)
    return page


def read_all(frontier: Frontier) -> list[str]:
    pages = []
    while (page := read(frontier)) is not None:
        pages.append(page.key.removeprefix("shop.example"))
    return pages


def products(frontier: Frontier, count: int, depth: int, start: int = 0) -> list[Candidate]:
    return [known(frontier, f"/produit/chaussette-{number}", depth) for number in range(start, start + count)]


def test_pages_come_level_by_level_and_the_promising_first() -> None:
    frontier = Frontier(Budget())
    known(frontier, "/deep", 2, interest=5)
    known(frontier, "/plain", 1)
    known(frontier, "/help", 1, interest=3)
    known(frontier, "/contact", 1, interest=5)
    assert read_all(frontier) == ["/contact", "/help", "/plain", "/deep"]


def test_what_the_visitor_sees_already_comes_before_what_needs_a_click() -> None:
    frontier = Frontier(Budget())
    known(frontier, "/plain", 1)
    known(frontier, "/frame", 1, action=Action.REDIRECT)
    assert read_all(frontier) == ["/frame", "/plain"]


def test_a_near_spent_budget_dives_for_promising_pages_of_any_level() -> None:
    frontier = Frontier(Budget())
    known(frontier, "/plain", 1)
    known(frontier, "/contact", 3, interest=5)
    found = frontier.next(dive=True)
    assert found is not None and found.key == "shop.example/contact"


def test_a_dive_never_leaves_the_depth_of_the_budget() -> None:
    frontier = Frontier(Budget(depth=2))
    known(frontier, "/plain", 1)
    known(frontier, "/contact", 3, interest=5)
    found = frontier.next(dive=True)
    assert found is not None and found.key == "shop.example/plain"


def test_nothing_deeper_than_the_budget_is_read_and_that_is_no_proof() -> None:
    frontier = Frontier(Budget(depth=1))
    known(frontier, "/near", 1)
    known(frontier, "/far", 2)
    assert read_all(frontier) == ["/near"]
    assert frontier.proof() == Proof(2, 2, None, None, Reason.BUDGET, None)


def test_reading_everything_proves_every_depth() -> None:
    frontier = Frontier(Budget())
    known(frontier, "/a", 1)
    known(frontier, "/b", 2)
    read_all(frontier)
    assert frontier.proof() == Proof(None, None, None, None, None, None)


def test_a_page_that_could_not_be_had_ends_the_proof_at_its_level() -> None:
    frontier = Frontier(Budget())
    page = known(frontier, "/plain", 2)
    frontier.close(page, State.UNREAD, Reason.TIMEOUT)
    assert frontier.proof() == Proof(2, 2, None, None, Reason.TIMEOUT, None)


def test_a_page_that_promised_a_contact_and_was_lost_is_told() -> None:
    frontier = Frontier(Budget())
    frontier.close(known(frontier, "/contact", 1, interest=5), State.UNREAD, Reason.TIMEOUT)
    assert frontier.proof().lost is Reason.TIMEOUT


def test_a_dead_page_is_no_hole_in_the_proof() -> None:
    frontier = Frontier(Budget())
    frontier.close(known(frontier, "/gone", 1, interest=5), State.DEAD, Reason.HTTP_ERROR)
    assert frontier.proof() == Proof(None, None, None, None, None, None)


def test_a_closed_page_ends_the_proof_unless_it_is_the_visitor_s_own() -> None:
    frontier = Frontier(Budget())
    frontier.close(known(frontier, "/panier", 1), State.UNREAD, Reason.ROBOTS)
    assert frontier.proof().proven is None
    frontier.close(known(frontier, "/equipe", 2), State.UNREAD, Reason.ROBOTS)
    assert frontier.proof() == Proof(2, 2, None, 2, Reason.ROBOTS, None)


def test_a_closed_page_that_promises_a_contact_counts_even_below_an_account() -> None:
    frontier = Frontier(Budget())
    frontier.close(known(frontier, "/account/contact", 1, interest=5), State.UNREAD, Reason.ROBOTS)
    assert frontier.proof().robots == 1


def test_a_large_site_is_sampled_by_template_and_the_sample_is_stated() -> None:
    frontier = Frontier(Budget())
    products(frontier, 150, 1)
    assert len(read_all(frontier)) == SAMPLE
    assert frontier.proof() == Proof(None, 1, SAMPLE, None, None, None)


def test_a_small_site_is_read_whole() -> None:
    frontier = Frontier(Budget())
    products(frontier, 60, 1)
    assert len(read_all(frontier)) == 60


@pytest.mark.parametrize(("basis", "pages"), [(Basis.TEMPLATES, SAMPLE), (Basis.COMPLETE, 150), (None, SAMPLE)])
def test_the_basis_asked_for_decides_whether_to_sample(basis: Basis | None, pages: int) -> None:
    frontier = Frontier(Budget(), basis)
    products(frontier, 150, 1)
    assert len(read_all(frontier)) == pages


def test_each_further_level_gets_a_sample_of_its_own() -> None:
    frontier = Frontier(Budget())
    products(frontier, 150, 1)
    products(frontier, 150, 2, start=1000)
    assert len(read_all(frontier)) == SAMPLE + SAMPLE_DEEPER


@pytest.mark.parametrize(
    ("marks", "found"),
    [(frozenset({"other", "layout"}), ()), (MARKS, ("+33199001234",))],
    ids=["built otherwise", "shows a phone"],
)
def test_one_page_unlike_its_siblings_releases_them_all(marks: frozenset[str], found: tuple[str, ...]) -> None:
    frontier = Frontier(Budget())
    products(frontier, 150, 1)
    for _ in range(SAMPLE - 1):
        read(frontier)
    read(frontier, marks, found)
    assert len(read_all(frontier)) == 150 - SAMPLE
    assert frontier.proof().complete is None


def test_pages_vouched_for_are_taken_back_when_a_later_sample_is_unlike() -> None:
    frontier = Frontier(Budget())
    near = products(frontier, 150, 1)
    products(frontier, 150, 2, start=1000)
    while (page := frontier.next()) is not None and page.depth == 1:
        frontier.close(page, State.READ)
        frontier.compare(page, MARKS, frozenset(), PHONE)
    assert page is not None and sum(one.state is State.SAMPLED for one in near) == 150 - SAMPLE
    frontier.close(page, State.READ)
    frontier.compare(page, frozenset({"other"}), frozenset(), PHONE)
    again = frontier.next()
    assert again is not None and again.depth == 1


def test_samples_are_compared_only_by_what_was_looked_for_on_both() -> None:
    frontier = Frontier(Budget())
    products(frontier, 150, 1)
    both = frozenset({Channel.PHONE, Channel.X})
    for number in range(SAMPLE):
        page = frontier.next()
        assert page is not None
        frontier.close(page, State.READ)
        seen = frozenset({(Channel.X, "https://x.com/shop")}) if number == 0 else frozenset()
        frontier.compare(page, MARKS, seen, both if number == 0 else PHONE)
    assert frontier.next() is None


def test_a_link_that_sets_a_page_apart_has_it_read_whatever_its_siblings_say() -> None:
    frontier = Frontier(Budget())
    products(frontier, 150, 1)
    known(frontier, "/produit/nous-joindre", 1, apart=True)
    assert "/produit/nous-joindre" in read_all(frontier)


def test_a_page_vouched_for_is_read_after_all_once_a_link_sets_it_apart() -> None:
    frontier = Frontier(Budget())
    products(frontier, 150, 1)
    read_all(frontier)
    unread = next(page for page in frontier.known.values() if page.state is State.SAMPLED)
    frontier.add(Candidate(unread.key, unread.url, 1, "http://shop.example/", apart=True))
    assert read_all(frontier) == [unread.key.removeprefix("shop.example")]


def test_a_nearer_way_replaces_the_whole_way() -> None:
    frontier = Frontier(Budget())
    page = known(frontier, "/a", 3, label="loin", selector="a.far", interest=5)
    frontier.add(Candidate(page.key, page.url, 1, "http://shop.example/frames", Action.REDIRECT, "cadre", "frame"))
    assert (page.depth, page.parent, page.action) == (1, "http://shop.example/frames", Action.REDIRECT)
    assert (page.label, page.selector, page.interest) == ("cadre", "frame", 5)


def test_a_more_telling_label_at_the_same_distance_never_mixes_two_ways() -> None:
    frontier = Frontier(Budget())
    page = known(frontier, "/a", 1, action=Action.REDIRECT)
    frontier.add(Candidate(page.key, page.url, 1, "http://shop.example/menu", Action.FOLLOW, "Contact", interest=5))
    assert (page.parent, page.action, page.label) == ("http://shop.example/menu", Action.FOLLOW, "Contact")


def test_a_shorter_way_to_a_page_already_read_brings_nearer_all_that_it_leads_to() -> None:
    frontier = Frontier(Budget())
    far, child, grandchild = (
        known(frontier, key, depth) for key, depth in [("/far", 3), ("/child", 4), ("/grandchild", 5)]
    )
    for page, below in ((far, child), (child, grandchild)):
        frontier.close(page, State.READ)
        frontier.connect(page, Leads(page.url, 1, Action.FOLLOW, [below.key]))
    frontier.add(Candidate(far.key, far.url, 1, "http://shop.example/"))
    assert (far.depth, child.depth, grandchild.depth) == (1, 2, 3)
    assert frontier.proof().proven == 3


def test_pages_that_lead_to_each_other_come_to_rest() -> None:
    frontier = Frontier(Budget())
    one, other = known(frontier, "/one", 3), known(frontier, "/other", 4)
    for page, below in ((one, other), (other, one)):
        frontier.close(page, State.READ)
        frontier.connect(page, Leads(page.url, 1, Action.FOLLOW, [below.key]))
    frontier.add(Candidate(one.key, one.url, 1, "http://shop.example/"))
    assert (one.depth, other.depth) == (1, 2)


def test_a_shorter_way_to_a_page_that_was_lost_lowers_the_proof() -> None:
    frontier = Frontier(Budget())
    page = known(frontier, "/a", 3)
    frontier.close(page, State.UNREAD, Reason.TIMEOUT)
    frontier.add(Candidate(page.key, page.url, 2, "http://shop.example/"))
    assert frontier.proof().proven == 2


def test_a_redirect_to_a_page_already_read_is_nothing_new() -> None:
    frontier = Frontier(Budget())
    page, alias = known(frontier, "/a", 1), known(frontier, "/b", 1)
    frontier.close(page, State.READ)
    assert not frontier.alias(alias, page.key)


def test_a_redirect_to_a_page_still_waiting_takes_its_place_and_its_shorter_way() -> None:
    frontier = Frontier(Budget())
    page, alias = known(frontier, "/a", 1, label="près"), known(frontier, "/b", 3)
    assert frontier.alias(alias, page.key)
    assert (alias.depth, alias.label, page.state) == (1, "près", State.DEAD)


def test_beyond_the_addresses_it_can_remember_nothing_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KNOWN", 10)
    frontier = Frontier(Budget(), Basis.COMPLETE)
    for number in range(12):
        known(frontier, f"/a-{number}", 2)
    assert len(read_all(frontier)) == 10
    assert frontier.proof() == Proof(2, 2, None, None, Reason.BUDGET, None)
    assert frontier.waiting


def test_links_that_were_left_out_end_the_proof_at_their_level() -> None:
    frontier = Frontier(Budget())
    frontier.leave_out(3)
    frontier.leave_out(2)
    frontier.leave_out(4)
    assert frontier.proof().proven == 2
