"""What no file of the repository may hold, and what the lock file must."""

import hashlib
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("BAROMETER_CORPUS", ROOT.parent / "shared" / "corpus"))

# Written in two halves, so that this file does not hold what it forbids.
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(name + end)
        for name, end in [
            ("pypi", ".org"),
            ("pypi.python", ".org"),
            ("python", "hosted.org"),
            ("registry.npm", "js.org"),
            ("registry.yarn", "pkg.com"),
            ("deb.debian", ".org"),
            ("security.debian", ".org"),
            ("archive.ubuntu", ".com"),
            ("proxy.golang", ".org"),
            ("static.crates", ".io"),
            ("repo1.maven", ".org"),
        ]
    ),
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(
    r"(?:^|[^A-Za-z0-9_.<])(?<!:/)/(?:(?:work|farm|root|Users)(?![A-Za-z0-9-])|tmp/[a-z])[/A-Za-z0-9_.-]*"
)
SMALL = 64


def tracked_files() -> list[Path]:
    """Return what is committed or would be: everything git does not ignore."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip(f"not a git checkout: {listing.stderr.decode().strip()}")
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def lines_that_hold(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for file in tracked_files():
        text = file.read_bytes().decode("utf-8", "ignore")
        for number, line in enumerate(text.splitlines(), 1):
            match = pattern.search(line)
            if match:
                found.append(f"{file.relative_to(ROOT)}:{number}: {match.group().strip()}")
    return found


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_that_hold(REGISTRY_HOSTS) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_that_hold(MACHINE_PATHS) == []


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("cd /" + "work/main", True),
        ('"/' + 'root/.cache"', True),
        ("see /" + "tmp/results.csv", True),
        ("https://shop.example/work/", False),
        ("/usr/bin/chromium", False),
        ("/root-canal/", False),
        ("</" + "root>", False),
        ("postgresql://root@127.0.0.1", False),
        ("file:///" + "work/main", True),
    ],
)
def test_a_machine_path_is_told_from_the_path_of_a_page(line: str, is_one: bool) -> None:
    assert bool(MACHINE_PATHS.search(line)) is is_one


def test_no_folder_named_corpus_is_tracked() -> None:
    folders = {folder for file in tracked_files() for folder in file.relative_to(ROOT).parts[:-1]}
    assert "corpus" not in folders


@pytest.mark.corpus
def test_no_tracked_file_is_one_of_the_corpus() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}; give its folder in BAROMETER_CORPUS")
    private = {_digest(file) for file in CORPUS.rglob("*") if file.is_file() and file.stat().st_size > SMALL}
    assert private
    assert [str(file.relative_to(ROOT)) for file in tracked_files() if _digest(file) in private] == []


def test_the_lock_holds_pinned_versions_with_hashes_and_nothing_else() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    entries = re.split(r"^(?=\S)", lock.strip(), flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[^\s;]+( ; [^\\]+)? \\\n", entry), entry.splitlines()[0]
        assert re.fullmatch(r"[^\n]+\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+", entry), entry.splitlines()[0]


def test_the_lock_satisfies_every_requirement_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = [
        *project["project"]["dependencies"],
        *extras["postgres"],
        *extras["dev"],
        *project["build-system"]["requires"],
    ]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE))
    missing = []
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            missing.append(f"{requirement} (pinned: {version}); run: make lock")
    assert missing == []


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
