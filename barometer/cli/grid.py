"""``barometer grid``: the grids there are, what one decides, whether a file is one, and what two decide differently."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer.cli.console import json_text, plain_error, printable, stderr
from barometer.errors import UserError
from barometer.grids.difference import differences
from barometer.grids.grid import SCALE, Grid
from barometer.grids.loading import Checked, builtin, load, place_of, source
from barometer.grids.loading import check as check_content
from barometer.grids.plain import plain_grid
from barometer.grids.table import Block, block_words, blocks, rules

app = typer.Typer(
    help="Grids: files that say what is marked, how much it weighs and who may win. See docs/grids.md.",
    no_args_is_help=True,
)

WIDEST_NAME = 34
NARROWEST_WORDS = 24
GAP = 2
"""Signs of the widest first column, of the narrowest second one, and between two (*ours*: 80 signs hold them all)."""

OneGrid = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A built-in grid by its name, or a grid file.")]


@app.command("list")
def list_grids(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of a table.")] = False,
) -> None:
    """List the grids that come with the program.

    Example: [bold]barometer grid list[/bold]
    """
    grids = [load(name) for name in builtin()]
    if as_json:
        rows = [
            {
                "name": one.name, "version": one.version, "title": dict(one.title), "criteria": len(one.criteria),
                "sha256": one.sha256,
            }
            for one in grids
        ]  # fmt: skip
        sys.stdout.write(json_text(rows) + "\n")
        return
    table = Table("name", "version", "title", "criteria", "label", box=None, pad_edge=False, header_style="bold")
    for one in grids:
        label = "yes" if one.label else "no"
        table.add_row(one.name, one.version, Text(one.title["en"]), str(len(one.criteria)), label)
    Console(highlight=False).print(table)


@app.command()
def show(
    grid: OneGrid,
    as_json: Annotated[bool, typer.Option("--json", help="Print the grid as one JSON object.")] = False,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print the file itself: a start for a grid of your own.")
    ] = False,
) -> None:
    """Show what a grid decides: its rules, and for each criterion what it earns and what it weighs in the whole.

    Example: [bold]barometer grid show open-to-dialog --toml > mine.toml[/bold]
    """
    if as_json and toml:
        raise UserError("--json and --toml cannot be had at once", "give one of them")
    read = load(grid)
    if toml:
        _copy(source(grid))
    elif as_json:
        sys.stdout.write(json_text(plain_grid(read)) + "\n")
    else:
        _show(Console(highlight=False), read)


@app.command("check", epilog="Exit code 2 when anything is wrong with any of the files.")
def check_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Grid files, or names of built-in grids.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead, with every problem.")] = False,
) -> None:
    """Check grid files, and tell everything that is wrong with each, by line.

    Example: [bold]barometer grid check mine.toml[/bold]
    """
    checked = [(name, _checked(name)) for name in files]
    if as_json:
        sys.stdout.write(json_text([_told(name, one) for name, one in checked]) + "\n")
    else:
        for name, one in checked:
            _report(name, one)
    if any(_wrong(one) for _, one in checked):
        raise typer.Exit(2)


@app.command()
def diff(
    first: OneGrid,
    second: OneGrid,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of lines.")] = False,
) -> None:
    """Say in words what two grids decide differently: weights, bands, rules, criteria added or gone.

    What decides nothing (comments, the order of criteria) is not told.

    Example: [bold]barometer grid diff open-to-dialog mine.toml[/bold]
    """
    before, after = load(first), load(second)
    changes = differences(before, after)
    if as_json:
        rows = [{"about": one.about, "before": one.before, "after": one.after} for one in changes]
        sys.stdout.write(json_text(rows) + "\n")
        return
    for change in changes:
        sys.stdout.write(f"{printable(str(change))}\n")
    if not changes:
        same = before.sha256 == after.sha256
        stderr.print("the files are the same" if same else "the files differ, and decide the same", markup=False)


def _copy(content: bytes) -> None:
    """Write a file to standard output: to the byte, but for what could steer a terminal."""
    if sys.stdout.isatty():
        sys.stdout.write(printable(content.decode("utf-8-sig")))
    else:
        sys.stdout.buffer.write(content)


def _show(console: Console, grid: Grid) -> None:
    console.print(Text(f"{grid.title['en']} ({grid.name}, version {grid.version})", "bold"))
    console.print(Text(grid.source, "dim"))
    console.print()
    for rule in rules(grid):
        about, _, words = rule.partition(": ")
        console.print(Text.assemble((f"{about}: ", "bold"), words))
    names = max(len(text) for one in grid.criteria for text in (one.title["en"], one.key))
    for block in blocks(grid):
        console.print()
        console.print(Text.assemble((block.family.title["en"], "bold cyan"), f": {block_words(block)}"))
        console.print(_table(block, min(names, WIDEST_NAME), console.width))
    console.print()
    console.print(Text(f"SHA-256 {grid.sha256}", "dim"), soft_wrap=True)


def _table(block: Block, names: int, width: int) -> Table:
    """Return the criteria of a family; under each title its key, under what it looks at what that earns."""
    words = max(NARROWEST_WORDS, width - names - len("weight") - len(f"of {SCALE}") - 3 * GAP)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    table.add_column("criterion", width=names, overflow="fold")
    table.add_column("looks at, and earns", width=words, overflow="fold")
    table.add_column("weight", justify="right", no_wrap=True, min_width=6)
    table.add_column(f"of {SCALE}", justify="right", no_wrap=True, min_width=5)
    for row in block.rows:
        name = Text.assemble(row.criterion.title["en"], "\n", (row.criterion.key, "dim"))
        earns = Text.assemble(row.looks_at, "\n", (_unbroken(row.earns.split("; "), words), "green"))
        weight, marks = (row.share, row.of_twenty) if row.criterion.weight else ("-", "-")
        table.add_row(name, earns, weight, marks)
    return table


def _unbroken(cases: list[str], width: int) -> str:
    """Return *cases* in lines of *width*, none of them parted from its points."""
    lines = [""]
    for case in cases:
        longer = f"{lines[-1]}; {case}" if lines[-1] else case
        if len(longer) < width or not lines[-1]:
            lines[-1] = longer
        else:
            lines[-1] += ";"
            lines.append(case)
    return "\n".join(lines)


def _checked(name: str) -> Checked | UserError:
    """Return what a file holds, or why it cannot be read: the other files are checked all the same."""
    try:
        return check_content(source(name))
    except UserError as error:
        return error


def _wrong(checked: Checked | UserError) -> bool:
    return isinstance(checked, UserError) or checked.grid is None


def _report(name: str, checked: Checked | UserError) -> None:
    """Print what is wrong with a file, or that nothing is."""
    if isinstance(checked, UserError):
        plain_error(str(checked))
        return
    for problem in checked.problems:
        plain_error(problem.written(place_of(name)))
    if checked.grid is None:
        number = len(checked.problems)
        plain_error(f"{place_of(name)}: {number} {'problem' if number == 1 else 'problems'}")
        return
    grid = checked.grid
    said = f"{place_of(name)}: {grid.name}, version {grid.version}, {len(grid.criteria)} criteria: nothing wrong"
    sys.stdout.write(f"{printable(said)}\n")
    namesake = load(grid.name) if grid.name in builtin() else None
    if namesake is not None and namesake.version == grid.version and namesake.sha256 != grid.sha256:
        remark = (
            f"note: {grid.name}, version {grid.version}, is built in with other content; give yours a name of its own"
        )
        stderr.print(remark, markup=False, soft_wrap=True)


def _told(name: str, checked: Checked | UserError) -> dict[str, Any]:
    grid = None if isinstance(checked, UserError) else checked.grid
    problems: list[dict[str, Any]] = (
        [{"line": None, "what": checked.what, "remedy": checked.remedy}]
        if isinstance(checked, UserError)
        else [one._asdict() for one in checked.problems]
    )
    return {
        "file": place_of(name),
        "name": grid.name if grid else None,
        "version": grid.version if grid else None,
        "sha256": grid.sha256 if grid else None,
        "problems": problems,
    }
