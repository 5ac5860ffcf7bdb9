"""Grids: versioned files that say what is marked, how much it weighs and who may win.

``load`` gives one by its name or file, ``parse`` from bytes, ``source`` the bytes, ``builtin`` the names there are.
"""

from barometer.grids.loading import builtin, load, parse, source

__all__ = ["builtin", "load", "parse", "source"]
