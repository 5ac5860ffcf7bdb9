import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.addresses import is_host_name, is_public, literal_address, without_credentials


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.127.255.255", "0.0.0.0", "255.255.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "100::1", "not an address", "",
    ],
)  # fmt: skip
def test_addresses_of_no_public_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2002:101:101::1", "64:ff9b::101:101", "::ffff:1.1.1.1"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"), ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("0x7f.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"), ("0177.0.0.1", "127.0.0.1"), ("017700000001", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::1]", "::1"), ("::FFFF:7f00:1", "::ffff:7f00:1"), ("0", "0.0.0.0"),
    ],
)  # fmt: skip
def test_every_spelling_of_an_address_is_recognised(host: str, address: str) -> None:
    assert literal_address(host) == address


@pytest.mark.parametrize(
    "host", ["example.com", "1.example", "3com.example", "256.256.256.256.256", "", "xn--caf-dma.test", "a:b"]
)
def test_a_name_is_no_address(host: str) -> None:
    assert literal_address(host) is None


@given(st.integers(0, 2**32 - 1))
def test_a_number_as_host_is_the_address_the_resolver_would_take_it_for(number: int) -> None:
    assert literal_address(str(number)) == socket.inet_ntoa(number.to_bytes(4))


@given(st.text(max_size=300))
def test_no_host_however_odd_raises(host: str) -> None:
    literal = literal_address(host)
    assert literal is None or isinstance(is_public(literal), bool)
    assert isinstance(is_host_name(host), bool)


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".test", "a..test", "", ".", "-a.test", "a b.test", "user:pw@shop.test", ".".join(["abc"] * 80)]
)
def test_what_cannot_be_looked_up_is_no_host_name(host: str) -> None:
    assert not is_host_name(host)


def test_underscores_and_punycode_are_looked_up() -> None:
    assert is_host_name("my_shop.xn--caf-dma.test")


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://user:pw@shop.test:81/a?b=c@d#e", "http://shop.test:81/a?b=c@d#e"),
        ("http://contact@shop.test", "http://shop.test"),
        ("http://a@b@shop.test/", "http://shop.test/"),
        ("http://shop.test/@handle", "http://shop.test/@handle"),
    ],
)
def test_credentials_are_taken_out_of_an_address_and_nothing_else(url: str, clean: str) -> None:
    assert without_credentials(url) == clean
