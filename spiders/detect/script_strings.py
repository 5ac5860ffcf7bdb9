"""What inline scripts write into the page, read from their strings without running anything.

Only what address cloaks are made of is understood: strings put together with "+", names that hold them, ``atob``,
``unescape``, ``fromCharCode``, ``split``, ``reverse``, ``join``, ``replace``. Everything else is skipped. Work is
bounded by the length of the script, and long scripts are left alone.
"""

import base64
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from spiders.detect.script_tokens import END, Token, tokens_of

MAX_SCRIPT = 20_000
"""Longest script read, in characters; cloaks are a few hundred (ours)."""
MAX_STRING = 4_000
"""Longest string put together, in characters (ours)."""
_MAX_DEPTH = 30


class Output(NamedTuple):
    """A string that a script writes into the page or opens; ``at_load`` is false where a visitor must first press."""

    text: str
    at_load: bool


_Value = str | list[str] | int


def outputs_of(code: str) -> list[Output]:
    """Return what *code* writes into the page, in order: markup, words or addresses to open."""
    if len(code) > MAX_SCRIPT:
        return []
    return _Reader(tokens_of(code)).read()


def _names_run_at_load(tokens: list[Token]) -> set[str]:
    """Return the names of functions that the script itself calls, or hands to an event of loading."""
    called: set[str] = set()
    padded = [END, END, *tokens, END]
    for before, first, second, third in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        if second.kind != "name":
            continue
        runs_when_loaded = first.text == "," and before.kind == "string" and before.text.lower() in _LOAD_EVENTS
        is_onload = first.text == "=" and before.text == "onload"
        if (third.text == "(" and first.text != "function") or runs_when_loaded or is_onload:
            called.add(second.text)
    return called


class _Reader:
    """Reads assignments and writes off a list of tokens; every token is the start of at most one of them."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._held: dict[str, _Value] = {}
        self._outputs: list[Output] = []
        self._called = _names_run_at_load(tokens)

    def read(self) -> list[Output]:
        waits: list[bool] = [False]
        for index, token in enumerate(self._tokens):
            if token.kind == "sign":
                if token.text == "{":
                    waits.append(waits[-1] or self._waits_for_a_press(index))
                elif token.text == "}" and len(waits) > 1:
                    waits.pop()
            elif token.kind == "name":
                self._read_name(index, token.text, at_load=not waits[-1])
        return self._outputs

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else END

    def _read_name(self, index: int, name: str, at_load: bool) -> None:
        after = self._at(index + 1).text if self._at(index + 1).kind == "sign" else ""
        is_member = self._at(index - 1) == Token("sign", ".")
        if after in ("=", "+="):
            value, _ = self._expression(index + 2, 0)
            if is_member or name == "location":
                if name in _WRITTEN_PROPERTIES:
                    self._write(value, at_load)
            elif value is None:
                self._held.pop(name, None)
            else:
                self._hold(name, value, added=after == "+=")
        elif after == "(" and name in _WRITING_CALLS:
            self._write_argument(index + 2, _WRITING_CALLS[name], at_load)

    def _write_argument(self, index: int, position: int, at_load: bool) -> None:
        """Write the argument number *position* of a call, and those after it where the call takes any number."""
        value, index = self._expression(index, 0)
        written: list[_Value | None] = [value]
        while self._at(index).text == "," and len(written) < 8:
            value, index = self._expression(index + 1, 0)
            written.append(value)
        for value in written[position:]:
            self._write(value, at_load)

    def _write(self, value: _Value | None, at_load: bool) -> None:
        if isinstance(value, str) and value:
            self._outputs.append(Output(value, at_load))

    def _hold(self, name: str, value: _Value, added: bool) -> None:
        before = self._held.get(name) if added else None
        if isinstance(before, str) and isinstance(value, str):
            value = (before + value)[:MAX_STRING]
        self._held[name] = value

    def _waits_for_a_press(self, brace: int) -> bool:
        """Tell whether the block that opens at *brace* is a function that does not run when the page loads."""
        index = brace - 1
        arrow = self._at(index).text == "=>"
        if arrow:
            index -= 1
        if self._at(index).text == ")":
            index = self._opening(index) - 1
        elif arrow:
            index -= 1
        else:
            return False
        name = ""
        if not arrow:
            if self._at(index).kind == "name" and self._at(index).text != "function":
                name, index = self._at(index).text, index - 1
            if self._at(index).text != "function":
                return False
            index -= 1
        if self._at(index).text == "async":
            index -= 1
        return self._is_deferred(name, index)

    def _is_deferred(self, name: str, before: int) -> bool:
        """Tell it by what stands before the function: an assignment, a listener's event, a call that takes it."""
        token = self._at(before)
        if token.text == "=":
            name = self._at(before - 1).text
            if name.startswith("on"):
                return name not in ("onload", "onpageshow")
        if name:
            return name not in self._called
        if token.text == ",":
            event = self._at(before - 1)
            return event.kind == "string" and not set(event.text.lower().split()) & _LOAD_EVENTS
        return token.text == "(" and self._at(before - 1).text in _PRESS_CALLS

    def _opening(self, closing: int) -> int:
        """Return where the bracket closed at *closing* opens, looking back no further than a parameter list reaches."""
        depth = 0
        for index in range(closing, max(-1, closing - 60), -1):
            text = self._at(index).text if self._at(index).kind == "sign" else ""
            depth += (text == ")") - (text == "(")
            if depth == 0:
                return index
        return closing

    def _expression(self, index: int, depth: int) -> tuple[_Value | None, int]:
        """Read terms joined by "+"; return their value, ``None`` if one is not understood, and where reading ended."""
        value, index = self._term(index, depth)
        while value is not None and self._at(index) == Token("sign", "+"):
            other, index = self._term(index + 1, depth)
            if isinstance(value, list) or isinstance(other, list) or other is None:
                return None, index
            if isinstance(value, int) and isinstance(other, int):
                value += other
            else:
                value = f"{value}{other}"[:MAX_STRING]
        return value, index

    def _term(self, index: int, depth: int) -> tuple[_Value | None, int]:
        if depth > _MAX_DEPTH:
            return None, index
        token = self._at(index)
        value: _Value | None = None
        if token.kind == "string":
            value, index = token.text[:MAX_STRING], index + 1
        elif token.kind == "number":
            value, index = (
                int(token.text, 0) if token.text.lower().startswith("0x") else int(float(token.text)),
                index + 1,
            )
        elif token.text == "(":
            value, index = self._expression(index + 1, depth + 1)
            index += self._at(index).text == ")"
        elif token.text == "[":
            value, index = self._arguments(index + 1, "]", depth)
        elif token.kind == "name":
            value, index = self._named(index, depth)
        return self._methods(value, index, depth)

    def _named(self, index: int, depth: int) -> tuple[_Value | None, int]:
        """Read a name, ``window.`` left out, or a call to one of the functions that decode strings."""
        if self._at(index).text in ("window", "String", "self") and self._at(index + 1).text == ".":
            index += 2
        name = self._at(index).text
        if self._at(index + 1) != Token("sign", "("):
            return self._held.get(name), index + 1
        if name not in _DECODERS and name != "fromCharCode":
            return None, index + 1
        values, index = self._arguments(index + 2, ")", depth)
        if not values:
            return None, index
        if name == "fromCharCode":
            return "".join(map(_character, values)), index
        return _DECODERS[name](values[0]), index

    def _arguments(self, index: int, closing: str, depth: int) -> tuple[list[str], int]:
        """Read values up to *closing*; what is not understood ends the list empty."""
        values: list[str] = []
        while self._at(index).text != closing or self._at(index).kind == "string":
            value, index = self._expression(index, depth + 1)
            if value is None or isinstance(value, list):
                return [], index
            values.append(str(value))
            if self._at(index).text == ",":
                index += 1
            elif self._at(index).text != closing:
                return [], index
        return values, index + 1

    def _methods(self, value: _Value | None, index: int, depth: int) -> tuple[_Value | None, int]:
        while (
            value is not None
            and self._at(index).text == "."
            and self._at(index + 2).text == "("
            and depth <= _MAX_DEPTH
        ):
            name = self._at(index + 1).text
            if name == "replace" and self._at(index + 3).kind == "regex":
                what = _literal(self._at(index + 3).text)
                rest, index = self._arguments(index + 5, ")", depth)
                arguments = [what, *rest] if what else []
            else:
                arguments, index = self._arguments(index + 3, ")", depth)
            value = _method(value, name, arguments)
        return value, index


_WRITTEN_PROPERTIES = frozenset({"innerHTML", "outerHTML", "innerText", "textContent", "href", "location", "nodeValue"})
_WRITING_CALLS = {
    "write": 0, "writeln": 0, "html": 0, "append": 0, "prepend": 0, "replaceWith": 0, "insertAdjacentHTML": 1,
    "setAttribute": 1, "attr": 1, "open": 0, "createTextNode": 0, "assign": 0,
}  # fmt: skip
_LOAD_EVENTS = frozenset({"domcontentloaded", "load", "ready", "pageshow", "readystatechange", "deviceready"})
_PRESS_CALLS = frozenset(
    {"click", "mouseover", "mouseenter", "mousedown", "hover", "focus", "dblclick", "touchstart", "one"}
)


def _from_base64(text: str) -> str | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except ValueError:
        return None


_DECODERS: dict[str, Callable[[str], str | None]] = {
    "atob": _from_base64, "unescape": unquote, "decodeURIComponent": unquote, "decodeURI": unquote,
}  # fmt: skip


def _character(number: str) -> str:
    return chr(int(number)) if number.isascii() and number.isdigit() and int(number) < 0xD800 else ""


def _literal(regex: str) -> str | None:
    """Return the one string that *regex* stands for, or ``None`` where it stands for several."""
    plain = re.sub(r"\\([^\w\s])", "", regex)
    return None if set(plain) & set("\\[](){}*+?.^$|") else re.sub(r"\\(.)", r"\1", regex)


def _method(value: _Value, name: str, arguments: Sequence[str]) -> _Value | None:
    """Return what a string or list method gives, ``None`` for one that is not understood or makes too long a string."""
    if sum(map(len, arguments)) > _MAX_ARGUMENTS:
        return None
    if isinstance(value, list):
        return _of_list(value, name, arguments)
    return _of_string(value, name, arguments) if isinstance(value, str) else None


_MAX_ARGUMENTS = 200


def _of_list(value: list[str], name: str, arguments: Sequence[str]) -> _Value | None:
    if name == "reverse":
        return value[::-1]
    return (arguments[0] if arguments else ",").join(value)[:MAX_STRING] if name == "join" else None


def _of_string(value: str, name: str, arguments: Sequence[str]) -> _Value | None:
    first = arguments[0] if arguments else ""
    if name == "split":
        return value.split(first) if first else list(value)
    if name == "replace" and len(arguments) == 2:
        return value.replace(first, arguments[1])[:MAX_STRING]
    if name == "concat":
        return (value + "".join(arguments))[:MAX_STRING]
    return {"toString": value, "trim": value.strip(), "toLowerCase": value.lower()}.get(name)
