"""Which Chromium is on this machine: Playwright's own if it is installed, else the system's."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

SYSTEM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
    "msedge",
)
"""Names of Chromium and its kin on the search path, in the order they are tried."""
USUAL_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/snap/bin/chromium",
)
"""Where they are when they are not on the search path."""

_OWN_BINARIES = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*", "chrome-win*/chrome.exe")


class Executable(NamedTuple):
    """A browser found: whose it is (``playwright`` or ``system``), and its path."""

    origin: str
    path: Path


def find_browser(environment: Mapping[str, str] | None = None) -> Executable | None:
    """Return the browser that pages are looked at with, or ``None`` where there is none; nothing is started."""
    environment = os.environ if environment is None else environment
    own = _own_browser(environment)
    if own is not None:
        return Executable("playwright", own)
    found = (shutil.which(name, path=environment.get("PATH", os.defpath)) for name in SYSTEM_NAMES)
    place = next(filter(None, found), None) or next((one for one in USUAL_PLACES if os.access(one, os.X_OK)), None)
    return Executable("system", Path(place)) if place else None


def _own_browser(environment: Mapping[str, str]) -> Path | None:
    """Return the Chromium of exactly the revision that the installed Playwright drives, or ``None``."""
    driver = _driver_folder()
    revision = _revision(driver) if driver else None
    if driver is None or revision is None:
        return None
    folder = _browsers_folder(driver, environment) / f"chromium-{revision}"
    candidates = (path for pattern in _OWN_BINARIES for path in sorted(folder.glob(pattern)))
    return next((path for path in candidates if path.is_file() and os.access(path, os.X_OK)), None)


def _driver_folder() -> Path | None:
    spec = find_spec("playwright")
    return Path(spec.origin).parent / "driver" / "package" if spec and spec.origin else None


def _revision(driver: Path) -> str | None:
    try:
        browsers = json.loads((driver / "browsers.json").read_text("utf-8"))["browsers"]
        return next(str(one["revision"]) for one in browsers if one["name"] == "chromium")
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None


def _browsers_folder(driver: Path, environment: Mapping[str, str]) -> Path:
    """Return where Playwright keeps its browsers (its documentation, "Managing browser binaries")."""
    named = environment.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if named == "0":
        return driver / ".local-browsers"
    if named:
        return Path(named)
    home = Path(environment.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "ms-playwright"
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA", home)) / "ms-playwright"
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "ms-playwright"
