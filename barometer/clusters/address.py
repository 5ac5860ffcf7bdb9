"""The address of a Dask scheduler."""

import re

from barometer.errors import UserError

_ADDRESS = re.compile(r"(?:tcp|tls)://(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):(\d{1,5})/?")


def scheduler_address(text: str) -> str:
    """Return *text* where it is the address of a scheduler, else raise :class:`~barometer.errors.UserError`."""
    found = _ADDRESS.fullmatch(text.strip())
    if found is None or not 0 < int(found[1]) < 65_536:
        raise UserError(
            f"{text[:80]!r} is no address of a Dask scheduler",
            "give one such as tcp://10.0.0.5:8786, or tls://10.0.0.5:8786, as dask scheduler prints it",
        )
    return text.strip().rstrip("/")
