"""What one frame shows of its forms, as plain values. Pure; what a page says of itself is forced into its type."""

from typing import Any, NamedTuple

FIELD, PRESS = "data-barometer-field", "data-barometer-press"
"""Attributes that the markup of a :class:`Sight` bears; their value is the number of the field or the button."""
MOST_OPTIONS = 400
"""Options of one menu that are read (*ours*)."""


class Option(NamedTuple):
    """One choice of a menu."""

    text: str
    value: str
    off: bool = False
    on: bool = False


class Seen(NamedTuple):
    """One field as a person meets it.

    ``shown``: it, or the drawn thing that stands for it, can be seen. ``skipped``: screen readers and the tab key pass over
    it. ``needed``: the page says that it must be answered. ``drawn`` is empty for a native control, else what kind of drawn
    one it is (``list``, ``drawn-tick``, ``drawn-box``). ``question`` is what stands above a group of boxes to tick.
    ``longest`` and ``shortest`` bound its text in characters, 0 where nothing does.
    """

    number: int
    type: str
    name: str = ""
    label: str = ""
    hint: str = ""
    question: str = ""
    value: str = ""
    pattern: str = ""
    drawn: str = ""
    shown: bool = True
    skipped: bool = False
    needed: bool = False
    ticked: bool = False
    locked: bool = False
    options: tuple[Option, ...] = ()
    longest: int = 0
    shortest: int = 0

    @property
    def ticks(self) -> bool:
        """Whether it is ticked rather than written in or chosen from."""
        return self.type in ("checkbox", "radio")


class Press(NamedTuple):
    """One button: its words, whether the browser itself sends the form with it, whether it shows and works.

    ``owner`` is the id of the form that the browser counts it to, which may stand elsewhere.
    """

    number: int
    text: str
    native: bool = False
    shown: bool = True
    off: bool = False
    owner: str = ""


class Sight(NamedTuple):
    """One frame: its address, its markup with fields and buttons numbered, and whether a captcha waits in it."""

    url: str
    markup: str
    fields: tuple[Seen, ...]
    presses: tuple[Press, ...]
    challenge: bool = False


def sight_of(markup: Any, told: Any) -> Sight | None:
    """Return what a frame answered as a :class:`Sight`, or ``None`` where the answer makes no sense."""
    if not isinstance(markup, str) or not isinstance(told, dict):
        return None
    facts, presses = told.get("facts"), told.get("presses")
    if not isinstance(facts, list) or not isinstance(presses, list):
        return None
    fields = tuple(_seen(number, raw) for number, raw in enumerate(facts) if isinstance(raw, dict))
    buttons = tuple(
        Press(
            number, _text(raw, "text", 160), native=raw.get("native") is True,
            shown=raw.get("shown") is True, off=raw.get("off") is True,
            owner=_text(raw, "owner", 600),
        )
        for number, raw in enumerate(presses)
        if isinstance(raw, dict)
    )  # fmt: skip
    if len(fields) != len(facts) or len(buttons) != len(presses):
        return None
    return Sight(_text(told, "url", 2_000), markup, fields, buttons, told.get("challenge") is True)


def _seen(number: int, raw: dict[str, Any]) -> Seen:
    listed = raw.get("options")
    options = tuple(
        Option(_text(one, "text", 80), _text(one, "value", 80), one.get("off") is True, one.get("on") is True)
        for one in (listed if isinstance(listed, list) else [])[:MOST_OPTIONS]
        if isinstance(one, dict)
    )
    told: dict[str, Any] = {key: _text(raw, key, 300) for key in _TEXTS}
    told |= {key: raw.get(key) is True for key in _FLAGS}
    told |= {key: _count(raw, key) for key in ("longest", "shortest")}
    return Seen(number, **told, options=options)


_TEXTS = ("type", "name", "label", "hint", "question", "value", "pattern", "drawn")
_FLAGS = ("shown", "skipped", "needed", "ticked", "locked")


def _text(raw: dict[str, Any], key: str, most: int) -> str:
    return str(raw.get(key) or "")[:most]


def _count(raw: dict[str, Any], key: str) -> int:
    found = raw.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 10_000_000 else 0
