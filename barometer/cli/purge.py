"""``barometer purge``: raw replies go when their time is over."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from barometer.cli.console import json_text, stderr
from barometer.cli.root import current_settings, opened_database


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Remove raw replies that are older than the retention time; kinds, delays and redacted words stay.

    A raw reply holds names and addresses of people. The time is probes.retention_days in the settings, 365 unless told
    otherwise. Run it once a day.

    Example: [bold]barometer purge --dry-run[/bold]
    """
    from barometer.purge import purge as remove
    from storage.evidence import EvidenceStore
    from storage.records import utc_now

    settings = current_settings()
    days, now = settings.probes.retention_days, utc_now()
    with opened_database(settings) as database:
        purged = remove(database, EvidenceStore(settings.evidence), now - timedelta(days=days), now, dry_run=dry_run)
    if as_json:
        told = {"dry_run": dry_run, "retention_days": days, "replies": purged.replies, "bytes": purged.bytes}
        sys.stdout.write(json_text(told) + "\n")
        return
    count = "1 raw reply" if purged.replies == 1 else f"{purged.replies} raw replies"
    verb = "would be removed" if dry_run else "removed"
    stderr.print(f"{count} older than {days} days {verb}, {purged.bytes / 1e6:.1f} MB")
