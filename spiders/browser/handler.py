"""The door to the browser: Scrapy's handler for requests, which loads what drives Chromium with the first page that needs it."""

import sys

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from spiders.fence import FencedHandler

_RENDERING = "spiders.browser.rendering"


class RenderingHandler(FencedHandler):
    """Scrapy's download handler for ``http`` and ``https``: plain requests as ever, rendered ones by Chromium.

    A request whose ``meta`` has ``playwright`` set is rendered, any other goes the plain way.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._for = crawler

    async def download_request(self, request: Request) -> Response:
        """Return the response to *request*, whatever its status; a rendered one keeps its page in ``meta``."""
        if not request.meta.get("playwright"):
            return await super().download_request(request)
        from spiders.browser.rendering import renderer_of  # the driver takes a third of a second to load

        return await renderer_of(self._for).render(request)

    async def close(self) -> None:
        """Close connections, and the browser if there is one."""
        if _RENDERING in sys.modules:
            await sys.modules[_RENDERING].close_renderer(self._for)
        await super().close()
