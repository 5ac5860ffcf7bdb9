"""A person at a terminal: single keys and typed lines."""

import sys
from typing import Protocol

from barometer.cli.console import printable
from barometer.errors import UserError

LONGEST_LINE = 2_000
"""Characters of a typed line that are kept (*ours*)."""


class Keyboard(Protocol):
    """Where keys come from."""

    def key(self, seconds: float | None) -> str:
        """Return the key pressed within *seconds*, in lower case; nothing when the time is over or it was no character."""

    def line(self, prompt: str) -> str:
        """Return the line typed after *prompt*, without control characters; nothing at the end of input."""


class TerminalKeyboard:
    """The keyboard of the terminal that the program runs in."""

    def __init__(self) -> None:
        # Only who sits down at a terminal pays for loading it.
        from blessed import Terminal

        self._terminal = Terminal()

    def key(self, seconds: float | None) -> str:
        """Return the key pressed within *seconds*; see :class:`Keyboard`."""
        with self._terminal.cbreak():
            pressed = self._terminal.inkey(timeout=seconds)
        return "" if pressed.is_sequence or not pressed.isprintable() else str(pressed).lower()

    def line(self, prompt: str) -> str:
        """Return the line typed after *prompt*; see :class:`Keyboard`."""
        try:
            typed = input(printable(prompt))
        except EOFError:
            return ""
        return " ".join(printable(typed).split())[:LONGEST_LINE]


def at_the_terminal(instead: str) -> TerminalKeyboard:
    """Return the keyboard; raises :class:`UserError`, which says what to do *instead*, where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("this needs a terminal with a keyboard", instead)
    return TerminalKeyboard()
