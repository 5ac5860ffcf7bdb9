"""What machines put into headers, as data: the lists of ``machines.toml``."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

List = Literal[
    "daemons", "perhaps_daemons", "daemon_names", "ticket_systems", "ticket_mailers", "vacation", "responders", "lists"
]


@cache
def listed(name: List) -> tuple[str, ...]:
    """Return the entries of list *name*, all in lower case; raises ``ValueError`` where the file holds no such list."""
    text = files(__package__ or __name__).joinpath("machines.toml").read_text("utf-8")
    entries = tomllib.loads(text).get(name)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, str) and entry for entry in entries):
        raise ValueError(f"machines.toml: {name}: must be a list of words")
    return tuple(entry.lower() for entry in entries)
