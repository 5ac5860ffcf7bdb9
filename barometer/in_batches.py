"""Many keys, a few at a time: a statement may hold so many values and no more."""

from collections.abc import Iterable, Iterator
from itertools import islice

AT_ONCE = 500
"""Keys named in one statement (*ours*): well under what SQLite and PostgreSQL allow, and enough to ask seldom."""


def in_batches(keys: Iterable[str], size: int = AT_ONCE) -> Iterator[list[str]]:
    """Yield *keys*, in their order, in lists of at most *size*."""
    left = iter(keys)
    while batch := list(islice(left, size)):
        yield batch
