import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from spiders.decompression import decompressed
from spiders.failures import BrokenHttp, TooLarge

PAGE = b"<html>" + b"<p>Service clients</p>" * 500 + b"</html>"
PACKED = {
    b"gzip": gzip.compress(PAGE),
    b"x-gzip": gzip.compress(PAGE),
    b"deflate": zlib.compress(PAGE),
    b"br": brotli.compress(PAGE),
    b"zstd": zstd.compress(PAGE),
}
encodings = pytest.mark.parametrize("encoding", PACKED)


@encodings
def test_what_was_packed_comes_out(encoding: bytes) -> None:
    assert decompressed(PACKED[encoding], [encoding], 10**6) == (PAGE, True)
    assert decompressed(PACKED[encoding], [b" " + encoding.upper()], 10**6) == (PAGE, True)


@encodings
def test_a_page_as_large_as_the_cap_passes_and_one_byte_more_does_not(encoding: bytes) -> None:
    assert decompressed(PACKED[encoding], [encoding], len(PAGE))[0] == PAGE
    with pytest.raises(TooLarge):
        decompressed(PACKED[encoding], [encoding], len(PAGE) - 1)


@encodings
def test_a_truncated_body_is_said_to_be_incomplete(encoding: bytes) -> None:
    assert decompressed(PACKED[encoding][:-1], [encoding], 10**6)[1] is False


def test_two_layers_are_undone_in_the_right_order_and_more_are_refused() -> None:
    twice = brotli.compress(gzip.compress(PAGE))
    assert decompressed(twice, [b"gzip, br"], 10**6) == (PAGE, True)
    assert decompressed(twice, [b"gzip", b"br"], 10**6) == (PAGE, True)
    with pytest.raises(BrokenHttp):
        decompressed(twice, [b"gzip, gzip, br"], 10**6)


def test_a_stream_of_empty_zstd_frames_is_refused() -> None:
    with pytest.raises(BrokenHttp):
        decompressed(zstd.compress(b"") * 1000, [b"zstd"], 10**6)
    assert decompressed(zstd.compress(b"<p>") + zstd.compress(b"a"), [b"zstd"], 10**6) == (b"<p>a", True)


def test_a_zstd_window_beyond_the_webs_is_not_allocated() -> None:
    wide = zstd.compress(
        b"a" * 100, options={zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.checksum_flag: 1}
    )
    stream = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    wide = stream.compress(b"a" * 1000) + stream.flush()
    with pytest.raises(BrokenHttp):
        decompressed(wide, [b"zstd"], 10**6)


@encodings
@given(body=st.binary(max_size=200))
def test_garbage_is_refused_or_read_and_never_anything_else(encoding: bytes, body: bytes) -> None:
    try:
        got, complete = decompressed(body, [encoding], 10**6)
    except (BrokenHttp, TooLarge):
        return
    assert isinstance(got, bytes)
    assert isinstance(complete, bool)
