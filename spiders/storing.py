"""Stores evidence beside the crawl: a slow disk or a far bucket holds up the site it is for, and no other."""

import asyncio
import time

from storage.evidence import EvidenceStore


async def stored(evidence: EvidenceStore, content: bytes, suffix: str) -> tuple[str, float]:
    """Put *content* into the store, in a thread of its own; return its name and the CPU seconds that took.

    Raises :class:`~storage.problems.EvidenceProblem` where it cannot be kept. Given up meanwhile, the file is kept all the
    same: one without a row, which the next repair takes away.
    """
    return await asyncio.to_thread(_put, evidence, content, suffix)


def _put(evidence: EvidenceStore, content: bytes, suffix: str) -> tuple[str, float]:
    before = time.thread_time()
    return evidence.put(content, suffix), time.thread_time() - before
