"""Comma-separated files as spreadsheets write them: bytes to records with their true line numbers, and back.

Read: UTF-8 and UTF-16 with or without byte-order mark, Windows-1252 (line by line, so that one stray line spoils no
other), any line ending, commas, semicolons, tabs or bars, Excel's ``sep=;`` line. A quotation mark left open costs the
line it stands on and no other.

Written: UTF-8, commas. A value that a spreadsheet would take for a formula (it begins with ``= + - @``, a tab or a
carriage return, perhaps after apostrophes) gets one apostrophe in front, and reading takes that one away again.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from barometer.errors import UserError

MAX_BYTES = 50_000_000
"""Largest file read (*ours*: some 300,000 merchants)."""
MAX_LINES_OF_A_ROW = 50
"""Lines that a quoted cell may span before its opening mark counts as a slip (*ours*)."""
MAX_LINES = 1_000_000
"""Most physical lines of a file, blank ones included (*ours*)."""
MAX_LINE_LENGTH = 1_000_000
"""Longest physical line that is cut into cells, in characters (*ours*)."""
DELIMITERS = ",;\t|"

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_BYTES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_DECLARED_DELIMITER = re.compile(r'"?sep=([^"\r\n])"?\s*', re.I)
_FORMULA_START = re.compile("'*[=+\\-@\t\r＝＋－＠]")
_NEUTRALISED = re.compile("'+[=+\\-@\t\r＝＋－＠]")
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_SIGNATURES = {
    b"PK\x03\x04": "an Excel or OpenDocument workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF file",
}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Record(NamedTuple):
    """One row of a file: the physical line it begins on, from 1, and its cells, or why it could not be read."""

    line: int
    cells: list[str]
    problem: UserError | None = None


def file_content(path: Path) -> bytes:
    """Return the bytes of *path*; raises :class:`UserError` when it cannot be read or is larger than allowed."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise UserError(f"{path}: is a folder", "give a CSV file") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}", "give the path of a CSV file that can be read") from None
    if len(content) > MAX_BYTES:
        raise UserError(f"{path}: is larger than {MAX_BYTES // 1_000_000} MB", "split it into several files")
    return content


def csv_records(content: bytes, file: str, heading_score: Callable[[list[str]], int]) -> Iterator[Record]:
    """Yield the records of *content*, the bytes of *file*, blank rows left out.

    The delimiter is the one Excel declares, else that under which *heading_score* gives the first row most. Raises
    :class:`UserError`, which names the file, when it is no text.
    """
    lines = _numbered(_lines(content, file), file)
    ahead: deque[tuple[int, str]] = deque()
    for number, line in lines:
        if line.strip():
            ahead.append((number, line))
            break
    declared = _DECLARED_DELIMITER.fullmatch(ahead[0][1]) if ahead else None
    if declared:
        ahead.clear()
    delimiter = declared.group(1) if declared else _delimiter_of(ahead[0][1] if ahead else "", heading_score)
    yield from _records(lines, ahead, delimiter)


def cell_as_shown(cell: str, *, text: bool) -> str:
    """Return *cell* as a spreadsheet shows it: no guarding apostrophe, no ``="..."`` around it, no outer space.

    An apostrophe before something that begins like a formula guards it and goes; before anything else it goes too,
    unless *text* says that the column holds words (``'t Hof`` keeps its own). Raises :class:`UserError` for a formula.
    """
    cell = cell.strip()
    if _NEUTRALISED.match(cell):
        return cell[1:]
    wrapped = _TEXT_FORMULA.fullmatch(cell)
    if wrapped:
        return wrapped.group(1).replace('""', '"')
    if cell.startswith(("=", "＝")):
        raise UserError(f"'{cell[:40]}' is a formula", "paste it as a value, or put an apostrophe before it")
    return cell if text else cell.removeprefix("'")


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Return *rows* as the text of a comma-separated file, safe to open in a spreadsheet."""
    text = io.StringIO(newline="")
    # Only characters of the line end are quoted, and a lone carriage return would end a line for a reader.
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([f"'{cell}" if _FORMULA_START.match(cell) else cell for cell in row])
    return text.getvalue()


def _lines(content: bytes, file: str) -> Iterator[str]:
    """Yield the physical lines of *content*, ends included; memory does not grow with the file for 8-bit text."""
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise UserError(f"{file}: is {what}", "save it as 'CSV UTF-8' and give that file")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    encoding = encoding or _wide_encoding(content)
    if encoding and encoding != "utf-8-sig":
        try:
            text = content.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            what = f"{file}: is damaged: not {encoding} at byte {error.start}"
            raise UserError(what, "save it as 'CSV UTF-8'") from None
        yield from (line.group() for line in _LINE.finditer(text))
        return
    start = len(codecs.BOM_UTF8) if encoding else 0
    for line in _LINE_BYTES.finditer(content, start):
        yield _decoded(line.group())


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _wide_encoding(content: bytes) -> str | None:
    """Return the UTF-16 order of text without a mark: every other byte of its first words is NUL."""
    start = content[:64]
    if len(start) < 8 or len(start) % 2:
        return None
    if not any(start[::2]):
        return "utf-16-be"
    return "utf-16-le" if not any(start[1::2]) and any(start[::2]) else None


def _numbered(lines: Iterator[str], file: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if number > MAX_LINES:
            raise UserError(f"{file}: has more than {MAX_LINES} lines", "split it into several files")
        yield number, line


def _delimiter_of(heading: str, score: Callable[[list[str]], int]) -> str:
    def worth(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([heading[:65536]], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:
            return 0, 0
        return score(cells), len(cells)

    return max(DELIMITERS, key=worth)


def _records(lines: Iterator[tuple[int, str]], ahead: deque[tuple[int, str]], delimiter: str) -> Iterator[Record]:
    """Yield records from the lines *ahead*, then from *lines*; no line is looked at more often than the bound."""

    def has_line(index: int) -> bool:
        if index == len(ahead):
            ahead.extend(islice(lines, 1))
        return index < len(ahead)

    def row_from_here() -> Iterator[str]:
        for index in range(MAX_LINES_OF_A_ROW):
            if not has_line(index) or len(ahead[index][1]) > MAX_LINE_LENGTH:
                return
            yield ahead[index][1]

    while has_line(0):
        number, line = ahead[0]
        problem, cells, used = None, [], 1
        if len(line) > MAX_LINE_LENGTH:
            problem = UserError(f"the line is longer than {MAX_LINE_LENGTH} characters", "is it a row of a panel?")
        elif not line.isspace():
            reader = csv.reader(row_from_here(), delimiter=delimiter, strict=True, skipinitialspace=True)
            try:
                cells = next(reader)
                used = reader.line_num
            except csv.Error as error:
                problem = _quoting_problem(str(error))
        for _ in range(used):
            ahead.popleft()
        if problem or any(cell.strip() for cell in cells):
            yield Record(number, cells, problem)


def _quoting_problem(message: str) -> UserError:
    if "larger than field limit" in message:
        return UserError(f"a cell is longer than {csv.field_size_limit()} characters", "shorten it")
    return UserError(
        "a cell opens a quotation mark and does not close it before the next delimiter",
        'close it, and write "" for a quotation mark inside a quoted cell',
    )
