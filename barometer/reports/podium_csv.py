"""The podiums as a table for spreadsheets: one line a laureate, a holder of the label, or a category without laureate.

In French the cells are parted by semicolons and marks have a decimal comma, as spreadsheets there expect; in English commas and
points. The file begins with a byte order mark, without which Excel reads accents wrong.
"""

import csv
import io
from collections.abc import Iterator

from barometer.grids.grid import Grid
from barometer.podium import PublicResult
from barometer.reports.podium_view import Named, PodiumView, spoken, view_of
from barometer.reports.podium_words import PodiumWords, podium_words
from barometer.reports.wording import Language

COLUMNS = (
    "category_number", "category", "distinction", "place", "shared", "name", "site", "score", "edition", "year", "revision",
    "tests_from", "tests_until",
)  # fmt: skip
_SEPARATOR = {Language.FRENCH: ";", Language.ENGLISH: ","}
# The wide forms of the four signs are taken for them by spreadsheets set to Chinese or Japanese.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_of(result: PublicResult, grid: Grid, language: Language) -> bytes:
    """Return the table of *result*; a cell that a spreadsheet would run begins with an apostrophe."""
    words = podium_words(language)
    view = view_of(result, grid, words)
    edition = result.edition
    ends = (
        spoken(edition.name), str(edition.year), str(edition.revision), edition.tests_from.isoformat(),
        edition.tests_until.isoformat(),
    )  # fmt: skip
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=_SEPARATOR[language], lineterminator="\r\n")
    writer.writerow(words[f"column.{column}"] for column in COLUMNS)
    writer.writerows([guarded(cell) for cell in (*row, *ends)] for row in _rows(view, words))
    return stream.getvalue().encode("utf-8-sig")


def guarded(cell: str) -> str:
    """Return *cell* so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) or cell.startswith(("\t", "\r")) else cell


def _rows(view: PodiumView, words: PodiumWords) -> Iterator[tuple[str, ...]]:
    for category in view.categories:
        head = (str(category.number), category.name)
        if not category.steps:
            yield (*head, words["column.no_laureate"], "", "", "", "", "")
        for step in category.steps:
            for one in step.honoured:
                shared = words["column.yes" if step.shared else "column.no"]
                place = (words["column.laureate"], str(step.place), shared)
                yield (*head, *place, one.who.name, _site(one.who), words.mark(one.score))
    for holders in view.label or ():
        for who in holders.named:
            head = (str(holders.number) if holders.number else "", holders.category)
            yield (*head, words["column.label"], "", "", who.name, _site(who), "")


def _site(who: Named) -> str:
    return who.link or who.site
