"""What a client sends with each batch, in plain values: which night it is, and what a worker must agree on to read for it.

A worker has settings of its own: where its logs lie, how many sites its machine reads at once. What would make its results
others than a colleague's must be the same: version, database, evidence, and how sites are read.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import select

from barometer.crawl import Claim
from barometer.night_settings import Night
from barometer.nights.terms import Wishes, terms_of, wishes_of
from barometer.settings import Settings, tool_version
from spiders.orders import CrawlOptions
from spiders.plan import Plan
from storage.database import Database
from storage.evidence import EvidenceStore
from storage.problems import StorageProblem
from storage.records import Run

BROWSER = "browser"
"""The resource that a worker with a browser offers, one a page reader: ``dask worker --resources "browser=2"``."""

Errand = dict[str, Any]
_FOLDER = re.compile(r"(?:night|crawl)-[0-9A-Za-z.+_-]{1,64}")
"""What the folder of logs is called; a worker writes to no other place."""


def errand_of(claimed: Claim, folder: str, settings: Settings, wishes: Wishes, terms: Night, witness: str) -> Errand:
    """Return what goes with each batch of a night; *witness* is the name of evidence that every worker must find."""
    return {
        "tool": tool_version(),
        "run": claimed.run_id,
        "token": claimed.token,
        "folder": folder,
        "witness": witness,
        "rendered": is_rendered(settings, wishes),
        "wishes": wishes.selection,
        "reading": reading_of(settings, wishes),
        "batch_size": terms.batch_size,
        "batch_minutes": terms.batch_minutes,
        "memory_mb": terms.memory_mb,
    }


def is_rendered(settings: Settings, wishes: Wishes) -> bool:
    """Tell whether pages are to be shown, so that a batch wants a browser."""
    return settings.render if wishes.static is None else not wishes.static


def reading_of(settings: Settings, wishes: Wishes) -> dict[str, Any]:
    """Return what must be the same on every machine; this one need not have a browser."""
    plan, behaviour = terms_of(settings, wishes._replace(static=True), 1)
    return {**_plain(plan, behaviour), "rendered": is_rendered(settings, wishes)}


def why_not(errand: Errand, settings: Settings, database: Database) -> str | None:
    """Return why a machine with *settings* cannot read for *errand*, ``None`` where it can.

    Raises :class:`~storage.problems.StorageProblem`, :class:`~barometer.errors.UserError`.
    """
    if not _FOLDER.fullmatch(str(errand["folder"])):
        return "it was sent a folder of logs that no night has; install the same barometer everywhere"
    if database.revision() is None or not _holds(database, errand["run"]):
        return f"its database {database.address} does not hold this night; let database name the same one everywhere"
    plan, behaviour = terms_of(settings, wishes_of(errand["wishes"]), 1)
    if not EvidenceStore(settings.evidence).exists(errand["witness"]):
        return (
            f"its evidence in {settings.evidence} is not the night's; let evidence name one shared folder, or one s3:// place, "
            "everywhere"
        )
    theirs = {**_plain(plan, behaviour), "rendered": plan.render}
    for name, ours in errand["reading"].items():
        if theirs.get(name) != ours:
            return f"its settings say {name} = {theirs.get(name)!r}, the night's {ours!r}; let them say the same everywhere"
    return None


def _holds(database: Database, run_id: str) -> bool:
    with database.reading() as session:
        return session.scalar(select(Run.id).where(Run.id == run_id)) is not None


def of_another_version(errand: Errand) -> str | None:
    """Return in words that this machine runs another version than the client, ``None`` where it does not."""
    if errand.get("tool") == tool_version():
        return None
    return f"it runs barometer {tool_version()}, the night {errand.get('tool')}; install the same version everywhere"


@contextmanager
def witness(settings: Settings, claimed: Claim) -> Iterator[str]:
    """Give the name of a file that stands in the evidence while a night goes on, so that a worker can tell it is the same.

    Each claim has its own: a client that lost the night takes nothing away from the one that has it now. Raises
    :class:`~storage.problems.StorageProblem` where it cannot be put; one that cannot be removed is left to the next repair.
    """
    evidence = EvidenceStore(settings.evidence)
    name = evidence.put(f"<p>night {claimed.run_id} is at work, as its claim {claimed.token}</p>".encode(), ".html")
    try:
        yield name
    finally:
        with suppress(StorageProblem):
            evidence.remove(name)


def _plain(plan: Plan, behaviour: CrawlOptions) -> dict[str, Any]:
    return {
        "country": plan.country,
        "budgets.pages": plan.budget.pages,
        "budgets.depth": plan.budget.depth,
        "budgets.bytes": plan.budget.bytes,
        "budgets.seconds": plan.budget.seconds,
        "delay": behaviour.delay,
        "user_agent": behaviour.user_agent,
    }
