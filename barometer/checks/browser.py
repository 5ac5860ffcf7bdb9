"""The browser: which one there is, whether it really shows a page, and whether it has letters to write with."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping

from barometer.checks.check import Check, Health
from spiders.browser.executable import find_browser

VERSION_PATIENCE_SECONDS = 20
"""How long a browser may take to print its version; a cold one on a slow disk needs several seconds."""
_DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#123456"/></svg>'
_SCRIPTS = (
    ("Latin letters", "00e9", "fonts-liberation"),
    ("emoji", "1f600", "fonts-noto-color-emoji"),
)
"""What merchants' pages are written in: its name, a sign of it, and the package of Debian that has it."""


def check_browser(environment: Mapping[str, str] | None = None) -> Check:
    """Return which browser would be used; it is asked for its version and not opened."""
    browser = find_browser(environment)
    if browser is None:
        remedy = "install Chromium (playwright install chromium, or the system's package); static audits work without"
        return Check("browser", Health.WARN, "no Chromium, Chrome or Edge", remedy)
    try:
        asked = subprocess.run(  # noqa: S603 - the path is one that find_browser tested, and no word is a user's
            [browser.path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_PATIENCE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        what = "no answer" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        return Check("browser", Health.WARN, f"{browser.path} does not start: {what}", "install it anew")
    version = " ".join(asked.stdout.split())[:80]
    if asked.returncode or not version:
        return Check("browser", Health.WARN, f"{browser.path} does not start", "install it anew")
    return Check("browser", Health.OK, f"{version} ({browser.origin}, {browser.path})")


def check_rendering(as_root: bool | None = None) -> Check:
    """Return whether the browser of this machine shows a page, as a crawl would start it; nothing is asked of any network."""
    from spiders.browser.launch import NoBrowser
    from spiders.browser.printing import NotPrinted, Printing

    began = time.monotonic()
    try:
        with Printing() as printing:
            printing.pngs([_DRAWING], 8, 8)
    except (NoBrowser, NotPrinted) as problem:
        return Check("rendering", Health.WARN, " ".join(str(problem).split())[:300], _remedy(str(problem)))
    except Exception as problem:
        # Playwright's driver is a program of its own, and has no class of errors for not starting at all.
        if "driver" not in str(problem):
            raise
        remedy = "apt-get install libatomic1, or run it to see what it lacks: python -m playwright --version"
        return Check("rendering", Health.WARN, "Playwright's driver, which drives the browser, does not start", remedy)
    found = f"a page was shown after {time.monotonic() - began:.1f} s"
    if os.geteuid() == 0 if as_root is None else as_root:
        remedy = "run the barometer as a user of its own, such as deploy/install.sh makes"
        return Check("rendering", Health.WARN, f"{found}, without Chromium's sandbox, which root cannot have", remedy)
    return Check("rendering", Health.OK, f"{found}, in Chromium's sandbox")


def check_fonts() -> list[Check]:
    """Return whether there are fonts for what pages are written in; nothing where the system has no list of them."""
    if shutil.which("fc-list") is None:
        return []
    lacking = [(name, package) for name, sign, package in _SCRIPTS if not _has_font(sign)]
    if lacking:
        found = f"none for {', '.join(name for name, _ in lacking)}: pictures will show boxes instead"
        return [Check("fonts", Health.WARN, found, f"apt-get install {' '.join(package for _, package in lacking)}")]
    return [Check("fonts", Health.OK, f"for {', '.join(name for name, _, _ in _SCRIPTS)}")]


def _has_font(sign: str) -> bool:
    words = ["fc-list", "--quiet", f":charset={sign}"]
    try:
        asked = subprocess.run(  # noqa: S603 - the system's own, and no word is a user's
            words, capture_output=True, timeout=VERSION_PATIENCE_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return True
    return asked.returncode == 0


def _remedy(said: str) -> str:
    if "sandbox" in said or "Target page, context or browser has been closed" in said or "Connection closed" in said:
        return (
            "if its sandbox is in the way, let programs make namespaces of users: "
            "sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0, "
            "RestrictNamespaces= of the service, the seccomp profile of the container"
        )
    return "install the browser anew, or set render = false"
