"""What a store of evidence promises, in a folder and in a bucket alike."""

import gzip
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from storage import evidence_bucket
from storage.evidence import AS_THEY_ARE, COMPRESSED, EvidenceStore
from storage.evidence_files import MAX_BYTES, file_name, shard
from storage.problems import EvidenceProblem
from tests.storage.evidence.conftest import Behind, S3Server, in_bucket, in_folder

PAGE = b"<html><p>Service clients : 02 61 91 00 01</p></html>" * 50
NAME = hashlib.sha256(PAGE).hexdigest()
FILE = f"{shard(NAME)}/{NAME}.html.gz"
HOSTILE = [
    "",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    NAME[:-1],
    f"{NAME}0",
    NAME.upper(),
    f"{NAME}\n",
    "*" * 64,
    "é" * 64,
]


def names_of(count: int, store: EvidenceStore) -> list[str]:
    """Put *count* small files and return their names, in order."""
    return sorted(store.put(b"%d" % number, ".txt") for number in range(count))


def test_what_is_put_is_what_one_gets_under_the_same_path_everywhere(behind: Behind) -> None:
    store = behind.store
    for suffix in sorted(COMPRESSED | AS_THEY_ARE):
        content = suffix.encode() + bytes(range(256))
        name = store.put(content, suffix)
        kept = store.look(name)
        assert name == hashlib.sha256(content).hexdigest()
        assert store.get(name) == content
        assert store.exists(name) and store.verify(name)
        assert kept is not None
        assert (kept.name, kept.suffix) == (name, suffix)
        path = f"{shard(name)}/{file_name(name, suffix)}"
        assert kept.size == len(behind.read(path))
        with store.open(kept) as stream:
            assert (
                stream.read()
                == behind.read(path)
                == (gzip.compress(content, 6, mtime=0) if suffix in COMPRESSED else content)
            )


def test_the_empty_page_is_a_page(store: EvidenceStore) -> None:
    for suffix in (".html", ".png"):
        name = store.put(b"", suffix)
        assert store.get(name) == b""
        store.remove(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_no_hash_is_refused_before_anything_is_asked(store: EvidenceStore, name: str) -> None:
    for use in (
        store.get,
        store.exists,
        store.look,
        store.remove,
        store.verify,
        lambda one: list(store.look_through([one])),
    ):
        with pytest.raises(ValueError, match="no name of evidence"):
            use(name)


def test_what_is_no_evidence_is_refused(store: EvidenceStore) -> None:
    with pytest.raises(ValueError, match="no kind of evidence"):
        store.put(PAGE, ".exe")
    with pytest.raises(ValueError, match="at most"):
        store.put(bytes(MAX_BYTES + 1), ".png")


def test_what_was_never_put_is_missing(store: EvidenceStore) -> None:
    assert (store.exists(NAME), store.verify(NAME), store.look(NAME), list(store)) == (False, False, None, [])
    assert (list(store.inventory()), store.top(), list(store.look_through([NAME]))) == ([], set(), [(NAME, None)])
    with pytest.raises(EvidenceProblem, match=f"there is no evidence {NAME}"):
        store.get(NAME)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-9],
        lambda raw: b"not gzip",
        lambda raw: raw[:20] + bytes([raw[20] ^ 255]) + raw[21:],
        lambda raw: gzip.compress(PAGE + b" "),
    ],
    ids=["emptied", "cut short", "overwritten", "one byte flipped", "another page"],
)
def test_a_damaged_page_is_found_out_and_mended_by_the_next_put(
    behind: Behind, damage: Callable[[bytes], bytes]
) -> None:
    store = behind.store
    store.put(PAGE, ".html")
    whole = behind.read(FILE)
    behind.write(FILE, damage(whole))
    assert store.exists(NAME)
    assert not store.verify(NAME)
    with pytest.raises(EvidenceProblem, match="is not what was stored"):
        store.get(NAME)
    assert store.put(PAGE, ".html") == NAME
    assert behind.read(FILE) == whole
    assert behind.files() == [FILE]


def test_putting_twice_keeps_one_file_and_renews_its_age(behind: Behind) -> None:
    store = behind.store
    first = written_at(store, store.put(PAGE, ".html"))
    while written_at(store, store.put(b"the store's clock", ".txt")) <= first:
        pass
    store.put(PAGE, ".html")
    assert written_at(store, NAME) > first
    assert [file for file in behind.files() if NAME in file] == [FILE]


def written_at(store: EvidenceStore, name: str) -> object:
    kept = store.look(name)
    assert kept is not None
    return kept.written_at


def test_files_are_given_in_order_page_by_page_and_strangers_left_out(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_bucket, "AT_ONCE", 7)
    store = behind.store
    names = names_of(20, store)
    folder = shard(names[0])
    for stranger in (
        f"{folder}/notes.txt",
        f"{folder}/{NAME}.exe",
        f"{folder}/.{NAME}.html.gz",
        "README",
        "zz/zz/x.html.gz",
    ):
        behind.write(stranger, b"x")
    assert list(store) == names
    assert [kept.name for kept in store.inventory()] == names
    assert {"README", "zz", *(name[:2] for name in names)} == store.top()
    wanted = sorted([*names[3:15], NAME, "0" * 64, "f" * 64])
    found = list(store.look_through(wanted))
    assert [name for name, _ in found] == wanted
    assert {name for name, kept in found if kept is None} == {NAME, "0" * 64, "f" * 64}
    assert all(kept is None or kept == store.look(name) for name, kept in found)


def test_removing_takes_files_away_and_twice_does_no_harm(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_bucket, "AT_ONCE", 3)
    store = behind.store
    names = names_of(8, store)
    all_of_them = list(store.inventory())
    store.remove(names[0])
    store.remove(names[0])
    store.discard(*all_of_them[:7])
    assert list(store) == names[7:]
    assert len(behind.files()) == 1


def test_a_file_that_was_put_again_is_not_taken_away(store: EvidenceStore) -> None:
    store.put(PAGE, ".html")
    kept = store.look(NAME)
    assert kept is not None
    assert not store.take_away(kept, kept.written_at - timedelta(seconds=1))
    assert store.get(NAME) == PAGE
    assert store.take_away(kept, kept.written_at + timedelta(seconds=1))
    assert not store.exists(NAME)
    assert not store.take_away(kept, kept.written_at + timedelta(seconds=1))


def test_notes_lie_beside_the_evidence_and_are_none(behind: Behind) -> None:
    store = behind.store
    with pytest.raises(FileNotFoundError):
        store.note(".mark")
    store.set_note(".mark", "2026-11-22\n")
    assert (store.note(".mark"), store.top(), list(store)) == ("2026-11-22\n", {".mark"}, [])
    store.set_note(".mark", None)
    assert behind.files() == []


def test_many_threads_may_put_the_same_pages_at_once(behind: Behind) -> None:
    pages = [b"%d" % (number % 15) for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda page: behind.store.put(page, ".html"), pages))
    assert list(behind.store) == sorted(names)
    assert len(names) == len(behind.files()) == 15
    assert all(behind.store.verify(name) for name in names)


@pytest.mark.slow
def test_a_plain_copy_of_a_folder_is_a_bucket_and_the_other_way_round(s3: S3Server, tmp_path: Path) -> None:
    folder, bucket, back = in_folder(tmp_path / "one"), in_bucket(s3), in_folder(tmp_path / "back")
    names = names_of(5, folder.store)
    for file in folder.files():
        bucket.write(file, folder.read(file))
    assert list(bucket.store) == names
    assert all(bucket.store.verify(name) for name in names)
    names_of(5, bucket.store)
    assert bucket.files() == folder.files()
    for file in bucket.files():
        back.write(file, bucket.read(file))
    assert list(back.store) == names
    assert all(back.store.verify(name) for name in names)


@pytest.mark.slow
def test_stores_under_prefixes_that_begin_alike_are_apart(s3: S3Server) -> None:
    bucket = s3.bucket("prefixes")
    one, other, whole = (EvidenceStore(f"{bucket}{prefix}") for prefix in ("/a", "/ab", ""))
    first, second = one.put(b"1", ".txt"), other.put(b"2", ".txt")
    assert (list(one), list(other), list(whole)) == ([first], [second], [])
    assert whole.top() == {"a", "ab"}
    one.remove(second)
    assert other.exists(second)


@pytest.mark.slow
def test_one_content_put_as_two_kinds_is_one_name_until_both_are_gone(s3: S3Server) -> None:
    store = in_bucket(s3).store
    assert store.put(PAGE, ".txt") == store.put(PAGE, ".html") == NAME
    assert list(store) == [NAME]
    store.remove(NAME)
    assert store.get(NAME) == PAGE
    store.remove(NAME)
    assert list(store) == []


@pytest.mark.slow
def test_a_huge_object_of_a_stranger_is_not_fetched(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_bucket, "_PACKED_AT_MOST", 100)
    behind = in_bucket(s3)
    behind.store.put(PAGE, ".html")
    behind.write(FILE, bytes(101))
    monkeypatch.setattr(evidence_bucket.EvidenceBucket, "open", lambda self, kept: pytest.fail("it was fetched"))
    assert not behind.store.verify(NAME)


@pytest.mark.slow
def test_a_bucket_has_no_folder_and_says_so(s3: S3Server) -> None:
    store = in_bucket(s3).store
    store.put(PAGE, ".html")
    for use in (lambda: store.directory, lambda: store.path(NAME)):
        with pytest.raises(EvidenceProblem, match="lies in no folder"):
            use()
