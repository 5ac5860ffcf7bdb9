"""Looking up names for the browser: in our process, bounded in time, each name once a minute."""

import asyncio
import socket
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

KEPT_SECONDS = 60.0
"""How long an answer, or its absence, is believed (ours; most shops' records live longer)."""
MAX_NAMES = 4096
"""Names remembered at once."""
THREADS = 24
"""Look-ups under way at once: a page names some twenty hosts, and one that hangs must not keep the others waiting."""

LookUp = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a name, best first; raises ``OSError`` where it has none."""


class Names:
    """The addresses of names, remembered for :data:`KEPT_SECONDS`."""

    def __init__(self, look_up: LookUp | None = None) -> None:
        self._look_up = look_up or self._ask_system
        self._known: OrderedDict[str, tuple[float, asyncio.Task[Sequence[str]]]] = OrderedDict()
        self._threads: ThreadPoolExecutor | None = None

    async def addresses(self, host: str, seconds: float) -> Sequence[str]:
        """Return the addresses of *host*; raise ``OSError`` where it has none, ``TimeoutError`` after *seconds*."""
        now = time.monotonic()
        asked_at, answer = self._known.get(host, (0.0, None))
        if answer is None or now - asked_at > KEPT_SECONDS:
            answer = asyncio.ensure_future(self._look_up(host))
            # An answer that nobody waits for any longer may be a failure, which is no news.
            answer.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._known[host] = (now, answer)
            self._known.move_to_end(host)
            if len(self._known) > MAX_NAMES:
                self._known.popitem(last=False)
        async with asyncio.timeout(seconds):
            return await asyncio.shield(answer)

    def close(self) -> None:
        """Forget everything; look-ups under way are left to end by themselves."""
        for _, answer in self._known.values():
            answer.cancel()
        self._known.clear()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def _ask_system(self, host: str) -> Sequence[str]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="names")
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _system_addresses, host)
        return found


def _system_addresses(host: str) -> Sequence[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
