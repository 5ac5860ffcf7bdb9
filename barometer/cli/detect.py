"""``barometer detect``: the channels of saved pages, without network and without a browser."""

import gzip
import sys
import zlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from barometer.cli import options
from barometer.cli.console import json_text, plain_error, printable
from barometer.cli.root import current_settings
from barometer.country_codes import country_code
from barometer.site_address import site_url
from spiders.detect.contract import page_line

MAX_PAGE_BYTES = 64_000_000
"""Largest saved page read, in bytes (*ours*)."""


def detect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Saved HTML pages; a .gz is unpacked.")],
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="Where the pages came from, to complete their links.")
    ] = "http://localhost/",
    country: options.Country = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a file on standard output.")] = False,
) -> None:
    """Say which contact channels stand on saved pages, and what was set aside, with the reason.

    Example: [bold]barometer detect contact.html --base-url https://www.shop.example/contact --json[/bold]
    """
    code = country_code(country) if country else current_settings().country
    address = site_url(base_url)
    failed = False
    for file in files:
        try:
            line: dict[str, Any] = {"file": str(file), **page_line(_content(file), address, code)}
        except (OSError, zlib.error) as error:
            failed = True
            line = {"file": str(file), "error": f"{getattr(error, 'strerror', None) or error}"}
        if as_json:
            sys.stdout.write(json_text(line) + "\n")
        elif "error" in line:
            plain_error(f"{file}: {line['error']}; give a saved HTML page")
        else:
            _print(line)
    if failed:
        raise typer.Exit(2)


def _content(file: Path) -> bytes:
    """Return the page in *file*; raises ``OSError`` where there is none that can be read."""
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rb") as stream:
            content: bytes = stream.read(MAX_PAGE_BYTES + 1)
    except EOFError:
        raise OSError(f"{file} is cut short") from None
    if len(content) > MAX_PAGE_BYTES:
        raise OSError(f"larger than {MAX_PAGE_BYTES // 1_000_000} MB")
    return content


def _print(line: dict[str, Any]) -> None:
    rows = [("phone", _phone(entry)) for entry in line["phones"]]
    rows += [("e-mail", entry["value"]) for entry in line["emails"]]
    rows += [(network, link) for network, links in line["links"].items() for link in links]
    rows += [("form", f"{form['kind']}: {', '.join(form['fields']) or 'no field'}") for form in line["forms"]]
    rows += [("chat", vendor) for vendor in line["chat"]]
    rows += [("set aside", f"{entry['value']} ({entry['why']})") for entry in line["set_aside"]]
    console = Console(highlight=False, markup=False)
    if not rows:
        console.print(f"{printable(line['file'])}: no channel found")
        return
    table = Table(title=printable(line["file"]), title_justify="left", show_header=False, box=None)
    for name, value in rows:
        table.add_row(name, printable(value))
    console.print(table)


def _phone(entry: dict[str, Any]) -> str:
    shown = "" if entry["readable"] else ", digits not shown"
    return f"{entry['value']}  {entry['tariff']['class']}{shown}"
