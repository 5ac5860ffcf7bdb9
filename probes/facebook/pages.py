"""Which page a name or an address on Facebook means, as a number."""

import re
from urllib.parse import urlsplit

from probes.facebook.client import FacebookClient, identifier
from probes.facebook.links import NoFacebookLink, link_kind, page_name

_NUMBERED = re.compile(r"/(?:pages|people)/[^/]{1,120}/([0-9]{1,20})/?|/p/(?:[^/]{0,120}-)?([0-9]{1,20})/?")


class PageClient(FacebookClient):
    """The Graph API, asked for pages by their name too."""

    async def page_id_of(self, name: str) -> str:
        """Return the number of the page *name*, which may be its number already.

        Raises what :class:`FacebookClient` does, and :class:`~probes.facebook.links.NoFacebookLink` for a name that is none.
        A token without the feature "Page Public Metadata Access" is told the number of its own pages only.
        """
        if page_name(name).isdigit():
            return name
        if name.lower() == "me":
            raise NoFacebookLink("'me' is whoever asks, and no page")
        answer = await self._read(name, {"fields": "id"})
        found = answer.members().get("id")
        try:
            return identifier(found)
        except ValueError:
            raise answer.bad("id is no ID of the Graph API") from None


def page_in(target: str) -> str:
    """Return the name or number of the page that *target*, a name or an address, means.

    Raises :class:`~probes.facebook.links.NoFacebookLink`.
    """
    if "/" not in target:
        return page_name(target)
    try:
        numbered = _NUMBERED.fullmatch(urlsplit(target).path)
    except ValueError:
        raise NoFacebookLink("this is no link") from None
    if numbered:
        return numbered[1] or numbered[2]
    found = link_kind(target).page
    if not found:
        raise NoFacebookLink("this address of Facebook names no page")
    return found
