import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer

from barometer.cli import reference
from storage.vocabulary import (
    Action,
    Basis,
    Channel,
    FieldRole,
    FormKind,
    OutcomeKind,
    PriceClass,
    Profile,
    Reason,
    ReplyKind,
    Searched,
    SetAsideReason,
    VisitStatus,
)

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
PAGE_NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

CLOSED_LISTS = [
    Channel, OutcomeKind, Basis, Searched, VisitStatus, Reason, Action,
    Profile, SetAsideReason, PriceClass, FormKind, FieldRole, ReplyKind,
]  # fmt: skip

CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
MAKE_TARGET = re.compile(r"\bmake (?:-k )?([a-z][a-z-]*)")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
INVOCATION = re.compile(r"(?:^|(?<=[\s`/$]))barometer((?: [a-z][a-z-]*)*)((?: +[^\n`|]*)?)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def code_of(page: str) -> list[str]:
    return CODE.findall((ROOT / page).read_text(encoding="utf-8"))


def test_the_reference_is_what_the_commands_say() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == reference.reference(reference.whole_tool()), "out of date; run: make docs"


def test_every_command_and_option_has_a_help_text() -> None:
    assert reference.undocumented(reference.whole_tool()) == []


def sample_tool() -> typer.Typer:
    tool = typer.Typer(name="sample", help="A sample.", add_completion=False)
    group = typer.Typer(help="Of panels.")
    tool.add_typer(group, name="panel")

    @group.command("import")
    def bring_in(
        file: Annotated[Path, typer.Argument(help="What to [bold]read[/bold].")],
        strict: Annotated[bool, typer.Option("--strict", help="All or nothing.")] = False,
        limit: Annotated[int, typer.Option()] = 10,
        secret: Annotated[bool, typer.Option("--secret", hidden=True)] = False,
    ) -> None:
        """Read merchants from a file.

        \b
        sample panel import shops.csv
        sample panel import --strict shops.csv
        """

    @group.command()
    def wordless() -> None: ...

    return tool


def test_the_reference_holds_commands_arguments_options_and_defaults() -> None:
    page = reference.reference(sample_tool())
    assert "## `sample panel`\n\nOf panels.\n" in page
    assert "### `sample panel import`\n\nRead merchants from a file.\n" in page
    assert "\n    sample panel import shops.csv\n    sample panel import --strict shops.csv\n" in page
    assert "\n    sample panel import [OPTIONS] file\n" in page
    assert re.search(r"^- `file.*`: What to read\. \[required\]$", page, re.MULTILINE)
    assert "- `--strict`: All or nothing.\n" in page
    assert "[default: 10]" in page
    assert "secret" not in page


def test_a_command_or_option_without_help_is_named() -> None:
    missing = reference.undocumented(sample_tool())
    assert len(missing) == 2
    assert missing[0].startswith("sample panel import --limit")
    assert missing[1] == "sample panel wordless"


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_make_target_named_in_the_docs_exists(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {target for code in code_of(page) for target in MAKE_TARGET.findall(code)}
    assert named <= targets


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_command_and_option_named_in_the_docs_exists(page: str) -> None:
    tool = reference.whole_tool()
    options = {context.command_path: _options(command, context) for command, context in reference.every_command(tool)}
    unknown = []
    for words, rest in (found for code in code_of(page) for found in INVOCATION.findall(code)):
        command = _longest("barometer", words.split(), set(options))
        if command == "barometer" and words:
            unknown.append(f"barometer{words}")
        unknown += [f"{command} {option}" for option in OPTION.findall(rest) if option not in options[command]]
    assert unknown == []


def _options(command: reference.Command, context: typer.Context) -> set[str]:
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    return {option for record in records if record for option in OPTION.findall(record[0])}


def _longest(name: str, words: list[str], commands: set[str]) -> str:
    for word in words:
        if f"{name} {word}" not in commands:
            break
        name = f"{name} {word}"
    return name


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_link_inside_the_repository_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target)]
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


@pytest.mark.parametrize("kind", CLOSED_LISTS)
def test_the_method_explains_every_word_of_the_closed_lists(kind: type[StrEnum]) -> None:
    method = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    assert [word.value for word in kind if f"`{word.value}`" not in method] == []


def test_the_readme_opens_with_the_floors() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    drawing = re.search(r"```text\n(.*?)```", readme, re.DOTALL)
    assert drawing and readme.index(drawing.group()) < 800
    rooms = re.findall(r"(\w+)/", drawing.group())
    assert rooms == ["barometer", "probes", "spiders", "storage", "schedules"]
    assert drawing.group() in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
