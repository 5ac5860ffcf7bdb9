from spiders.robots import MAX_DELAY, MAX_RULES, Rules, for_agent
from storage.vocabulary import Reason

SHOP = "http://shop.test"


def rules(text: str) -> Rules:
    return Rules(text, "barometer")


def test_without_a_file_everything_is_open() -> None:
    assert Rules(None, "barometer").allowed(f"{SHOP}/anything")


def test_a_group_of_our_own_takes_the_place_of_the_general_one() -> None:
    ours = rules("User-agent: *\nDisallow: /\n\nUser-agent: barometer\nDisallow: /cart\n")
    assert ours.allowed(f"{SHOP}/contact")
    assert not ours.allowed(f"{SHOP}/cart")


def test_the_longest_rule_wins_and_patterns_are_understood() -> None:
    ours = rules("User-agent: *\nDisallow: /*.pdf$\nDisallow: /shop\nAllow: /shop/contact\n")
    assert ours.allowed(f"{SHOP}/shop/contact")
    assert not ours.allowed(f"{SHOP}/shop/cart")
    assert not ours.allowed(f"{SHOP}/a/b.pdf")
    assert ours.allowed(f"{SHOP}/a/b.pdf?x")


def test_the_rules_of_other_robots_are_not_ours() -> None:
    ours = rules("User-agent: greedybot\nUser-agent: barometerbot\nDisallow: /\n")
    assert ours.allowed(f"{SHOP}/contact")


def test_a_group_that_names_us_among_others_is_ours() -> None:
    ours = rules(
        "User-agent: greedybot\nSitemap: http://shop.test/s.xml\n\nUser-agent: Barometer/1.0 # hello\nDisallow: /cart"
    )
    assert not ours.allowed(f"{SHOP}/cart")


def test_the_crawl_delay_is_honoured_up_to_a_cap() -> None:
    assert rules("User-agent: *\nCrawl-delay: 2.5\n").crawl_delay == 2.5
    assert rules("User-agent: *\nCrawl-delay: 3600\n").crawl_delay == MAX_DELAY
    assert rules("User-agent: *\nCrawl-delay: -4\n").crawl_delay == 0
    assert rules("User-agent: *\nCrawl-delay: soon\n").crawl_delay == 0
    assert rules("User-agent: greedybot\nCrawl-delay: 5\n").crawl_delay == 0


def test_a_failure_closes_everything_and_says_why() -> None:
    closed = Rules(None, "barometer", Reason.TLS)
    assert not closed.allowed(f"{SHOP}/")
    assert closed.reason is Reason.TLS


def test_thousands_of_other_robots_never_reach_the_parser() -> None:
    many = "".join(f"User-agent: bot{number}\n" for number in range(30_000)) + "Disallow: /a\n" * 20_000
    assert for_agent(many, "barometer") == ("", 0)
    text, count = for_agent(many + "\nUser-agent: *\nDisallow: /b", "barometer")
    assert (text, count) == ("User-agent: *\nDisallow: /b", 1)


def test_the_same_robot_named_thousands_of_times_is_one() -> None:
    text, _ = for_agent("User-agent: *\n" * 20_000 + "Disallow: /a\n", "barometer")
    assert rules(text).allowed(f"{SHOP}/b")
    assert text.count("User-agent") == 1


def test_more_rules_than_anyone_could_check_close_the_site() -> None:
    closed = rules("User-agent: *\n" + "Disallow: /x\n" * (MAX_RULES + 1))
    assert not closed.allowed(f"{SHOP}/")
    assert closed.reason is Reason.ROBOTS


def test_a_file_that_is_none_closes_nothing() -> None:
    for text in (
        "<!doctype html><html><body>User-agent</body></html>",
        "\0\0\0",
        "Disallow",
        ":",
        "User-agent:",
        "\ufeff",
    ):
        assert rules(text).allowed(f"{SHOP}/contact"), text
