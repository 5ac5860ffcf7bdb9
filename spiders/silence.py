"""What Scrapy says about each page, which nobody reads: nothing."""

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult


class Silence(LogFormatter):
    """Log formatter without lines for pages and items; errors in a spider or a pipeline are still written."""

    def crawled(self, *of: Any) -> None:  # type: ignore[override]
        """Return nothing to log for a page."""

    def scraped(self, *of: Any) -> None:  # type: ignore[override]
        """Return nothing to log for an item."""

    def download_error(self, *of: Any) -> LogFormatterResult:
        """Return a line for a failed request that is only seen when debugging: its reason is recorded."""
        return {"level": logging.DEBUG, "msg": "a request failed", "args": {}}
