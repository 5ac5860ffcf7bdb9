"""Pages made to break the reading, and how far it goes."""

import asyncio

import pytest
from playwright.async_api import Error, Page

from spiders.browser.layout import Snapshot
from spiders.browser.snapshot import snapshot
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]


@pytest.mark.slow
def test_a_page_of_a_hundred_thousand_elements_is_read_up_to_the_limit(stage: Stage) -> None:
    page = (
        "<p>Tél. 01 99 00 11 22</p><main id=m></main>"
        "<script>let s='';for(let i=0;i<50000;i++)s+='<p>n° <b>'+i+'</b></p>';m.innerHTML=s</script>"
    )

    async def patient(page: Page) -> Snapshot:
        return await snapshot(page, limit_seconds=60)

    taken = stage.play(page, patient)
    assert taken.truncated
    assert taken.document.text.startswith("Tél. 01 99 00 11 22")
    assert len(taken.elements) > 10_000


def test_elements_nested_deeper_than_any_page_are_read(stage: Stage) -> None:
    page = (
        "<main id=m></main><p>Tél. 01 99 00 11 22</p><script>let here=m;for(let i=0;i<1200;i++){"
        "here=here.appendChild(document.createElement('div'));}here.textContent='au fond'</script>"
    )
    assert stage.play(page, snapshot).document.text.split("\n") == ["\x02", "au fond", "Tél. 01 99 00 11 22"]


def test_one_endless_line_of_numbers_is_read(stage: Stage) -> None:
    page = f"<p>Tél. 01 99 00 11 22</p><p>{'12 ' * 40_000}</p><p>{'a@' * 20_000}</p>"
    taken = stage.play(page, snapshot)
    assert taken.document.text.startswith("Tél. 01 99 00 11 22")


def test_half_a_character_does_not_break_the_text(stage: Stage) -> None:
    page = "<p id=p>x</p><script>p.firstChild.data = 'caf\\ud83d 01 99 00 11 22'; p.title = '\\udc00'</script>"
    taken = stage.play(page, snapshot)
    assert "01 99 00 11 22" in taken.document.text
    assert Snapshot.from_json(taken.to_json(), taken.html) == taken


def test_a_page_that_never_answers_ends_in_a_time_out(stage: Stage) -> None:
    async def stuck(page: Page) -> None:
        waiting = asyncio.ensure_future(page.evaluate("for (const end = Date.now() + 1500; Date.now() < end;);"))
        with pytest.raises(TimeoutError):
            await snapshot(page, limit_seconds=0.5)
        await waiting

    stage.play("<p>Maison</p>", stuck)


def test_a_page_that_was_closed_is_an_error_of_the_browser(stage: Stage) -> None:
    async def closed(page: Page) -> None:
        await page.close()
        with pytest.raises(Error):
            await snapshot(page)

    stage.play("<p>Maison</p>", closed)


def test_a_page_that_leaves_while_it_is_read_is_read_where_it_arrives(stage: Stage) -> None:
    async def leaving(page: Page) -> Snapshot:
        await page.evaluate("setTimeout(() => location.href = '/next', 0)")
        await asyncio.sleep(0.02)
        return await snapshot(page)

    page = {"/": "<p>Départ</p>" + "<p>Ligne</p>" * 3000, "/next": "<p>Arrivée</p>"}
    text = stage.play(page, leaving).document.text
    assert text.startswith(("Départ", "Arrivée"))


def test_a_small_window_sees_what_a_phone_shows(stage: Stage) -> None:
    page = (
        "<style>@media (max-width:600px){.wide{display:none}}@media (min-width:601px){.narrow{display:none}}</style>"
        "<p class=wide>Tél. 01 99 00 11 22</p><p class=narrow>Menu</p>"
    )
    assert stage.play(page, snapshot, mobile=True).document.text == "Menu"
    taken = stage.play(page, snapshot)
    assert taken.document.text == "Tél. 01 99 00 11 22"
    assert taken.viewport == (1440, 900)
