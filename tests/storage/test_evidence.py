"""Evidence files: named by content, whole or not at all, and found out when they change."""

import gzip
import hashlib
import os
import resource
import signal
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import evidence, evidence_files
from storage.evidence import AS_THEY_ARE, COMPRESSED, EvidenceStore, Kept
from storage.evidence_folder import EvidenceFolder
from storage.problems import EvidenceProblem
from tests.storage.processes import all_at_once

PAGE = b"<html><p>Service clients : 02 61 91 00 01</p></html>" * 50
NAME = hashlib.sha256(PAGE).hexdigest()
HOSTILE = [
    "",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    NAME[:-1],
    NAME + "0",
    NAME.upper(),
    NAME + "\n",
    "*" * 64,
    "é" * 64,
]


def files(store: EvidenceStore) -> list[Path]:
    return sorted(path for path in store.directory.rglob("*") if path.is_file())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=3000), suffix=st.sampled_from(sorted(COMPRESSED | AS_THEY_ARE)))
def test_what_is_put_is_what_one_gets_whatever_it_holds(store: EvidenceStore, content: bytes, suffix: str) -> None:
    name = store.put(content, suffix)
    assert name == hashlib.sha256(content).hexdigest()
    assert store.get(name) == content
    assert store.exists(name)
    assert store.verify(name)
    assert name in set(store)


def test_a_page_is_gzipped_and_named_by_what_it_was_before(store: EvidenceStore) -> None:
    assert store.put(PAGE, ".html") == NAME
    file = store.path(NAME)
    assert file == store.directory / NAME[:2] / NAME[2:4] / f"{NAME}.html.gz"
    assert gzip.decompress(file.read_bytes()) == PAGE
    assert file.stat().st_size < len(PAGE) / 10


def test_a_picture_is_kept_byte_for_byte(store: EvidenceStore) -> None:
    assert store.path(store.put(b"\x89PNG...", ".png")).read_bytes() == b"\x89PNG..."


def test_two_stores_keep_the_same_page_in_the_same_bytes(tmp_path: Path) -> None:
    one, other = EvidenceStore(tmp_path / "one"), EvidenceStore(tmp_path / "other")
    assert one.path(one.put(PAGE, ".html")).read_bytes() == other.path(other.put(PAGE, ".html")).read_bytes()


def test_putting_twice_keeps_one_file_and_renews_its_age(store: EvidenceStore) -> None:
    store.put(PAGE, ".html")
    os.utime(store.path(NAME), (0, 0))
    start = datetime.now(UTC) - timedelta(seconds=2)
    assert store.put(PAGE, ".html") == NAME
    assert len(files(store)) == 1
    kept = store.look(NAME)
    assert kept is not None
    assert kept.written_at >= start


@pytest.mark.parametrize("suffix", ["", "html", ".exe", ".html.gz", "/../x", ".HTML"])
def test_a_kind_of_file_outside_the_list_is_refused(store: EvidenceStore, suffix: str) -> None:
    with pytest.raises(ValueError, match="no kind of evidence"):
        store.put(PAGE, suffix)
    assert not store.directory.exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_no_hash_never_reaches_the_disk(store: EvidenceStore, name: str) -> None:
    for use in (store.get, store.path, store.exists, store.verify, store.look, store.remove):
        with pytest.raises(ValueError, match="no name of evidence"):
            use(name)


def test_what_was_never_put_is_missing(store: EvidenceStore) -> None:
    assert not store.exists(NAME)
    assert not store.verify(NAME)
    assert store.look(NAME) is None
    assert list(store) == []
    with pytest.raises(EvidenceProblem, match=NAME):
        store.get(NAME)


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_no_more_is_read_than_anything_that_was_put_holds(
    store: EvidenceStore, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = store.put(PAGE, suffix)
    monkeypatch.setattr(evidence, "MAX_BYTES", len(PAGE) - 1)
    monkeypatch.setattr(evidence_files, "MAX_BYTES", len(PAGE) - 1)
    with pytest.raises(EvidenceProblem, match="not what was stored"):
        store.get(name)
    with pytest.raises(ValueError, match="at most"):
        store.put(PAGE, suffix)


def test_a_gzip_bomb_is_given_up_before_it_is_unpacked(store: EvidenceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    file = store.path(store.put(PAGE, ".html"))
    file.write_bytes(gzip.compress(bytes(50_000_000), compresslevel=1))
    monkeypatch.setattr(evidence_files, "MAX_BYTES", 2_000_000)
    tracemalloc.start()
    try:
        assert not store.verify(NAME)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_a_damaged_picture_is_found_out(store: EvidenceStore) -> None:
    name = store.put(b"\x89PNG...", ".png")
    store.path(name).write_bytes(b"\x89PNG,,,")
    assert not store.verify(name)


def test_the_files_are_given_in_order_and_strangers_left_out(store: EvidenceStore) -> None:
    names = [store.put(str(number).encode(), ".txt") for number in range(40)]
    folder = store.path(names[0]).parent
    (folder / "notes.txt").write_text("x")
    (folder / f"{NAME}.exe").write_text("x")
    (folder / f".{NAME}.html.gz").write_text("x")
    assert list(store) == sorted(names)


def test_removing_takes_the_file_away_and_twice_does_no_harm(store: EvidenceStore) -> None:
    store.put(PAGE, ".html")
    store.remove(NAME)
    store.remove(NAME)
    assert files(store) == []


def test_a_page_that_vanishes_while_it_is_read_is_missing(
    store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(PAGE, ".html")
    gone = Kept(store.directory / "gone.html.gz", 0, datetime.now(UTC))
    monkeypatch.setattr(EvidenceFolder, "look", lambda self, name: gone)
    with pytest.raises(EvidenceProblem, match="there is no evidence"):
        store.get(NAME)


def test_a_page_that_cannot_be_read_or_removed_is_reported(
    store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(PAGE, ".html")
    # A folder can be neither read nor unlinked as a file, not even by the superuser.
    folder = Kept(store.directory, 0, datetime.now(UTC))
    monkeypatch.setattr(EvidenceFolder, "look", lambda self, name: folder)
    with pytest.raises(EvidenceProblem, match="cannot be read"):
        store.get(NAME)
    with pytest.raises(EvidenceProblem, match="cannot be removed"):
        store.discard(folder)


def test_a_file_in_the_way_of_the_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EvidenceProblem, match="a part of the path is a file"):
        EvidenceStore(tmp_path / "file" / "evidence").put(PAGE, ".html")
    with pytest.raises(EvidenceProblem, match="a part of the path is a file"):
        EvidenceStore(tmp_path / "file").put(PAGE, ".html")


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    if Path("/proc/self").exists():
        with pytest.raises(EvidenceProblem, match="cannot be written to"):
            EvidenceStore("/proc/evidence").put(PAGE, ".html")
    else:
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(EvidenceProblem, match="make the folder writable"):
            EvidenceStore(tmp_path / "closed").put(PAGE, ".html")


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    assert all_at_once(_write_too_much, [(str(tmp_path / "evidence"),)]) == [0]
    assert files(EvidenceStore(tmp_path / "evidence")) == []


def _write_too_much(directory: str) -> None:
    """Write a file larger than the system lets this process write, which breaks off in the middle."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with pytest.raises(EvidenceProblem, match="raise the limit") as raised:
        EvidenceStore(directory).put(b"x" * 100_000, ".png")
    assert "\n" not in str(raised.value)


def test_a_disk_that_fills_up_at_the_last_moment_leaves_nothing(
    store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EvidenceProblem, match="No space left on device; make room on the disk"):
        store.put(PAGE, ".html")
    assert files(store) == []


def test_a_name_appears_only_once_the_content_is_on_the_disk(
    store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        seen.append(store.exists(NAME))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    store.put(PAGE, ".html")
    assert seen == [False, True]


def test_an_interruption_leaves_nothing(store: EvidenceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.put(PAGE, ".html")
    assert files(store) == []


def test_several_processes_may_put_the_same_pages_at_once(store: EvidenceStore) -> None:
    assert all_at_once(_put_many, [(str(store.directory),)] * 3) == [0, 0, 0]
    names = sorted(hashlib.sha256(page).hexdigest() for page in many_pages())
    assert list(store) == names
    assert all(store.verify(name) for name in names)
    assert len(files(store)) == len(names)


def many_pages() -> list[bytes]:
    return [PAGE + str(number).encode() for number in range(60)]


def _put_many(directory: str) -> None:
    store = EvidenceStore(directory)
    for page in many_pages():
        store.put(page, ".html")


def test_what_a_killed_process_left_is_found_by_its_age_and_is_no_evidence(store: EvidenceStore) -> None:
    store.put(PAGE, ".html")
    part = store.path(NAME).parent / ".0123456789abcdef.part"
    part.write_bytes(b"half a pa")
    now = datetime.now(UTC)
    assert store.leftovers(now - timedelta(hours=1)) == []
    assert [kept.file for kept in store.leftovers(now + timedelta(hours=1))] == [part]
    assert list(store) == [NAME]
