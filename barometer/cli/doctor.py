"""``barometer doctor`` and ``barometer settings``: is this machine ready, and what is in force?"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from barometer.cli.console import printable
from barometer.cli.root import current_settings
from barometer.errors import UserError
from barometer.settings import Settings, example_file, shown_settings

if TYPE_CHECKING:
    from barometer.checks.check import Check

_WIDTH = len("information page")
"""The longest name of a check."""
_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array instead of lines.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Bring rows and evidence in step again instead.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --repair: say what would be done.")] = False,
    strangers: Annotated[
        bool, typer.Option("--strangers", help="With --repair: also where no file is known to the database.")
    ] = False,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="BACKUP", help="With --repair: bring missing files back.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out what asks a mail server or the public web.")
    ] = False,
) -> None:
    """Check machine, clock, browser, settings, database, folders, schedule, mail and our page, and say how to mend what is wrong.

    The browser shows a page, the mail servers are logged in to, and the information page of the settings is fetched with its
    robots.txt; nothing is sent and nothing changed. What does not answer is given up after 20 s.

    Exit code 1 when something keeps the barometer from working; a warning does not.

    Example: [bold]barometer doctor[/bold]
    """
    from barometer.doctor import Health, checkup

    if not repair and (dry_run or strangers or source):
        raise UserError("--dry-run, --strangers and --from belong to --repair", "add --repair")
    if repair:
        from barometer.cli.repair import repair as mend

        mend(current_settings(), dry_run=dry_run, strangers=strangers, source=source, as_json=as_json)
        return

    settings: Settings | UserError
    try:
        settings = current_settings()
    except UserError as error:
        settings = error
    checks = []
    console = Console(highlight=False)
    for check in checkup(settings, datetime.now(UTC), offline=offline):
        checks.append(check)
        if not as_json:
            console.print(_line(check), soft_wrap=True)
    if as_json:
        sys.stdout.write(json.dumps([check._asdict() for check in checks], ensure_ascii=False, indent=1) + "\n")
    if any(check.health is Health.FAIL for check in checks):
        raise typer.Exit(1)


def _line(check: "Check") -> Text:
    line = Text(f"{check.health:<5}", style=_STYLE[check.health])
    line.append(printable(f"{check.name:<{_WIDTH}} {' '.join(check.found.split())}"), style="default")
    if check.remedy:
        line.append(printable(f"; {check.remedy}"), style="default")
    return line


def settings(
    example: Annotated[
        bool, typer.Option("--example", help="Print a commented settings file with every default instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of TOML.")] = False,
) -> None:
    """Print the settings in force: barometer.toml, then the BAROMETER_ variables, then the defaults.

    A password in the address of the database is not shown.

    Example: [bold]barometer settings --example > barometer.toml[/bold]
    """
    if example:
        sys.stdout.write(example_file())
        return
    shown = shown_settings(current_settings())
    if as_json:
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
        return
    sys.stdout.write(f"# The user agent made of these: {shown.pop('user_agent')}\n{_toml(shown)}")


def _toml(table: dict[str, object], above: str = "") -> str:
    """Return *table* as TOML, which a settings file may hold as it stands; what is not set is a comment."""
    plain = [_toml_line(key, value) for key, value in table.items() if not isinstance(value, dict)]
    for name, inner in table.items():
        if isinstance(inner, dict):
            plain += ["", f"[{above}{name}]", _toml(inner, f"{above}{name}.").rstrip("\n")]
    return "\n".join(plain) + "\n"


def _toml_line(key: str, value: object) -> str:
    # What JSON writes for strings and numbers is TOML too, but for DEL, which only JSON leaves bare.
    written = json.dumps(value).replace("\x7f", "\\u007f")
    return f"# {key} is not set" if value is None else f"{key} = {written}"
