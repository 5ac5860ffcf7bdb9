"""A page for people: one HTML document that loads nothing, runs nothing, and holds what others wrote as text.

The style sheet stands in the page, and the page's own security policy allows it by its digest and nothing else.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render_page(
    template: str, style: str, filters: Mapping[str, Callable[..., Any]] | None = None, **values: Any
) -> str:
    """Return *template*, a file of ``templates/``, filled in with *values*, every one of them escaped.

    *style* is the page's style sheet, which must be ours; *filters* are words of the template's own, by name. Raises
    ``jinja2.UndefinedError`` for a value that is missing.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    sheet = Markup(style)  # noqa: S704 (a file of this package)
    environment = _environment().overlay()
    environment.filters = {**environment.filters, **(filters or {})}
    return environment.get_template(template).render(style=sheet, style_digest=digest, **values)


@cache
def style_sheet(*names: str) -> str:
    """Return the style sheets called *names*, files of ``templates/``, one after the other."""
    folder = files("barometer.reports").joinpath("templates")
    return "".join(folder.joinpath(name).read_text("utf-8") for name in names)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("barometer.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
