"""What is sent to a Dask cluster: one function, known by its name.

The scheduler loads this module too, and stands still while it does: nothing of weight is imported here.
"""

from typing import Any


def read(errand: dict[str, Any], batch_id: str) -> dict[str, Any]:
    """Read a batch for a night on a worker and return how that went in plain values, with the ``worker`` it went on.

    ``refused``: why this worker cannot take part. ``trouble``: what of settings, database or disk was in the way. ``lost``:
    another process works on the night. Else ``ended``, a word of :class:`schedules.children.Ended`, ``None`` where there was
    nothing to read. Settings are this machine's: ``BAROMETER_SETTINGS``, ``barometer.toml`` in the worker's folder, variables.
    """
    from barometer.clusters.reading import read_on_worker

    return read_on_worker(errand, batch_id)
