"""Where evidence may be kept, and what is refused without being repeated."""

from pathlib import Path

import pytest

from storage.evidence import Bucket, EvidenceStore, evidence_location


@pytest.mark.parametrize(
    ("given", "bucket", "prefix"),
    [
        ("s3://evidence", "evidence", ""),
        ("s3://evidence/", "evidence", ""),
        ("s3://my.evidence-1/nights/fr/", "my.evidence-1", "nights/fr/"),
        ("s3://abc/a_b.c=d-e", "abc", "a_b.c=d-e/"),
    ],
)
def test_an_address_names_a_bucket_and_what_its_keys_begin_with(given: str, bucket: str, prefix: str) -> None:
    location = evidence_location(given)
    assert isinstance(location, Bucket)
    assert (location.bucket, location.prefix) == (bucket, prefix)
    assert evidence_location(location) is location
    assert evidence_location(str(location)) == location


@pytest.mark.parametrize(
    "given", ["var/evidence", "/srv/evidence", "s3", "./s3:x", "a:b", "C:\\evidence", Path("s3:/x")]
)
def test_anything_else_is_a_folder(given: str | Path) -> None:
    assert evidence_location(given) == Path(given)
    assert EvidenceStore(given).directory == Path(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "is empty"),
        (".", "is empty"),
        ("s3:/evidence", "address of no kind"),
        ("s3:evidence", "address of no kind"),
        ("S3://evidence", "address of no kind"),
        ("file:///srv/evidence", "address of no kind"),
        ("gs://evidence/x", "address of no kind"),
        ("https://minio.example/evidence", "address of no kind"),
        ("s3://[::1", "is no address"),
        ("s3://key:hunter2@evidence/x", "credentials"),
        ("s3://evidence/x?secret=hunter2", "credentials"),
        ("s3://evidence/x#hunter2", "credentials"),
        ("s3://", "names no bucket"),
        ("s3://ab", "names no bucket"),
        ("s3://Evidence/x", "names no bucket"),
        ("s3://evi..dence/x", "names no bucket"),
        ("s3://evidence:9000/x", "names no bucket"),
        ("s3://evidence/../other", "names no prefix"),
        ("s3://evidence/a//b", "names no prefix"),
        ("s3://evidence/./b", "names no prefix"),
        ("s3://evidence/a b", "names no prefix"),
        ("s3://evidence/\x1b[31m", "names no prefix"),
        ("s3://evidence/" + "a" * 900, "names no prefix"),
    ],
)
def test_what_is_no_place_is_refused_without_being_repeated(given: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        evidence_location(given)
    assert "hunter2" not in str(raised.value)
    assert "\n" not in str(raised.value) and "\x1b" not in str(raised.value)
    assert "; " in str(raised.value)
