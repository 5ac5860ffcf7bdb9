"""Evidence files: the same visit gives the same bytes, anybody can check them, and nothing wrong in them goes unseen."""

import gzip
import hashlib
import io
import json
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from warcio.archiveiterator import ArchiveIterator

from barometer.audit_files import EVIDENCE_FOLDER, RESULT_FILE, VISIT_FILE, json_file
from barometer.evidence_export import export, sums_of
from barometer.evidence_zip import problems
from barometer.recorded import opened
from barometer.result import audit_result
from barometer.settings import Settings
from barometer.visit_file import read_visit_file, visit_json
from barometer.warc_file import entries, read_warc
from spiders.reading import SiteReading
from storage.database import open_database
from storage.evidence import EvidenceStore
from storage.vocabulary import Profile
from tests.barometer.command_line import run
from tests.barometer.visit_samples import CONTACT, HOME, PRESSED, ROBOTS, audit_folder, rendered_visit
from tests.contracts import complaints

Files = dict[str, bytes]


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, SiteReading]:
    """Give the evidence file of a rendered visit, and the visit."""
    folder, reading = audit_folder(tmp_path / "shop")
    return exported(folder, tmp_path / "shop.zip"), reading


def exported(folder: Path, out: Path) -> Path:
    with opened(str(folder), Settings()) as recorded:
        export(recorded, out)
    return out


def content(file: Path) -> Files:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def records(file: Path) -> list[tuple[Any, bytes]]:
    found = []
    iterator = ArchiveIterator(io.BytesIO(content(file)["pages.warc.gz"]), check_digests="raise")
    for record in iterator:
        found.append((record.rec_headers, record.content_stream().read()))
    return found


def test_the_same_visit_gives_the_same_bytes(made: tuple[Path, SiteReading], tmp_path: Path) -> None:
    again = exported(shutil.copytree(tmp_path / "shop", tmp_path / "copied elsewhere"), tmp_path / "again.zip")
    assert again.read_bytes() == made[0].read_bytes()


def test_a_visit_of_the_database_gives_the_same_evidence_as_its_folder(
    made: tuple[Path, SiteReading], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = made[1]
    url = f"sqlite:///{tmp_path / 'barometer.db'}"
    with open_database(url) as database:
        database.migrate()
        with database.session() as session:
            session.add(reading.visit)
            session.flush()
            session.add_all([*reading.pages, *reading.clicks, *reading.sightings, *reading.states])
    monkeypatch.setenv("BAROMETER_DATABASE", url)
    monkeypatch.setenv("BAROMETER_EVIDENCE", str(tmp_path / "shop" / EVIDENCE_FOLDER))
    out = tmp_path / "stored.zip"
    told = run("evidence", "export", reading.visit.id[:6], "--out", out)
    assert (told.code, told.out) == (0, f"{out}\n")
    assert problems(out) == []
    stored, folder = content(out), content(made[0])
    assert stored.keys() == folder.keys()
    same = [name for name in stored if name.startswith(("pictures/", "layouts/", "pages", "README"))]
    assert all(stored[name] == folder[name] for name in same) and same


def test_the_manifest_tells_what_every_file_is(made: tuple[Path, SiteReading]) -> None:
    files = content(made[0])
    manifest = json.loads(files["manifest.json"])
    assert (manifest["schema"], manifest["visits"], manifest["missing"]) == (
        "barometer-evidence/1", [made[1].visit.id], [],
    )  # fmt: skip
    assert {entry["name"] for entry in manifest["files"]} == files.keys() - {"manifest.json", "SHA256SUMS"}
    for entry in manifest["files"]:
        held = files[entry["name"]]
        assert (entry["size"], entry["sha256"]) == (len(held), hashlib.sha256(held).hexdigest())
        assert entry["what"]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_the_sums_are_checked_without_the_tool(made: tuple[Path, SiteReading], tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(made[0]) as archive:
        archive.extractall(folder)
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.count(": OK") == len(content(made[0])) - 1


def test_another_reader_of_web_archives_finds_every_page_with_a_sound_digest(made: tuple[Path, SiteReading]) -> None:
    found = records(made[0])
    told = [(head.get_header("WARC-Type"), head.get_header("WARC-Target-URI")) for head, _ in found]
    states = [pair for url in (HOME, CONTACT, PRESSED) for pair in (("conversion", url), ("metadata", url))]
    assert told == [("warcinfo", None), ("resource", f"{HOME}robots.txt"), *states]
    about, robots, home, metadata = (body for _, body in found[:4])
    assert b"http-header-user-agent: barometer-test X-Injected: 1\r\n" in about
    assert robots == ROBOTS and b"Nous contacter" in home
    assert json.loads(metadata)["headers"] == made[1].states[0].headers
    head = found[2][0]
    assert (head.get_header("WARC-Date"), head.get_header("WARC-IP-Address")) == (
        "2026-03-02T12:00:00.123456Z", "192.0.2.7",
    )  # fmt: skip
    assert found[3][0].get_header("WARC-Refers-To") == head.get_header("WARC-Record-ID")


def test_pages_as_they_were_sent_are_resources(tmp_path: Path) -> None:
    folder, reading = audit_folder(tmp_path / "shop", "static")
    found = records(exported(folder, tmp_path / "shop.zip"))
    sent = [head.get_header("WARC-Target-URI") for head, _ in found if head.get_header("WARC-Type") == "resource"]
    assert sent == [page.url for page in reading.pages if page.evidence is not None]
    assert found[1][0].get_header("Content-Type") == "text/html; charset=utf-8"


def test_no_address_of_a_page_writes_a_header_of_its_own(made: tuple[Path, SiteReading]) -> None:
    reading = made[1]
    reading.states[0].url = f"{HOME}\r\nWARC-Type: request\r\nX: é\ud800"
    reading.states[0].address = "[192.0.2.7]\r\nX: y"
    entry = next(entry for entry in entries(reading, "b") if entry.kind == "conversion")
    assert entry.url == f"{HOME}%0D%0AWARC-Type:%20request%0D%0AX:%20%C3%A9%EF%BF%BD"
    assert entry.address is None


def test_each_channel_that_was_seen_has_its_pictures(made: tuple[Path, SiteReading]) -> None:
    files = content(made[0])
    names = sorted(name.removeprefix("pictures/") for name in files if name.startswith("pictures/"))
    states = [f"state-00{number}.png" for number in (1, 2, 3)]
    assert names == ["email-crop.png", "email.png", "phone-crop.png", "phone.png", *states]
    with (
        Image.open(io.BytesIO(files["pictures/phone-crop.png"])) as close,
        Image.open(io.BytesIO(files["pictures/phone.png"])) as whole,
    ):
        assert whole.height > close.height > 0 and whole.width > 0
    assert complaints("audit", json.loads(files["result.json"])) == []


def test_every_picture_that_the_result_names_lies_in_the_file(made: tuple[Path, SiteReading]) -> None:
    files = content(made[0])
    channels = json.loads(files["result.json"])["channels"]
    steps = [step["screenshot"] for step in channels["email"]["path"]]
    assert steps == ["pictures/state-001.png", "pictures/state-002.png"]
    proofs = [channels[name]["proof"]["screenshot"] for name in ("phone", "email")]
    assert proofs == ["pictures/phone.png", "pictures/email.png"]
    assert files.keys() >= {*steps, *proofs}


def test_both_windows_of_a_site_are_exported_in_one_file(tmp_path: Path) -> None:
    folder, desktop = audit_folder(tmp_path / "shop")
    mobile = rendered_visit(EvidenceStore(folder / EVIDENCE_FOLDER))
    mobile.visit.profile = Profile.MOBILE
    (folder / VISIT_FILE).write_text(visit_json([desktop, mobile]), "utf-8")
    (folder / RESULT_FILE).write_text(json_file([audit_result(desktop), audit_result(mobile)]), "utf-8")
    file = exported(folder, tmp_path / "both.zip")
    assert problems(file) == []
    assert content(file).keys() >= {"pictures/desktop-phone.png", "pictures/mobile-phone.png"}
    assert json.loads(content(file)["manifest.json"])["visits"] == [desktop.visit.id, mobile.visit.id]
    assert run("replay", file, "--check").out == "the same result\n"


def test_retired_evidence_is_told_listed_and_breaks_nothing(tmp_path: Path) -> None:
    folder, reading = audit_folder(tmp_path / "shop")
    gone = reading.states[1]
    store = EvidenceStore(folder / EVIDENCE_FOLDER)
    for name in (gone.html, gone.picture):
        assert name is not None
        store.remove(name)
    out = tmp_path / "shop.zip"
    told = run("evidence", "export", folder, "--out", out)
    assert told.code == 0 and told.err.count("missing: ") == 2 and CONTACT in told.err
    missing = json.loads(content(out)["manifest.json"])["missing"]
    assert [(entry["what"], entry["evidence"]) for entry in missing] == [("page", gone.html), ("picture", gone.picture)]
    assert problems(out) == []
    assert "phone.png" not in str(content(out).keys())


def test_an_export_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder, _ = audit_folder(tmp_path / "shop")
    told = run("evidence", "export", folder, "--out", tmp_path / "nowhere" / "shop.zip")
    assert told.code == 2 and "give a file that can be written" in told.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop"]


def test_a_sound_file_is_verified(made: tuple[Path, SiteReading]) -> None:
    told = run("evidence", "verify", made[0])
    assert (told.code, told.out) == (0, f"{made[0]}: whole and unchanged\n")


def rewritten(file: Path, files: Files, *, sums: bool = True) -> Path:
    """Write *files* to *file* anew; with *sums*, manifest and sums are made to agree, as a forger would."""
    if sums:
        manifest = json.loads(files["manifest.json"])
        for entry in manifest["files"]:
            held = files.get(entry["name"], b"")
            entry["size"], entry["sha256"] = len(held), hashlib.sha256(held).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()
        listed = {name: hashlib.sha256(held).hexdigest() for name, held in files.items() if name != "SHA256SUMS"}
        files["SHA256SUMS"] = sums_of(listed).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    return file


def flipped(name: str) -> Callable[[Files], None]:
    return lambda files: files.update({name: files[name][:-20] + bytes(20)})


def forged_pages(change: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    def change_pages(files: Files) -> None:
        files["pages.warc.gz"] = gzip.compress(change(gzip.decompress(files["pages.warc.gz"])))

    return change_pages


def other_site(files: Files) -> None:
    files["result.json"] = files["result.json"].replace(b"www.shop.example", b"www.other.example")


TAMPERED: dict[str, tuple[Callable[[Files], Any], bool, str]] = {
    "a changed picture": (flipped("pictures/state-001.png"), False, "pictures/state-001.png is not what"),
    "a changed readme": (lambda files: files.update({"README.txt": b"all is well"}), False, "README.txt is not what"),
    "a changed sum": (flipped("SHA256SUMS"), False, "SHA256SUMS does not hold the sums"),
    "a file too many": (lambda files: files.update({"pictures/x.png": b"x"}), False, "x.png is not in manifest.json"),
    "a file too few": (lambda files: files.pop("layouts/state-002.json"), False, "is in manifest.json and not in"),
    "no result": (lambda files: files.pop("result.json"), False, "result.json is missing"),
    "no manifest that is one": (lambda files: files.update({"manifest.json": b"{}"}), False, "is no manifest of"),
    "a program": (lambda files: files.update({"setup.exe": b"MZ"}), False, "'setup.exe' has no place"),
    "a way out": (lambda files: files.update({"../../evil.png": b"x"}), False, "has no place in it"),
    "a way out for Windows": (lambda files: files.update({"pictures\\..\\..\\evil.png": b"x"}), False, "no place"),
    "an absolute name": (lambda files: files.update({"/etc/passwd": b"x"}), False, "has no place in it"),
    "steering characters": (lambda files: files.update({"\x1b[2J.png": b"x"}), False, "has no place in it"),
    "a forged picture": (flipped("pictures/state-001.png"), True, f"the picture of {HOME} is neither in it"),
    "a forged layout": (flipped("layouts/state-001.json"), True, f"the layout of {HOME} is neither in it"),
    "a forged visit": (lambda files: files.update({"visit.json": b"{}"}), True, "not a visit file"),
    "a forged result": (lambda files: files.update({"result.json": b"{}"}), True, "is no audit result"),
    "another site's result": (other_site, True, "is of another site"),
    "forged words": (forged_pages(lambda text: text.replace(b"Nous", b"Vous")), True, "is not what its digest says"),
    "a forged date": (forged_pages(lambda text: text.replace(b"Date: 2026", b"Date: 2025")), True, "is not what visit"),
    "a lost page": (forged_pages(lambda text: text[: text.rindex(b"WARC/1.1")]), True, "is neither in pages.warc.gz"),
    "a page cut short": (forged_pages(lambda text: text[:-40]), True, "a record is cut short"),
    "no archive": (lambda files: files.update({"pages.warc.gz": b"none"}), True, "pages.warc.gz: damaged"),
    "archive of nothing": (forged_pages(lambda text: b"hello"), True, "no WARC record where one should"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_whatever_was_tampered_with_is_told_in_one_line(name: str, made: tuple[Path, SiteReading]) -> None:
    change, agreed, complaint = TAMPERED[name]
    files = content(made[0])
    change(files)
    told = run("evidence", "verify", rewritten(made[0], files, sums=agreed))
    assert told.code == 1 and complaint in told.out and "\x1b" not in told.out
    assert "Traceback" not in told.err
    refused = run("replay", made[0])
    assert refused.code == 2 and "barometer evidence verify" in refused.err


def test_two_files_of_one_name_are_refused(made: tuple[Path, SiteReading]) -> None:
    with pytest.warns(UserWarning), zipfile.ZipFile(made[0], "a") as archive:
        archive.writestr("result.json", b"{}")
    assert problems(made[0]) == ["'result.json' is in it more than once"]


def test_a_link_is_refused(made: tuple[Path, SiteReading]) -> None:
    link = zipfile.ZipInfo("pictures/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(made[0], "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert problems(made[0]) == ["'pictures/link.png' has no place in it"]


def test_a_bomb_is_refused_before_it_is_unpacked(
    made: tuple[Path, SiteReading], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barometer.evidence_zip.MAX_UNPACKED", 1_000_000)
    with zipfile.ZipFile(made[0], "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pictures/bomb.png", bytes(2_000_000))
    assert problems(made[0]) == ["unpacked it would take more than 1 MB"]


def test_a_layout_larger_than_any_that_is_kept_is_refused(
    made: tuple[Path, SiteReading], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barometer.evidence_zip.MAX_BYTES", 1_000_000)
    with zipfile.ZipFile(made[0], "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("layouts/bomb.json", bytes(2_000_000))
    assert problems(made[0]) == ["layouts/bomb.json is larger than any file that is kept"]


def test_an_archive_of_pages_that_grows_without_end_is_given_up() -> None:
    record = b"WARC/1.1\r\nContent-Length: 1000\r\n\r\n" + bytes(1000) + b"\r\n\r\n"
    bomb = io.BytesIO(gzip.compress(record * 100))
    with pytest.raises(ValueError, match="larger than any page"):
        list(read_warc(bomb, 20_000))
    with pytest.raises(ValueError, match="broken"):
        list(read_warc(io.BytesIO(gzip.compress(b"WARC/1.1\r\n" + b"x" * 1_000_000)), 10**9))


@pytest.mark.parametrize("made_of", [b"", b"PK\x03\x04 and no more", b"GIF89a"])
def test_what_is_no_zip_is_told_and_what_is_not_there_is_bad_input(made_of: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(made_of)
    told = run("evidence", "verify", file)
    assert told.code == 1 and "not a whole ZIP file" in told.out
    missing = run("evidence", "verify", tmp_path / "none.zip")
    assert missing.code == 2 and "No such file" in missing.err


def test_no_damage_to_what_it_holds_goes_unseen(made: tuple[Path, SiteReading]) -> None:
    sound, held = made[0].read_bytes(), content(made[0])
    for at in range(0, len(sound), max(1, len(sound) // 120)):
        made[0].write_bytes(sound[:at] + bytes([sound[at] ^ 0x41]) + sound[at + 1 :])
        # Some bytes of a ZIP, such as the time of a file, say nothing of what is in it.
        assert problems(made[0]) or content(made[0]) == held


def test_words_that_name_no_visit_are_refused_with_the_remedy(tmp_path: Path) -> None:
    told = run("evidence", "export", "no-such-visit", "--out", tmp_path / "x.zip")
    assert told.code == 2 and "barometer evidence list" in told.err


def test_the_visit_file_in_it_is_the_folders(made: tuple[Path, SiteReading], tmp_path: Path) -> None:
    readings = read_visit_file(tmp_path / "shop" / "visit.json")
    assert content(made[0])["visit.json"].decode() == visit_json(readings)
