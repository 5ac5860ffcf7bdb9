"""Reading many records into many plain values, without looking for cycles among them all the while."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collection() -> Iterator[None]:
    """Let no cyclic garbage be collected within the block.

    A category is hundreds of thousands of tuples that are kept: to search these for cycles again and again takes as long as to
    read them from the database. What cycles there are wait until the block ends.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
