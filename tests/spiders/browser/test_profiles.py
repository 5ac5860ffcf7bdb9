import pytest

from spiders.browser.profiles import context_options, locale_of, user_agent
from storage.vocabulary import Profile

IDENTITY = "barometer/0.1.0 (+https://barometer.example/about)"


@pytest.mark.parametrize("profile", list(Profile))
def test_every_visitor_says_who_we_are_and_where_to_read_about_us(profile: Profile) -> None:
    assert user_agent(IDENTITY, "156.0.8078.79", profile).endswith(f" {IDENTITY}")
    assert "Chrome/156.0.0.0 " in user_agent(IDENTITY, "156.0.8078.79", profile)


def test_only_the_phone_says_mobile_and_none_claims_to_be_a_make() -> None:
    desk, phone = (user_agent(IDENTITY, "156.0", profile) for profile in (Profile.DESKTOP, Profile.MOBILE))
    assert "Mobile" in phone and "Mobile" not in desk
    assert not any(make in desk + phone for make in ("Windows", "Linux", "Android", "iPhone", "Mac"))


@pytest.mark.parametrize(("language", "locale"), [("fr", "fr-FR"), ("DE", "de-DE"), (None, "fr-FR"), ("pl", "pl")])
def test_the_locale_is_the_merchants(language: str | None, locale: str) -> None:
    assert locale_of(language) == locale


def test_a_context_denies_what_a_crawl_has_no_use_for() -> None:
    options = context_options(Profile.MOBILE, IDENTITY, "156.0", "nl")
    assert (options["permissions"], options["accept_downloads"], options["service_workers"]) == ([], False, "block")
    assert options["viewport"] == {"width": 412, "height": 915}
    assert options["extra_http_headers"]["Accept-Language"].startswith("nl")
