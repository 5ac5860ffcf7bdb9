"""A browser and a shop for every module of form tests."""

from tests.probes.forms.customers import customer, shop

__all__ = ["customer", "shop"]
