"""On which line of a TOML file a value stands, which its parser does not tell. Pure.

The text is known to be TOML, so that a few signs are enough to find one's way: headers, keys, the elements of lists. A value
further inside is on the line of the nearest of these.
"""

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Keys and list positions, from the outside in: ``("criterion", 2, "bands", 0)``."""

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BLANKS = re.compile(r"[ \t]*")
_KEY_PART = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'([^\'\n]*)\'|([A-Za-z0-9_-]+)')
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{},\n]"
    r"|[^\[\]{},\n\"'#]+",
    re.DOTALL,
)


def lines_of(text: str) -> Mapping[Path, int]:
    """Return the lines, from 1, of the tables, keys and list elements of *text*, which must be TOML with ``\\n`` as line end."""
    return _Scan(text).lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """Return the line of *path*, or of the nearest thing around it that has one; 1 where nothing has."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Scan:
    """One reading of a text, from its beginning to its end; what no token fits ends it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[Path, int] = {}
        self._place = 0
        self._counted_to = 0
        self._line = 1
        self._tables: dict[Path, int] = {}
        self._inside: Path = ()
        while self._statement():
            pass

    def _statement(self) -> bool:
        """Read a header or a key with its value, and tell whether there was one."""
        self._place = self._after(_SPACE)
        if self._place >= len(self.text):
            return False
        listed = self.text.startswith("[[", self._place)
        if self.text[self._place] == "[":
            return self._header(listed)
        key = self._key()
        self._place = self._after(_BLANKS)
        if not key or not self.text.startswith("=", self._place):
            return False
        path = self._inside + key
        for length in range(1, len(key) + 1):
            self.lines.setdefault(self._inside + key[:length], self._now())
        self._place += 1
        self._value(path)
        return True

    def _header(self, listed: bool) -> bool:
        here = self._now()
        self._place = self._after(_BLANKS, 1 + listed)
        path = self._with_positions(self._key(), listed)
        if not path:
            return False
        self.lines.setdefault(path, here)
        self.lines.setdefault(path[:-1] if listed else path, here)
        self._inside = path
        self._place = self._after(_BLANKS) + 1 + listed
        return True

    def _with_positions(self, key: Path, listed: bool) -> Path:
        """Return the path that a header's *key* stands for: in a list of tables it means the last one."""
        path: Path = ()
        for number, part in enumerate(key):
            path = (*path, part)
            if listed and number == len(key) - 1:
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _key(self) -> Path:
        parts: list[str] = []
        while part := _KEY_PART.match(self.text, self._place):
            parts.append(next(group for group in part.groups() if group is not None))
            self._place = part.end()
            dot = _DOT.match(self.text, self._place)
            if dot is None:
                break
            self._place = dot.end()
        return tuple(parts)

    def _value(self, path: Path) -> None:
        """Read a value to the end of its line, or of the line on which its last bracket closes."""
        brackets: list[str] = []
        position, expected = 0, False
        while token := _TOKEN.match(self.text, self._place):
            sign = token.group()
            if sign == "\n" and not brackets:
                return
            if expected and len(brackets) == 1 and sign.strip() and sign[0] not in "#,]":
                self.lines.setdefault((*path, position), self._now())
                position, expected = position + 1, False
            if sign in "[{":
                brackets.append(sign)
                expected = expected or brackets == ["["]
            elif sign in "]}":
                del brackets[-1:]
            elif sign == "," and brackets == ["["]:
                expected = True
            self._place = token.end()

    def _after(self, pattern: re.Pattern[str], skipped: int = 0) -> int:
        found = pattern.match(self.text, self._place + skipped)
        return found.end() if found else self._place + skipped

    def _now(self) -> int:
        """Return the line of the present place; counts on from where it was asked last."""
        self._line += self.text.count("\n", self._counted_to, self._place)
        self._counted_to = self._place
        return self._line
