"""``barometer probe status``, ``export`` and ``scenarios``: what is planned, what became of it, what can be asked."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barometer import campaign_status as seen
from barometer.cli.console import json_text, printable, stderr
from barometer.cli.probe_options import AsJson, Name, SomeName, said
from barometer.cli.root import current_settings, opened_database
from barometer.errors import UserError
from barometer.probe_configuration import guard_of
from probes.guard import Held
from probes.ledger import read_ledger
from probes.scenarios import LANGUAGES, scenarios
from storage.records import utc_now


def status(name: SomeName = None, as_json: AsJson = False) -> None:
    """Show how campaigns stand: states, what is due, what holds everything back, and what a person must find out.

    Example: [bold]barometer probe status spring --json[/bold]
    """
    settings, now = current_settings(), utc_now()
    with opened_database(settings) as database, database.reading() as session:
        found = [seen.status(session, campaign, now) for campaign in seen.campaigns(session, name)]
        guard = guard_of(settings, session)
        general = guard.of_everything(read_ledger(session, guard, now, settings.probes.stop_file), now)
    held = {"why": general.why, "until": seen.iso(general.until)} if isinstance(general, Held) else None
    if as_json:
        said(json_text({"held": held, "campaigns": found}))
        return
    if not found:
        stderr.print("there is no campaign; plan one with: barometer probe plan")
    for one in found:
        _show(one)
    if held is not None:
        until = f" until {held['until']}" if held["until"] else ""
        stderr.print(Text(f"nothing leaves now{until}: {held['why']}"))


def export(
    name: Name,
    form: Annotated[str, typer.Option("--format", metavar="csv|json", help="csv for spreadsheets, or json.")] = "csv",
) -> None:
    """Write every attempt of a campaign on standard output: where it went, its words, when it left, what became of it.

    In CSV a value that a spreadsheet would take for a formula has an apostrophe in front.

    Example: [bold]barometer probe export spring --format csv[/bold]
    """
    if form not in ("csv", "json"):
        raise UserError(f"--format: '{form[:20]}' is no format", "give csv or json")
    with opened_database(current_settings()) as database, database.reading() as session:
        (campaign,) = seen.campaigns(session, name)
        rows = seen.exported(session, campaign)
    text = seen.as_csv(rows) if form == "csv" else json_text(rows) + "\n"
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.flush()


def list_scenarios(
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="Show this one in full. Default: list all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the questions that merchants can be asked, or show one with all its wordings.

    Example: [bold]barometer probe scenarios gift-card[/bold]
    """
    known = scenarios()
    if key is not None and key not in known:
        raise UserError(f"there is no scenario '{key[:60]}'", "list them with: barometer probe scenarios")
    chosen = [known[key]] if key is not None else list(known.values())
    if as_json:
        said(json_text([_plain(one) for one in chosen]))
        return
    if key is not None:
        _show_scenario(_plain(chosen[0]))
        return
    table = Table("scenario", "stage", "categories", *LANGUAGES, box=None, pad_edge=False)
    for one in chosen:
        firsts = (one.wordings[language].variants[0].subject for language in LANGUAGES)
        table.add_row(one.key, one.stage, ", ".join(one.categories[:2]) or "any", *firsts)
    Console(highlight=False).print(table)


def _show(one: dict[str, Any]) -> None:
    people = [f"released by {one['released_by']}" if one["released_by"] else "not released"]
    people += [f"stopped by {one['stopped_by']}"] if one["stopped_by"] else []
    people += ["closed"] if one["closed_at"] else []
    stderr.print(
        Text(printable(f"{one['name']}: {one['starts_at']} to {one['ends_at']}, {', '.join(people)}"), style="bold")
    )
    table = Table("channel", *one["states"], box=None, pad_edge=False)
    for channel, states in one["channels"].items():
        table.add_row(channel, *(str(states.get(state, "")) for state in one["states"]))
    Console(highlight=False).print(table)
    desk = f", {one['due_at_the_desk']} at the desk" if one["due_at_the_desk"] else ""
    stderr.print(f"due: {one['due']}{desk}; next: {one['next_at'] or 'none'}")
    if one["blocked_by"]:
        stderr.print("blocked by " + ", ".join(f"{by}: {count}" for by, count in sorted(one["blocked_by"].items())))
    for unknown in one["unknown"]:
        which = f"{unknown['attempt'][:8]} {unknown['merchant']} {unknown['channel']}"
        line = f"unknown: {which} since {unknown['since']}: {unknown['why']}"
        stderr.print(Text(printable(line)), soft_wrap=True)
    if one["unknown"]:
        stderr.print("find out whether these left, and say so with: barometer probe resolve")


def _plain(scenario: Any) -> dict[str, Any]:
    return {
        "key": scenario.key,
        "stage": scenario.stage,
        "categories": list(scenario.categories),
        "order_number": scenario.order_number,
        "wordings": {
            language: {**wording._asdict(), "variants": [one._asdict() for one in wording.variants]}
            for language, wording in scenario.wordings.items()
        },
    }


def _show_scenario(one: dict[str, Any]) -> None:
    lines = [f"{one['key']} ({one['stage']}), for {', '.join(one['categories']) or 'any category'}"]
    for language, wording in one["wordings"].items():
        lines += ["", f"[{language}] a good answer holds: {'; '.join(wording['asks'])}"]
        lines += [f"  on the phone: {wording['phone_script']}", f"  in public: {wording['public']}"]
        lines += [f"  {variant['subject']}: {variant['body']}" for variant in wording["variants"]]
    for line in lines:
        said(line)
