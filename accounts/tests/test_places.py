"""Where an address is, in words, as far as a GeoIP file knows; without one, the kind of network."""

from types import SimpleNamespace

import pytest
from geoip2.errors import AddressNotFoundError

from accounts import visitors

LONDON, NOWHERE = "81.2.69.142", "89.160.20.112"


class File:
    """Answers as geoip2's Reader does for a file of the given kind."""

    def __init__(self, kind):
        self.kind = kind

    def metadata(self):
        return SimpleNamespace(database_type=f"GeoLite2-{self.kind}")

    def city(self, address):
        return SimpleNamespace(city=SimpleNamespace(name="London"), **vars(self.country(address)))

    def country(self, address):
        if address == NOWHERE:
            raise AddressNotFoundError("not there")
        return SimpleNamespace(country=SimpleNamespace(name="United Kingdom"))


@pytest.mark.parametrize(
    ("kind", "place"), [("City", "London, United Kingdom"), ("Country", "United Kingdom"), (None, "Internet")]
)
def test_a_place_in_words(monkeypatch, kind, place):
    monkeypatch.setattr(visitors, "_geoip", lambda: File(kind) if kind else None)
    assert visitors.place(LONDON) == place
    assert visitors.country(LONDON) == (place.split(", ")[-1] if kind else "")


def test_an_address_that_the_file_does_not_know_is_the_internet(monkeypatch):
    monkeypatch.setattr(visitors, "_geoip", lambda: File("City"))
    assert (visitors.place(NOWHERE), visitors.country(NOWHERE)) == ("Internet", "")


@pytest.mark.parametrize(("address", "place"), [("127.0.0.1", "This computer"), ("10.0.0.1", "Local network")])
def test_ones_own_network_is_asked_of_no_file(monkeypatch, address, place):
    monkeypatch.setattr(visitors, "_geoip", lambda: pytest.fail("asked"))
    assert visitors.place(address) == place


@pytest.mark.parametrize(
    ("agent", "device", "kind"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1",
         "Safari 18 on iOS", "phone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox 132 on Linux", "computer"),
        ("curl/8.5", "curl 8", "program"),
        ("", "Unknown device", "program"),
    ],
)  # fmt: skip
def test_a_device_by_the_name_that_people_know_it_by(agent, device, kind):
    assert (visitors.device(agent), visitors.device_kind(agent)) == (device, kind)
