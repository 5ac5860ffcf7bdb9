"""Starting Chromium so that it talks to nobody but us and our fence, and ends when we do.

**It never outlives us.** Chromium is driven through a pair of pipes, and so is the driver that starts it. Whoever
ends, however it ends, SIGKILL included, closes its end: the driver sees ours close and kills Chromium's process
group; Chromium sees the driver's close and leaves; its renderers see Chromium's and leave, whatever script they are
running.
"""

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserType
from playwright.async_api import Error as PlaywrightError

from spiders.browser.executable import find_browser
from spiders.browser.fence import Fence
from spiders.failures import Refusal
from storage.vocabulary import Reason

LAUNCH_SECONDS = 60.0
"""How long Chromium may take to start; a second when the machine is idle."""
SCRIPT_MEGABYTES = 1024
"""Memory that the scripts of one page may hold; Chromium ends the page's process beyond it (*ours*)."""

_DISABLED_FEATURES = (
    # What would ask for pages that nobody opened.
    "Prerender2",
    "SpeculationRulesPrefetchFuture",
    "PrefetchServiceWorker",
    "PreconnectToSearch",
    "NavigationPredictor",
    "OptimizationHints",
    # What would talk to somebody else than the site.
    "NetworkTimeServiceQuerying",
    "MediaRouter",
    "AimEnabled",
    "Translate",
    "DialMediaRouteProvider",
    "CertificateTransparencyComponentUpdater",
    # What would change an address behind our back.
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    # One process a page, so that the page's own fence sees its frames too.
    "IsolateOrigins",
    "site-per-process",
    # A process that waits for a page to come, and one a window for the pop-up of an address bar that nobody types in:
    # a third of the CPU time of a page.
    "SpareRendererForSitePerProcess",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # As the driver wants them, whose own list ours replaces.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "LensOverlay",
)

_ARGUMENTS = (
    f"--disable-features={','.join(_DISABLED_FEATURES)}",
    "--disable-site-isolation-trials",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-client-side-phishing-detection",
    "--disable-default-apps",
    "--disable-notifications",
    "--dns-prefetch-disable",
    "--no-pings",
    "--no-first-run",
    "--no-default-browser-check",
    "--autoplay-policy=user-gesture-required",
    # WebRTC sends UDP, which no proxy carries: so it sends nothing.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    f"--js-flags=--max-old-space-size={SCRIPT_MEGABYTES}",
    # Chromium looks up no name by itself; the gates do.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    # What belongs to no context has no gate, and thus no way out: nobody answers at the port "discard".
    "--proxy-server=socks5://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
)

_UNWANTED_DEFAULTS = (
    # The driver lets pages open windows and flood the browser with navigations; a visitor's browser does not.
    "--disable-popup-blocking",
    "--disable-ipc-flooding-protection",
)


class NoBrowser(Refusal):
    """There is no Chromium on this machine, or it does not start."""

    reason = Reason.NEEDS_BROWSER


def launch_options(fence: Fence, executable: Path, *, sandboxed: bool | None = None) -> dict[str, Any]:
    """Return the options with which Playwright launches *executable*.

    Chromium refuses to sandbox its renderers for root, so only root goes without, unless *sandboxed* says otherwise.
    """
    arguments = list(_ARGUMENTS)
    if fence.certificate is not None:
        arguments.append(f"--ignore-certificate-errors-spki-list={fence.certificate.fingerprint}")
    if sandboxed is None:
        sandboxed = not (hasattr(os, "geteuid") and os.geteuid() == 0)
    return {
        "executable_path": executable,
        "args": arguments,
        "ignore_default_args": list(_UNWANTED_DEFAULTS),
        "headless": True,
        "chromium_sandbox": sandboxed,
        "timeout": LAUNCH_SECONDS * 1000,
        # Ctrl-C is the crawl's to handle: it closes the browser itself, once the sites are closed.
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
    }


async def launch(chromium: BrowserType, fence: Fence) -> Browser:
    """Start the browser of this machine and return it; raise :class:`NoBrowser` where there is none that starts."""
    found = find_browser()
    if found is None:
        raise NoBrowser("no Chromium found; run: make browser")
    try:
        return await chromium.launch(**launch_options(fence, found.path))
    except PlaywrightError as problem:
        if "Connection closed" in str(problem):
            raise
        raise NoBrowser(f"{found.path} does not start: {str(problem).partition(chr(10))[0][:300]}") from problem
