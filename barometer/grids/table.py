"""The points table of a grid: what each criterion weighs in the whole and earns, for people; and its page, ``docs/grids.md``.

``python -m barometer.grids.table --write docs/grids.md`` renews what stands between the marks of the page, ``--check`` says
whether it is up to date.
"""

import sys
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from barometer.errors import UserError
from barometer.grids.cases import cases, looks_at, points_text, wording
from barometer.grids.grid import SCALE, Criterion, Family, Grid
from barometer.grids.loading import builtin, load

BEGIN = "<!-- points tables, written by make docs -->"
END = "<!-- end of the points tables -->"

_HUNDREDTH = Decimal("0.01")
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\|`*_[]<>"})


class Row(NamedTuple):
    """A criterion: what it looks at, what each case earns, its part of the whole, and its marks of the 20."""

    criterion: Criterion
    looks_at: str
    earns: str
    share: str
    of_twenty: str


class Block(NamedTuple):
    """A family and its criteria, in the order of the file."""

    family: Family
    share: str
    of_twenty: str
    rows: tuple[Row, ...]


def blocks(grid: Grid) -> list[Block]:
    """Return the table of *grid*, family by family."""
    return [
        Block(
            family,
            percent(family.weight),
            of_twenty(family.weight),
            tuple(_row(one) for one in grid.criteria if one.family == family.key),
        )
        for family in grid.families
    ]


def rules(grid: Grid) -> list[str]:
    """Return in a sentence each what else *grid* decides: nights, eligibility, places, label, plan."""
    found = [
        f"Nights: the median of the last {grid.nights} valid ones, {grid.profile} window."
        if grid.nights > 1
        else f"Nights: the last valid one, {grid.profile} window.",
        f"Eligible: at least {percent(Fraction(grid.minimum_coverage))} of the weights measured, "
        f"and marks on at least {_count(grid.channels_at_least, 'channel')}.",
        f"Ranked: a category with at least {_count(grid.award.participants, 'eligible merchant')}. "
        f"A place needs {'more than' if grid.award.strict else 'at least'} {points_text(grid.award.above)}/{SCALE}.",
        f"Equal scores: parted by {', then '.join(grid.award.tie_break)}; equal in these too, they share the place."
        if grid.award.tie_break
        else "Equal scores: they share the place.",
        f"Stability: a place that stands in less than {percent(Fraction(grid.stability))} of the bootstrap draws is doubted.",
    ]
    if grid.label is not None:
        conditions = ", ".join(_condition(grid, one.criterion, one.at_least) for one in grid.label.conditions)
        found.append(f"Label: “{grid.label.title['en']}” for {conditions}.")
    if grid.plan:
        named = ", ".join(f"{number} {wording()['channel'][group]}" for group, number in grid.plan.items())
        found.append(f"Plan: {sum(grid.plan.values())} attempts a merchant: {named}.")
    return found


def markdown(grid: Grid) -> str:
    """Return the points table of *grid* as Markdown, its rules before it."""
    lines = [f"### `{grid.name}`, version {grid.version}", "", _safe(grid.title["en"]) + ". " + _safe(grid.source), ""]
    lines += [f"- {_safe(rule)}" for rule in rules(grid)]
    for block in blocks(grid):
        lines += [
            "",
            f"**{_safe(block.family.title['en'])}**: {block.share} of the whole, {block.of_twenty} of {SCALE}",
            "",
        ]
        lines += ["| criterion | looks at | earns | weight | of 20 |", "| --- | --- | --- | ---: | ---: |"]
        lines += [_line(row) for row in block.rows]
    return "\n".join([*lines, ""])


def page_with_tables(page: str) -> str:
    """Return *page* with the tables of all built-in grids between its marks; raises :class:`UserError` without marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError("the page has no place for the points tables", f"write {BEGIN} and {END} on lines of their own")
    tables = "\n".join(markdown(load(name)) for name in builtin())
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def block_words(block: Block) -> str:
    """Return what a family weighs, in words."""
    if not block.family.weight:
        return "measured and shown, not marked"
    return f"{block.share} of the whole, {block.of_twenty} of {SCALE}"


def percent(part: Fraction) -> str:
    """Return *part* of the whole as a percentage, at most two decimals."""
    return f"{_rounded(part * 100)} %"


def of_twenty(part: Fraction) -> str:
    """Return the marks of the 20 that *part* of the whole stands for, at most two decimals."""
    return _rounded(part * Fraction(SCALE))


def _row(criterion: Criterion) -> Row:
    earns = "; ".join(f"{case.words}: {points_text(case.points)}" for case in cases(criterion))
    return Row(criterion, looks_at(criterion), earns, percent(criterion.weight), of_twenty(criterion.weight))


def _line(row: Row) -> str:
    title = f"{_safe(row.criterion.title['en'])} `{row.criterion.key}`"
    return f"| {title} | {row.looks_at} | {row.earns} | {row.share} | {row.of_twenty} |"


def _condition(grid: Grid, key: str, at_least: Decimal) -> str:
    return f"{key} at least {points_text(at_least)} of {points_text(grid.criterion(key).maximum)}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _rounded(number: Fraction) -> str:
    exact = (Decimal(number.numerator) / Decimal(number.denominator)).quantize(_HUNDREDTH, ROUND_HALF_EVEN)
    return f"{exact.normalize():f}"


def _safe(text: str) -> str:
    return text.translate(_MARKDOWN)


def main(
    write: Annotated[Path | None, typer.Option(help="Renew the tables in this page.")] = None,
    check: Annotated[Path | None, typer.Option(help="Fail unless the tables in this page are as they are now.")] = None,
) -> None:
    """Print the points tables of the built-in grids, renew them in a page, or check that a page is up to date."""
    page = write or check
    if page is None:
        sys.stdout.write("\n".join(_tables()))
        return
    old = page.read_text("utf-8")
    new = page_with_tables(old)
    if write:
        write.write_text(new, "utf-8")
    elif new != old:
        sys.stderr.write(f"{page}: the points tables are not what the grids say; run: make docs\n")
        raise typer.Exit(1)


def _tables() -> Iterator[str]:
    for name in builtin():
        yield markdown(load(name))


if __name__ == "__main__":
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    program.command()(main)
    program()
