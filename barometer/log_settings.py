"""How the log of what runs by itself is written; table ``[logs]`` of the settings."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Logs(BaseModel):
    """``format``: ``console`` writes sentences, ``json`` one object a line, ``auto`` the latter under systemd's journal alone.

    ``level`` is the least that is written: ``debug``, ``info``, ``warning`` or ``error``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["auto", "console", "json"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"
