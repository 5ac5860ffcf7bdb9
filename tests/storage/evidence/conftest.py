"""A store of each kind, and what a test does to it behind its back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from storage.evidence import EvidenceStore
from tests.s3_server import S3Server, s3_server


class Behind:
    """The bytes of a store, for tests that change them: every path is relative to the store."""

    def __init__(
        self, store: EvidenceStore, write: Callable[[str, bytes], object], read: Callable[[str], bytes],
        files: Callable[[], list[str]],
    ) -> None:  # fmt: skip
        self.store, self.write, self.read, self.files = store, write, read, files


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Give a server, and the environment in which a client finds it."""
    with s3_server() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.slow)])
def behind(request: pytest.FixtureRequest, tmp_path: Path) -> Behind:
    """Give an empty store of each kind."""
    if request.param == "folder":
        return in_folder(tmp_path / "evidence")
    return in_bucket(request.getfixturevalue("s3"))


@pytest.fixture
def store(behind: Behind) -> EvidenceStore:
    """Give the store alone."""
    return behind.store


def in_folder(folder: Path) -> Behind:
    """Return what lies behind a folder."""

    def write(file: str, content: bytes) -> None:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)

    def files() -> list[str]:
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    return Behind(EvidenceStore(folder), write, lambda file: (folder / file).read_bytes(), files)


def in_bucket(server: S3Server) -> Behind:
    """Return what lies behind a prefix of a bucket of its own."""
    bucket = f"evidence-{uuid4().hex[:12]}"
    location = f"{server.bucket(bucket)}/nights/fr"
    client, prefix = server.client, "nights/fr/"
    return Behind(
        EvidenceStore(location),
        lambda file, content: client.put_object(Bucket=bucket, Key=prefix + file, Body=content),
        lambda file: client.get_object(Bucket=bucket, Key=prefix + file)["Body"].read(),
        lambda: sorted(key.removeprefix(prefix) for key in server.keys(bucket)),
    )


__all__ = ["Behind", "S3Server", "in_bucket", "in_folder"]
