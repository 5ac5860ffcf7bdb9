"""Grid files for tests: a small sound one, and the same with something changed."""

from pathlib import Path

from barometer.grids.loading import check

DOCS = Path(__file__).parents[2] / "docs" / "grids.md"


def example() -> str:
    """Return the example that docs/grids.md teaches with, as a user would copy it."""
    page = DOCS.read_text("utf-8")
    return page.partition("<!-- example -->\n```toml\n")[2].partition("```")[0]


def changed(old: str, new: str, times: int = 1) -> str:
    """Return the example with *old*, which must be in it, replaced."""
    text = example()
    assert old in text, f"{old!r} is not in the example"
    return text.replace(old, new, times)


def problems(text: str) -> list[str]:
    """Return everything that is wrong with a grid, a line each."""
    return [one.written("mine.toml") for one in check(text.encode()).problems]


def line_number(text: str, part: str) -> int:
    """Return the line, from 1, on which *part* first stands."""
    return text[: text.index(part)].count("\n") + 1
