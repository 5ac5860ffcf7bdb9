"""Undoing ``Content-Encoding`` within bounds: a bomb stops at the cap, whatever it would have become."""

import zlib
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]
from backports import zstd

from spiders.failures import BrokenHttp, TooLarge

ACCEPTED = "gzip, deflate, br, zstd"
"""Value of ``Accept-Encoding``."""

MAX_LAYERS = 2
"""Encodings undone on one body; no honest server stacks more, and each layer multiplies the work."""

_STEP = 65536
_MAX_FRAMES = 100
"""Zstandard frames read in one body: what lies behind each is copied, and servers send one."""
_ZSTD_WINDOW = 23
"""Base-2 logarithm of the largest zstd window, 8 MB, the least a decoder must support and the most a server should use
(RFC 8878, section 3.1.1.1.2; RFC 9659 makes it the limit for the web)."""


def decompressed(body: bytes, encodings: list[bytes], max_size: int) -> tuple[bytes, bool]:
    """Return *body* with *encodings* (header values, in order of application) undone, and whether it was complete.

    Unknown names are taken for what servers mean by them, nothing. A body that is not compressed though it says so is
    returned as it is. A truncated one gives what could be read. Raises ``TooLarge`` beyond *max_size* bytes, and
    ``BrokenHttp`` where nothing can be read or more than :data:`MAX_LAYERS` are stacked.
    """
    names = [name.strip().lower() for value in encodings for name in value.split(b",")]
    layers = [_DECODERS[name] for name in reversed(names) if name in _DECODERS]
    if len(layers) > MAX_LAYERS:
        raise BrokenHttp(f"{len(layers)} content encodings on one body")
    complete = True
    for layer in layers:
        if not body:
            break
        try:
            body, complete = _bounded(layer(body), max_size)
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            if not body.lstrip()[:1] == b"<":
                raise BrokenHttp(f"body cannot be decompressed: {error}") from error
    return body, complete


def _bounded(pieces: Iterator[bytes | None], max_size: int) -> tuple[bytes, bool]:
    """Join *pieces* up to *max_size* bytes; a last piece of ``None`` says that the end of the stream is missing."""
    kept: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            if piece is None:
                return b"".join(kept), False
            size += len(piece)
            if max_size and size > max_size:
                raise TooLarge(f"more than {max_size} bytes once decompressed")
            kept.append(piece)
    except (zlib.error, brotli.error, zstd.ZstdError):
        if not kept:
            raise
        return b"".join(kept), False
    return b"".join(kept), True


def _inflate(window: int) -> Callable[[bytes], Iterator[bytes | None]]:
    def pieces(body: bytes) -> Iterator[bytes | None]:
        stream = zlib.decompressobj(window)
        for start in range(0, len(body), _STEP):
            rest = body[start : start + _STEP]
            while rest and not stream.eof:
                yield stream.decompress(rest, _STEP)
                rest = stream.unconsumed_tail
        while not stream.eof:
            piece = stream.decompress(b"", _STEP)
            if not piece:
                yield None
                return
            yield piece

    return pieces


def _deflate(body: bytes) -> Iterator[bytes | None]:
    """Undo ``deflate``, which half of the servers send with the zlib header and half without."""
    wrapped = body[0] & 0x0F == 8 and len(body) > 1 and (body[0] * 256 + body[1]) % 31 == 0
    return _inflate(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)(body)


def _unbrotli(body: bytes) -> Iterator[bytes | None]:
    stream = brotli.Decompressor()
    yield stream.process(body, output_buffer_limit=_STEP)
    while not stream.is_finished():
        piece = stream.process(b"", output_buffer_limit=_STEP)
        if not piece:
            yield None
            return
        yield piece


def _unzstd(body: bytes) -> Iterator[bytes | None]:
    """Undo ``zstd``, frame after frame."""
    for _ in range(_MAX_FRAMES):
        stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW})
        yield stream.decompress(body, _STEP)
        while not stream.eof:
            if stream.needs_input:
                yield None
                return
            yield stream.decompress(b"", _STEP)
        body = stream.unused_data
        if not body:
            return
    raise BrokenHttp(f"more than {_MAX_FRAMES} zstd frames in one body")


_DECODERS = {
    b"gzip": _inflate(zlib.MAX_WBITS | 16),
    b"x-gzip": _inflate(zlib.MAX_WBITS | 16),
    b"deflate": _deflate,
    b"br": _unbrotli,
    b"zstd": _unzstd,
}
