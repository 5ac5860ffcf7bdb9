"""Grid files: found by name or path, read, and refused with the line of what is wrong."""

import hashlib
import tomllib
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from re import search
from typing import NamedTuple

from barometer.errors import UserError
from barometer.grids.entries import Notes, Problem
from barometer.grids.grid import Grid
from barometer.grids.lines import lines_of
from barometer.grids.reading import read_grid

MAX_BYTES = 100_000
"""Largest grid file (*ours*: some 300 criteria)."""
LONGEST_LINE = 1_000
"""Characters of a line (*ours*: a key of many thousand parts would keep the parser busy for minutes)."""
SUFFIX = ".toml"


class Checked(NamedTuple):
    """A grid file that was read: its grid, or everything that is wrong with it, by line."""

    grid: Grid | None
    problems: tuple[Problem, ...]


@cache
def builtin() -> tuple[str, ...]:
    """Return the names of the grids that come with the program."""
    held = (resource.name for resource in files("barometer.grids").iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in held if name.endswith(SUFFIX)))


def load(name_or_path: str) -> Grid:
    """Return a grid by the name of a built-in one or the path of a file.

    Raises :class:`UserError`, which names file and line, where there is none or something is wrong with it.
    """
    return parse(source(name_or_path), place_of(name_or_path))


def source(name_or_path: str) -> bytes:
    """Return the bytes of a built-in grid, or of a file; raises :class:`UserError` where neither can be read."""
    if name_or_path in builtin():
        return (files("barometer.grids") / f"{name_or_path}{SUFFIX}").read_bytes()
    try:
        with Path(name_or_path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"there is no grid {name_or_path[:200]!r}", _instead(name_or_path)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "is no path"
        raise UserError(f"{name_or_path[:200]}: {why}", "give the path of a grid file that can be read") from None
    return content


def parse(content: bytes, where: str) -> Grid:
    """Return the grid in *content*, the bytes of the file *where*.

    Raises :class:`UserError` with file, line and remedy of the first thing that is wrong, and how many more there are.
    """
    checked = check(content)
    if checked.grid is not None:
        return checked.grid
    first, *others = checked.problems
    more = f" ({len(others)} more: barometer grid check)" if others else ""
    raise UserError(f"{where}:{first.line}: {first.what}", f"{first.remedy}{more}")


def check(content: bytes) -> Checked:
    """Return the grid in *content*, or everything that is wrong with it, by line."""
    if len(content) > MAX_BYTES:
        return _refused(1, f"is larger than {MAX_BYTES // 1_000} kB, so it is hardly a grid", "give a grid file")
    try:
        # Some editors begin a file with a byte-order mark.
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _refused(line, "is not UTF-8", "save the file as UTF-8")
    for number, one in enumerate(text.split("\n"), start=1):
        if len(one) > LONGEST_LINE:
            return _refused(number, f"the line has {len(one)} characters", f"break it; {LONGEST_LINE} are allowed")
    try:
        values = tomllib.loads(text, parse_float=_number)
    except RecursionError:
        return _refused(1, "nests lists or tables too deeply", "write it as docs/grids.md shows")
    except ValueError as error:
        return _not_toml(text, error)
    lines = lines_of(text)
    notes = Notes(lines)
    grid = read_grid(values, lines, hashlib.sha256(content).hexdigest(), notes)
    return Checked(grid, tuple(sorted(notes.problems, key=lambda problem: problem.line)))


def place_of(name_or_path: str) -> str:
    """Return how messages name the file of a grid."""
    return f"{name_or_path}{SUFFIX}" if name_or_path in builtin() else name_or_path


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all measure, which the reader then refuses with its line
        return Decimal("NaN")


def _not_toml(text: str, error: ValueError) -> Checked:
    """Return the parser's complaint with its line, which it writes at the end of it."""
    said = str(error)
    found = search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", said)
    if found is None:
        return _refused(1, "is not TOML: it holds a number, date or time that cannot be", "mend it")
    line = int(found.group(1)) if found.group(1) else text.count("\n") + 1
    column = f" (column {found.group(2)})" if found.group(2) else " (at the end of the file)"
    return _refused(line, f"is not TOML: {said[: found.start()]}{column}", "mend it; a text stands in quotation marks")


def _refused(line: int, what: str, remedy: str) -> Checked:
    return Checked(None, (Problem(line, what, remedy),))


def _instead(name: str) -> str:
    near = get_close_matches(name, builtin(), n=1, cutoff=0.6)
    known = f"perhaps {near[0]} is meant" if near else f"built in are {', '.join(builtin())}"
    return f"{known}; or give the path of a file"
