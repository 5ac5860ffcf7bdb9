"""How we present ourselves to a site: who we are, what we read, which cookies it gave us."""

from http.cookiejar import DefaultCookiePolicy

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.cookies import CookieJar

from spiders.addresses import without_credentials
from spiders.decompression import ACCEPTED

SITE = "site"
"""Key of ``request.meta``: the site a request belongs to; cookies and the downloader's queue are kept per site."""
LANGUAGE = "language"
"""Key of ``request.meta``: two-letter language of the merchant, for ``Accept-Language``."""

MAX_COOKIE = 4096
"""Bytes of one ``Set-Cookie`` that is kept; browsers drop longer ones (RFC 6265, section 6.1)."""
MAX_COOKIES = 50
"""Cookies from which on a site gets no more kept, the least a browser must keep a domain (RFC 6265, section 6.1)."""

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5"


def accept_language(language: str | None) -> str:
    """Return the ``Accept-Language`` of a visitor who reads *language* (two letters), with English as a second best."""
    if not language or language == "en":
        return "en"
    return f"{language},en;q=0.3"


class Visitor:
    """Downloader middleware that gives a request its headers and its site's cookies.

    Cookies last until :meth:`forget` or the end of the crawl: many shops set one and redirect to the same address, and
    without it would do so for ever. A URL with credentials is asked for without them.
    """

    def __init__(self, user_agent: str, language: str) -> None:
        self._user_agent = user_agent
        self._language = language
        self._jars: dict[str, CookieJar] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Visitor":
        """Return the visitor that ``USER_AGENT`` and ``BAROMETER_LANGUAGE`` describe."""
        return cls(crawler.settings["USER_AGENT"], crawler.settings.get("BAROMETER_LANGUAGE", "fr"))

    def process_request(self, request: Request) -> Request | None:
        """Add headers and cookies; return another request only where the URL must change."""
        if "@" in request.url:
            cleaned = self._cleaned(request)
            if cleaned is not None:
                return cleaned
        headers = request.headers
        headers.setdefault("User-Agent", self._user_agent)
        headers.setdefault("Accept", _ACCEPT)
        headers.setdefault("Accept-Encoding", ACCEPTED)
        headers.setdefault("Accept-Language", accept_language(request.meta.get(LANGUAGE) or self._language))
        site = request.meta.get(SITE)
        if site is not None:
            request.meta.setdefault("download_slot", str(site))
        jar = self._jars.get(str(site))
        if jar is not None:
            headers.pop("Cookie", None)
            jar.add_cookie_header(request)
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep the cookies that *response* sets."""
        if "Set-Cookie" in response.headers and SITE in request.meta:
            self._keep(str(request.meta[SITE]), request, response)
        return response

    def forget(self, site: object) -> None:
        """Drop what is known of *site*, once it is done with."""
        self._jars.pop(str(site), None)

    def _cleaned(self, request: Request) -> Request | None:
        url = without_credentials(request.url)
        return request.replace(url=url, dont_filter=True) if url != request.url else None

    def _keep(self, site: str, request: Request, response: Response) -> None:
        set_cookies = response.headers.getlist("Set-Cookie")
        short = [cookie for cookie in set_cookies[:MAX_COOKIES] if len(cookie) <= MAX_COOKIE]
        if not short:
            return
        jar = self._jars.setdefault(site, CookieJar(DefaultCookiePolicy(), check_expired_frequency=100))
        if len(jar) >= MAX_COOKIES:
            return
        jar.extract_cookies(Response(response.url, headers={"Set-Cookie": short}), request)
