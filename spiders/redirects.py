"""Following redirects: as many as a browser would bear, within the web, seen from the merchant's side of a mirror."""

from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from w3lib.url import safe_url_string

from spiders.addresses import without_credentials
from spiders.failures import BrokenHttp, RedirectLoop
from spiders.mirrors import Mirrors

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Redirects(RedirectMiddleware):
    """Scrapy's redirect middleware, ending with a reason.

    More than ``REDIRECT_MAX_TIMES`` hops raise ``RedirectLoop``; a hop to anything but ``http`` and ``https``, or to
    nothing that is a URL, raises ``BrokenHttp`` (our ``http_error``). Credentials in a target are dropped. No
    ``Referer`` is ever sent.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Redirects":
        """Return the middleware for *crawler*."""
        redirects = cls(crawler.settings)
        redirects.crawler = crawler
        redirects._mirrors = Mirrors.parse(crawler.settings.getlist("BAROMETER_MAP_HOSTS"))
        return redirects

    _mirrors = Mirrors()

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return the request for the next hop, or *response* where it leads nowhere else."""
        if response.status not in _REDIRECTS or "Location" not in response.headers:
            return response
        if request.meta.get("dont_redirect"):
            return response
        response.headers["Location"] = self._target(request, response).encode("ascii", "replace")
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise RedirectLoop(f"{request.url}: {error}") from error

    def _target(self, request: Request, response: Response) -> str:
        location = (response.headers["Location"] or b"").strip()
        try:
            target = without_credentials(urljoin(request.url, safe_url_string(location)))
            parts = urlsplit(target)
            well_formed = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            well_formed, target = False, ""
        if not well_formed:
            raise BrokenHttp(f"{request.url} redirects to {location[:200]!r}, which is no page on the web")
        return self._mirrors.logical(target, request.url)

    def handle_referer(self, request: Request, response: Response) -> None:
        """Send no ``Referer``."""
        request.headers.pop("Referer", None)
