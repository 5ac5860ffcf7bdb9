"""A working directory with a market and an edition that is scored, copied for each test from one that was made once."""

import atexit
import shutil
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import typer
from typer.testing import CliRunner

from barometer.cli import edition as edition_commands
from barometer.cli import review as review_commands
from barometer.cli import root
from barometer.edition import named
from barometer.editions import life
from barometer.editions import score as scoring
from barometer.errors import UserError
from storage.database import Database, open_database
from storage.evidence import EvidenceStore
from storage.records import Edition, Record
from tests.barometer.edition_market import CAMPAIGN, market

SETTINGS = 'database = "sqlite:///barometer.db"\nevidence = "evidence"\n[operator]\nname = "Institut du contact"\n'
OPENING = life.Opening(
    "2027", "open-to-dialog", "Prix du contact", 2027, date(2026, 6, 1), date(2026, 7, 15), (CAMPAIGN,)
)
BY = ("--by", "Camille Durand")
WHY = ("--why", "looked at it")


def silent(done: int, total: int, category: str) -> None:
    """Hear how far a scoring is, and say nothing."""


class Folder(NamedTuple):
    """An edition's database and store."""

    database: Database
    store: EvidenceStore

    def edition(self, revision: int | None = None) -> Edition:
        """Return the edition as it is stored."""
        with self.database.reading() as session:
            return named(session, OPENING.name, revision)

    def add(self, *records: Record) -> None:
        """Store *records*."""
        with self.database.session() as session:
            session.add_all(records)

    def open(self, opening: life.Opening = OPENING) -> Edition:
        """Open an edition."""
        with self.database.session() as session:
            return life.open_edition(session, self.store, opening, "Camille Durand")

    def score(self) -> scoring.Scored:
        """Score the edition."""
        return scoring.score(self.database, self.store, self.edition(), "Camille Durand", silent)

    def verify(self) -> scoring.Verified:
        """Verify the edition."""
        with self.database.reading() as session:
            return scoring.verify(session, self.store, self.edition(), silent)

    def publish(self) -> None:
        """Review and publish the edition, whatever is open."""
        with self.database.session() as session:
            edition = life.locked(session, named(session, OPENING.name))
            life.approve(session, edition, "Camille Durand", [])
            life.publish(session, edition, "Camille Durand", [])


def scored(folder: Path) -> Folder:
    """Return an edition that was scored, in *folder*, with settings that name it."""
    shutil.copytree(_once(), folder, dirs_exist_ok=True)
    return Folder(open_database(f"sqlite:///{folder / 'barometer.db'}"), EvidenceStore(folder / "evidence"))


def fill(database: Database, folder: Path, records: Sequence[Record] | None = None) -> Folder:
    """Return *database* with a market and an edition that was scored, its store in *folder*."""
    database.migrate()
    made = Folder(database, EvidenceStore(folder / "evidence"))
    made.add(*(market() if records is None else records))
    made.open()
    made.score()
    return made


class Finished(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def run(*words: str) -> Finished:
    """Run ``barometer`` with *words*, of the groups ``edition`` and ``review``, in the working directory."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(root.root)
    app.add_typer(edition_commands.app, name="edition")
    app.add_typer(review_commands.app, name="review")
    result = CliRunner().invoke(app, list(words))
    if isinstance(result.exception, UserError):
        return Finished(2, result.stdout, f"barometer: {result.exception}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Finished(result.exit_code, result.stdout, result.stderr)


@cache
def _once() -> Path:
    folder = Path(mkdtemp(prefix="barometer-edition-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "barometer.toml").write_text(SETTINGS, "utf-8")
    with open_database(f"sqlite:///{folder / 'barometer.db'}") as database:
        fill(database, folder)
    return folder
