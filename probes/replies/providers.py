"""Mail providers whose addresses anybody may have, so that the domain says nothing of who wrote."""

import tomllib
from functools import cache
from importlib.resources import files


def is_public_provider(domain: str) -> bool:
    """Tell whether anybody may have an address at *domain* (lower case)."""
    return domain in _providers()


@cache
def _providers() -> frozenset[str]:
    """Return the domains of ``providers.toml``; raises ``ValueError`` where it holds anything but domains."""
    domains = tomllib.loads(files(__package__ or __name__).joinpath("providers.toml").read_text("utf-8")).get("domains")
    if not isinstance(domains, list) or not all(isinstance(domain, str) and "." in domain for domain in domains):
        raise ValueError("providers.toml: domains: must be a list of domains")
    return frozenset(domain.lower() for domain in domains)
