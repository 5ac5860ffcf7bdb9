"""The reference of the command line, written from the commands themselves: ``docs/cli.md``."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import typer.main
from rich.text import Text
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from barometer import cli
from barometer.cli import commands

Command = TyperCommand | TyperGroup
Parameter = TyperArgument | TyperOption

EXAMPLE = re.compile(r"^Example: (.+)$")

PREAMBLE = """# The command line

This page is generated from the commands; `make docs` writes it and `make check` verifies that it is up to date.

Standard output holds results and nothing else, so that `--json` can be piped; progress, warnings and tables for people
go to standard error. Exit code 0: the command did what it was asked; 2: bad input, said in one line with the remedy;
1: a defect of the tool, or a check that failed.
"""


def whole_tool() -> typer.Typer:
    """Return the tool with every command registered, as the user starts it but without shell completion."""
    tool = typer.Typer(
        name=cli.app.info.name,
        help=cli.app.info.help,
        context_settings=cli.app.info.context_settings,
        add_completion=False,
        rich_markup_mode="rich",
    )
    commands.register(tool)
    return tool


def reference(tool: typer.Typer) -> str:
    """Return the Markdown page that describes every command, argument and option of *tool*."""
    sections = [_section(command, context) for command, context in every_command(tool)]
    return "\n".join([PREAMBLE, *sections])


def undocumented(tool: typer.Typer) -> list[str]:
    """Return the commands and parameters without a help text, as a person would type them; empty when all have one."""
    missing: list[str] = []
    for command, context in every_command(tool):
        if not command.help:
            missing.append(context.command_path)
        missing += [f"{context.command_path} {_name(p, context)}" for p in _parameters(command, context) if not p.help]
    return missing


def every_command(tool: typer.Typer) -> Iterator[tuple[Command, typer.Context]]:
    """Yield each visible command and group of *tool* with its context, groups before what they hold."""
    root = typer.main.get_command(tool)
    yield from _walk(root, typer.Context(root, info_name=root.name, **root.context_settings))


def _walk(command: object, context: typer.Context) -> Iterator[tuple[Command, typer.Context]]:
    if not isinstance(command, TyperCommand | TyperGroup) or command.hidden:
        return
    yield command, context
    if isinstance(command, TyperGroup):
        for name in sorted(command.commands):
            held = command.commands[name]
            yield from _walk(held, typer.Context(held, parent=context, info_name=name, **held.context_settings))


def _section(command: Command, context: typer.Context) -> str:
    level = "##" if isinstance(command, TyperGroup) else "###"
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)]).replace("{", "").replace("}", "")
    lines = [f"{level} `{context.command_path}`", "", *_prose(command.help or ""), f"    {usage}", ""]
    parameters = [_line(parameter, context) for parameter in _parameters(command, context)]
    return "\n".join([*lines, *parameters, ""] if parameters else lines)


def _prose(text: str) -> Iterator[str]:
    """Yield the lines of a help text; a paragraph marked ``\\b`` keeps its line breaks, an example is set as code."""
    for paragraph in text.replace("\f", "").strip().split("\n\n"):
        typed = paragraph.strip().startswith("\b")
        for line in paragraph.replace("\b", "").strip("\n").splitlines():
            plain = Text.from_markup(line).plain.strip()
            yield f"    {plain}" if typed else EXAMPLE.sub(r"Example: `\1`", plain)
        yield ""


def _parameters(command: Command, context: typer.Context) -> list[Parameter]:
    """``--help`` is the same everywhere, so it is not repeated."""
    return [
        parameter
        for parameter in command.get_params(context)
        if isinstance(parameter, TyperArgument | TyperOption) and not parameter.hidden and parameter.name != "help"
    ]


def _line(parameter: Parameter, context: typer.Context) -> str:
    name, text = parameter.get_help_record(context) or (_name(parameter, context), "")
    facts = text.removeprefix(parameter.help or "").strip()
    meaning = Text.from_markup(" ".join((parameter.help or "").split())).plain
    return f"- `{name}`: {meaning} {facts}".rstrip()


def _name(parameter: Parameter, context: typer.Context) -> str:
    record = parameter.get_help_record(context)
    return record[0] if record else str(parameter.name)


def main(
    write: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    check: Annotated[Path | None, typer.Option(help="Fail unless this file is the page as it is now.")] = None,
) -> None:
    """Print the reference of the command line, write it to a file, or check that a file is up to date."""
    tool = whole_tool()
    missing = undocumented(tool)
    for what in missing:
        sys.stderr.write(f"no help text: {what}\n")
    page = reference(tool)
    if write:
        write.write_text(page, encoding="utf-8")
    elif check and (not check.is_file() or check.read_text(encoding="utf-8") != page):
        sys.stderr.write(f"{check} is not what the commands say; run: make docs\n")
        missing.append(str(check))
    elif not check:
        sys.stdout.write(page)
    raise typer.Exit(1 if missing else 0)


if __name__ == "__main__":
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    program.command()(main)
    program()
