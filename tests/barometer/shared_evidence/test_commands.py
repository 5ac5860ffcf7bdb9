"""Commands whose evidence goes into a bucket: what one wrote the others read, and a bucket that is gone loses nothing."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from barometer.backups.backup import create
from barometer.backups.check import check
from barometer.backups.manifest import backups, read_backup
from barometer.backups.repair import repair
from barometer.backups.restore import restore
from barometer.checks.evidence import check_evidence
from barometer.demo.loopback import Reply
from barometer.errors import UserError
from barometer.settings import Settings
from storage.database import open_database
from storage.evidence import Bucket, EvidenceStore
from storage.records import Page, Visit, utc_now
from storage.retention import retire
from tests.barometer.command_line import ROOT, Finished, run
from tests.barometer.live import PATIENCE, LoggedSite, running, serving, wait_until
from tests.s3_server import S3Server, s3_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGES = {"/": '<html lang="fr"><a href="/contact">Contact</a>', "/contact": "<p>Tél. 03 44 27 19 00</p>"}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Give a server, and the environment in which a client finds it."""
    with s3_server() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


def place(folder: Path, evidence: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make *folder* the working directory, with a database there and *evidence* elsewhere; return the database's address."""
    database = f"sqlite:///{folder / 'b.db'}"
    words = {"DATABASE": database, "EVIDENCE": evidence, "DELAY": "0", "SITES_AT_ONCE": "1"}
    for name, value in words.items():
        monkeypatch.setenv(f"BAROMETER_{name}", value)
    monkeypatch.chdir(folder)
    return database


def panel(urls: list[str]) -> None:
    Path("p.csv").write_text("name,url\n" + "".join(f"Shop {one},{url}\n" for one, url in enumerate(urls)))
    assert run("panel", "import", "p.csv").code == 0


def as_process(*words: str) -> Finished:
    done = subprocess.run(
        [sys.executable, "-c", "from barometer.cli import main; main()", *words], capture_output=True, text=True,
        env={**os.environ, "BAROMETER_RENDER": "false", "PYTHONPATH": str(ROOT)}, timeout=250, check=False,
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr)


def one_line(done: Finished) -> str:
    """Return the line a command ended with, sure that it is one, of bad luck and not of a defect."""
    assert "Traceback" not in done.err, done.err
    assert done.code == 2, done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("barometer: ")]
    return line


def keys_of_visits(database: str) -> list[str]:
    with open_database(database) as opened, opened.reading() as session:
        return list(session.scalars(select(Visit.id).where(Visit.finished_at.is_not(None)).order_by(Visit.started_at)))


def test_a_night_into_a_bucket_is_read_back_backed_up_restored_and_mended(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3.bucket("nights")
    settings = Settings(database=place(tmp_path, f"{bucket}/live", monkeypatch), evidence=f"{bucket}/live")
    with serving([LoggedSite(PAGES), LoggedSite(PAGES | {"/": PAGES["/"] + "2"})], "127.0.0.1") as urls:
        panel(list(urls))
        done = as_process("night", "run", "--allow-private")
        assert done.code == 0, done.err
    assert not (tmp_path / "var" / "evidence").exists()
    store = EvidenceStore(settings.evidence)
    kept = list(store)
    assert len(kept) == 3
    first, _ = keys_of_visits(settings.database)
    for words in (
        ["replay", first, "--check"],
        ["evidence", "export", first, "--out", "e.zip"],
        ["evidence", "verify", "e.zip"],
    ):
        done = run(*words)
        assert (done.code, "missing" in done.err) == (0, False), done.err

    backup = create(settings, tmp_path / "backups")
    assert (backup.new_files, check(read_backup(backup.folder)).problems) == (3, [])
    assert create(settings, tmp_path / "backups").new_files == 0
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with pytest.raises(
        UserError, match="live: is not empty, and nothing is overwritten; give --evidence an empty prefix"
    ):
        restore(read_backup(backup.folder), other, Bucket(f"{bucket}/live"))
    done = run("restore", backup.folder, "--database", other, "--evidence", f"{bucket}/back")
    assert done.code == 0, done.err
    back = EvidenceStore(f"{bucket}/back")
    assert (list(back), [back.get(name) for name in back]) == (kept, [store.get(name) for name in kept])
    assert ".restoring" not in back.top()

    lost, orphan = kept[0], store.put(b"nobody's", ".txt")
    store.remove(lost)
    with open_database(settings.database) as database:
        found = repair(database, settings, dry_run=True)
        assert (found.missing, found.orphans.files) == (1, 0), "what was just put is left alone"
        mended = repair(database, settings, copies=tmp_path / "backups" / "evidence")
        assert (mended.whole, mended.brought_back, store.verify(lost)) == (True, 1, True)
        assert retire(database, store, utc_now()).files >= 1
    assert not store.exists(orphan)


class Holding(LoggedSite):
    """Shows its home page when *go_on* is set."""

    def __init__(self, go_on: threading.Event) -> None:
        super().__init__(PAGES)
        self.go_on = go_on

    def __call__(self, method: str, target: str) -> Reply:
        reply = super().__call__(method, target)
        if target == "/":
            self.go_on.wait(PATIENCE)
        return reply


def test_a_bucket_that_goes_away_in_mid_crawl_is_one_line_and_the_crawl_goes_on_later(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = place(tmp_path, f"{s3.bucket('broken')}/live", monkeypatch)
    go_on = threading.Event()
    first, held = LoggedSite(PAGES), Holding(go_on)
    with serving([first, held], "127.0.0.1") as urls:
        panel(list(urls))
        with running("crawl", "--allow-private", cwd=tmp_path) as crawl:
            wait_until(lambda: "/" in held.asked)
            s3.wire.cut()
            try:
                go_on.set()
                line = one_line(crawl.end())
            finally:
                s3.wire.mend()
        assert "evidence cannot be written to s3://broken/live: the service does not answer" in line
        stored = keys_of_visits(database)
        done = as_process("crawl", "--allow-private", "--json")
    assert done.code == 0, done.err
    assert len(stored) == 1
    assert keys_of_visits(database)[0] == stored[0]
    assert first.asked.count("/") == 1, "a site that was stored is not read again"
    with open_database(database) as opened, opened.reading() as session:
        assert {visit.status for visit in session.scalars(select(Visit))} == {"complete"}
        named = {name for name in session.scalars(select(Page.evidence)) if name is not None}
    assert all(EvidenceStore("s3://broken/live").verify(name) for name in named)
    assert json.loads(done.out)


def test_the_doctor_puts_reads_and_removes_a_file(s3: S3Server) -> None:
    bucket = s3.bucket("doctor")
    assert check_evidence(Bucket(f"{bucket}/live")).health == "ok"
    assert s3.keys("doctor") == []
    gone = check_evidence(Bucket("s3://not-there"))
    assert (gone.health, gone.found) == (
        "fail",
        "evidence cannot be written to s3://not-there: there is no such bucket",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "s3://key:hunter2@evidence/x",
            "holds more than a bucket and a prefix; credentials and the endpoint belong into",
        ),
        ("gs://evidence", "is an address of no kind that is known; write s3://BUCKET/PREFIX"),
    ],
)
def test_an_address_that_is_none_is_refused_at_start_and_not_repeated(
    given: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path, given, monkeypatch)
    told = run("settings")
    assert (told.code, "BAROMETER_EVIDENCE: " in told.err, said in told.err) == (2, True, True), told.err
    assert given not in told.err
    place(tmp_path, "s3://evidence/nights/", monkeypatch)
    assert "s3://evidence/nights" in run("settings").out
    create(Settings(database=made(f"sqlite:///{tmp_path / 'b.db'}"), evidence=tmp_path / "none"), tmp_path / "backups")
    (backup,) = backups(tmp_path / "backups")[0]
    told = run("restore", backup.folder, "--database", "sqlite:///x.db", "--evidence", given)
    assert (told.code, f"--evidence: {said}" in told.err, given in told.err) == (2, True, False), told.err


def made(database: str) -> str:
    with open_database(database) as opened:
        opened.migrate()
    return database
