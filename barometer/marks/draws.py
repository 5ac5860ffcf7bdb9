"""Whole numbers drawn by chance, the same on every machine and with every version of the library that draws them.

Only the raw stream of PCG64 is used, which NumPy promises never to change; what its generators make of the stream may change.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

    Integers = NDArray[int64]


class Stream:
    """A stream of its own for each set of *labels*: what one draws changes nothing for another."""

    def __init__(self, *labels: str) -> None:
        from numpy.random import PCG64

        seed = hashlib.sha256("\0".join(labels).encode("utf-8", "surrogatepass")).digest()
        self._raw = PCG64(int.from_bytes(seed, "big"))

    def below(self, limit: int, count: int) -> "Integers":
        """Return *count* integers from 0 up to and not including *limit*, which must not exceed 2**31.

        They are the upper halves of 32 random bits times *limit*: one value is likelier than another by less than 1 in 2**31
        times *limit*, which no share of a thousand draws can show.
        """
        import numpy

        raw = self._raw.random_raw((count + 1) // 2)
        halves = numpy.empty(2 * raw.size, dtype=numpy.uint64)
        halves[0::2] = raw & numpy.uint64(0xFFFFFFFF)
        halves[1::2] = raw >> numpy.uint64(32)
        drawn: Integers = ((halves[:count] * numpy.uint64(limit)) >> numpy.uint64(32)).astype(numpy.int64)
        return drawn
