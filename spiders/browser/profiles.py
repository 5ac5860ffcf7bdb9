"""The two visitors we look as: one at a desk, one with a phone.

**Who we say we are.** The user agent is Chromium's own sentence, in the form every site parses, followed by ours,
with the address of the page that explains the crawl: ``Mozilla/5.0 (compatible) ... Chrome/156.0.0.0 Safari/537.36
barometer/0.1.0 (+https://...)``. Every word is true: it is that engine, at that version, and it is us. No operating
system and no phone model is named, since ours would be beside the point and any other invented. The mobile profile
adds ``Mobile``, the one word by which sites with a separate page for phones choose it. Nothing hides that the browser
is automated.

Pages are drawn at one device pixel a CSS pixel: boxes and pictures share their coordinates, and pictures stay small.
"""

from typing import Any, NamedTuple

from spiders.visitor import accept_language
from storage.vocabulary import Profile

TIME_ZONE = "Europe/Paris"


class Window(NamedTuple):
    """What a page is looked at through, in CSS pixels; *touch* for a phone, which has no pointer that hovers."""

    width: int
    height: int
    touch: bool


WINDOWS = {Profile.DESKTOP: Window(1440, 900, touch=False), Profile.MOBILE: Window(412, 915, touch=True)}
"""The windows of the method (``docs/method.md``, click depth)."""

_REGIONS = {"de": "DE", "en": "GB", "es": "ES", "fr": "FR", "it": "IT", "nl": "NL", "pt": "PT"}


def locale_of(language: str | None) -> str:
    """Return the browser's locale for a merchant's two-letter *language*; French where it is not known."""
    language = (language or "fr").lower()
    return f"{language}-{_REGIONS[language]}" if language in _REGIONS else language


def user_agent(identity: str, version: str, profile: Profile) -> str:
    """Return the user agent of *profile*: Chromium's sentence at *version* (``156.0.8078.79``), and *identity*."""
    engine = f"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version.partition('.')[0]}.0.0.0"
    mobile = "Mobile " if WINDOWS[profile].touch else ""
    return f"Mozilla/5.0 (compatible) {engine} {mobile}Safari/537.36 {identity}"


def context_options(profile: Profile, identity: str, version: str, language: str | None = None) -> dict[str, Any]:
    """Return the options of ``Browser.new_context`` for a visitor with *profile* who reads *language*.

    Service workers are blocked, since what they answer reaches no server and no fence; downloads and every permission
    are denied; animations are asked to hold still.
    """
    window = WINDOWS[profile]
    size = {"width": window.width, "height": window.height}
    return {
        "viewport": size,
        "screen": size,
        "device_scale_factor": 1,
        "is_mobile": window.touch,
        "has_touch": window.touch,
        "user_agent": user_agent(identity, version, profile),
        "locale": locale_of(language),
        "extra_http_headers": {"Accept-Language": accept_language((language or "fr").lower())},
        "timezone_id": TIME_ZONE,
        "color_scheme": "light",
        "reduced_motion": "reduce",
        "forced_colors": "none",
        "service_workers": "block",
        "accept_downloads": False,
        "permissions": [],
        "ignore_https_errors": False,
        "java_script_enabled": True,
    }
