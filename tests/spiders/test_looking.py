"""What becomes of a visit when one of its pages cannot be shown, or not be kept."""

import asyncio

import pytest
from scrapy.utils.test import get_crawler

from spiders.frontier import Candidate
from spiders.looking import Looking
from spiders.orders import SiteOrder
from spiders.plan import Plan
from spiders.search import SiteSearch
from storage.problems import EvidenceProblem
from tests.spiders.paper_site import HOME


class Breaking(Looking):
    """A look at pages of which each breaks with *problem*."""

    def __init__(self, problem: Exception, search: SiteSearch) -> None:
        super().__init__(get_crawler(), None, SiteOrder(HOME, search.plan), search, asyncio.Semaphore())
        self._problem = problem

    async def _show(self, page: Candidate) -> None:
        raise self._problem


def search_of_a_home_page() -> tuple[SiteSearch, Candidate]:
    search = SiteSearch(HOME, Plan(render=True))
    home = search.next()
    assert home is not None and home.render
    return search, home


def test_a_page_that_breaks_our_reading_is_lost_and_the_visit_goes_on() -> None:
    search, home = search_of_a_home_page()
    asyncio.run(Breaking(RuntimeError("the reading of a page failed"), search).at(home))
    assert search.next() is None and search.verdict is not None
    assert search.verdict.reason == "crawler_error"


def test_evidence_that_cannot_be_kept_is_no_page_s_fault_and_ends_the_visit() -> None:
    search, home = search_of_a_home_page()
    full = EvidenceProblem("evidence cannot be written: no space left", "make room on the disk")
    with pytest.raises(EvidenceProblem, match="make room"):
        asyncio.run(Breaking(full, search).at(home))
    assert search.verdict is None
