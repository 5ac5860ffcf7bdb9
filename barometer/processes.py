"""Who holds a claim: this process by name, whether a process of this machine still lives, and what tells it from all others."""

import os
import socket
from pathlib import Path

_STATE, _BEGAN = 0, 19
"""Where, after the name, which may hold anything, ``/proc/PID/stat`` says the state and when the process began, in ticks."""
_DEAD = frozenset("ZX")
"""States of processes that ended, be it that nobody took their exit code."""


def this_process() -> str:
    """Return how this process signs a claim: ``HOST:PID``."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_gone(number: int) -> bool:
    """Tell whether no living process of this machine has this number."""
    fields = _stat(number)
    return fields[_STATE] in _DEAD if fields else not _exists(number)


def process_mark(number: int) -> str:
    """Return what no other process has, on this machine since it was started or elsewhere; numbers are used again."""
    began = "gone" if is_gone(number) else next(iter(_stat(number)[_BEGAN:]), "")
    return f"{machine_mark()}:{began}"


def machine_mark() -> str:
    """Return what names this machine since its last start, and of its containers this one.

    Names of machines do not: clones and containers share them. Where the system does not tell, it is the name all the same.
    """
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{started}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return socket.gethostname()


def _stat(number: int) -> list[str]:
    """Return the fields after the name, none where the system does not tell."""
    try:
        return Path(f"/proc/{number}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _exists(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
