"""Which button of a form sends it or leads to its next step. Pure."""

from typing import NamedTuple

from probes.forms.choose import ContactForm
from probes.forms.seen import Press
from probes.forms.words import says


class Way(NamedTuple):
    """The button to press; ``sends``: it says that it sends, where another leads to the next step."""

    press: Press
    sends: bool


def way_on(form: ContactForm) -> Way | None:
    """Return the visible button of *form* that sends it, else the one that leads on, or ``None`` where there is neither.

    Words count more than markup: a button that searches, resets or opens a file is never the one, whatever its type.
    """
    shown = [one for one in form.presses if one.shown and not says(one.text, "buttons", "not_it")]
    sending = [one for one in shown if says(one.text, "buttons", "send")]
    leading = [one for one in shown if says(one.text, "buttons", "next") and one not in sending]
    native = [one for one in shown if one.native and one not in leading]
    for found, sends in (
        ([one for one in sending if one.native], True),
        (sending, True),
        (leading, False),
        (native, True),
    ):
        if found:
            return Way(found[-1], sends)
    return Way(shown[0], sends=True) if len(shown) == 1 else None
