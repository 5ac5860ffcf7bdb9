"""Where on an open page the contact form is: in the page, in a frame of it, or behind a press."""

from typing import NamedTuple

from playwright.async_api import Page

from probes.forms.choose import ContactForm, choose
from probes.forms.gathering import Gathered, gathered
from spiders.browser.reveal import revealed

MOST_PRESSES = 6
"""Controls that are pressed to make a form show (*ours*)."""


class Found(NamedTuple):
    """A contact form and the frame that it stands in."""

    place: Gathered
    form: ContactForm


async def find(page: Page) -> Found | None:
    """Return the contact form of *page*, or ``None``; a form behind a press is left open.

    A form whose message box shows comes first, in the page or in a frame; then one that begins with another step; then
    what presses reveal. Raises ``TimeoutError`` and Playwright's ``Error`` where the page no longer answers.
    """
    found = await _in_frames(page)
    if found is not None:
        return found
    states = revealed(page, depth=1, most=MOST_PRESSES)
    try:
        async for state in states:
            found = await _in_frames(page) if state.pressed.reveals else None
            if found is not None:
                return found
    finally:
        await states.aclose()  # type: ignore[attr-defined]
    return None


async def find_again(page: Page, key: str) -> Found | None:
    """Return the form *key* as it stands now, in whatever frame, else what form there is."""
    return await _in_frames(page, key)


async def _in_frames(page: Page, key: str | None = None) -> Found | None:
    begun: Found | None = None
    for place in await gathered(page):
        form = choose(place.sight, key)
        if form is not None and form.questions and (not form.partial or key is not None):
            return Found(place, form)
        if form is not None and form.questions and begun is None:
            begun = Found(place, form)
    return begun


async def wants_login(page: Page) -> bool:
    """Tell whether a field for a password shows on *page*."""
    return any(
        field.type == "password" and field.shown for place in await gathered(page) for field in place.sight.fields
    )
