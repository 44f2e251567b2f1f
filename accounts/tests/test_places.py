"""Where an address is, in words, as far as a GeoIP file knows; without one, the kind of network."""

import logging

import pytest
from django.db import transaction
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from accounts import visitors
from accounts.tests.world import PASSWORD

LONDON, LIMA, NOWHERE = "81.2.69.142", "190.12.80.1", "89.160.20.112"


@pytest.fixture
def geoip(tmp_path, settings):
    """Writes a real database of two addresses, of the given kind, and has the settings name it."""

    def write(kind="GeoLite2-City", ip_version=4):
        writer = MMDBWriter(ip_version, kind, ipv4_compatible=ip_version == 6)
        for address, town, country in ((LONDON, "London", "United Kingdom"), (LIMA, "Lima", "Peru")):
            names = {"city": {"names": {"en": town}}} if "City" in kind else {}
            writer.insert_network(IPSet([f"{address}/32"]), {"country": {"names": {"en": country}}, **names})
        settings.GEOIP_PATH = str(tmp_path / f"{kind}.mmdb")
        writer.to_db_file(settings.GEOIP_PATH)
        visitors._geoip.cache_clear()
        return settings.GEOIP_PATH

    yield write
    if visitors._geoip.cache_info().currsize and (reader := visitors._geoip()):
        reader.close()
    visitors._geoip.cache_clear()


@pytest.mark.parametrize(
    ("kind", "place"), [("GeoLite2-City", "London, United Kingdom"), ("GeoLite2-Country", "United Kingdom")]
)
@pytest.mark.parametrize("ip_version", [4, 6])
def test_a_place_in_words(geoip, kind, place, ip_version):
    geoip(kind, ip_version)
    assert visitors.place(LONDON) == place
    assert visitors.country(LONDON) == "United Kingdom"


def test_without_a_file_it_is_the_internet():
    assert (visitors.place(LONDON), visitors.country(LONDON)) == ("Internet", "")


@pytest.mark.parametrize("address", [NOWHERE, "2a02:ffc0::1"])
def test_an_address_that_the_file_does_not_know_is_the_internet(geoip, address):
    geoip()
    assert (visitors.place(address), visitors.country(address)) == ("Internet", "")


@pytest.mark.parametrize("ruin", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:200])])
def test_a_file_that_is_ruined_later_stops_nobody_and_is_named_in_the_log(geoip, tmp_path, ruin, caplog):
    geoip()
    ruin(next(tmp_path.iterdir()))
    with caplog.at_level(logging.WARNING):
        assert visitors.place(LONDON) == "Internet"
    assert "GeoIP" in caplog.text


@pytest.mark.django_db
def test_the_sessions_page_says_it(world, browser, geoip):
    geoip()
    bob = browser(world.bob)
    world.bob.sessions.update(ip_address=LONDON)
    assert "London, United Kingdom" in bob.get("/dashboard/sessions/").content.decode()


@pytest.mark.django_db
def test_a_new_country_is_told_of_and_a_known_one_is_not(world, browser, client, geoip, mailoutbox, monkeypatch):
    geoip()
    monkeypatch.setattr(transaction, "on_commit", lambda act, **options: act())
    form = {"login": world.bob.email, "password": PASSWORD}
    for address in (LONDON, LONDON, LIMA, LIMA):
        client.post("/accounts/login/", form, REMOTE_ADDR=address)
        client.post("/accounts/logout/")
    assert ["from Peru, for the first time" in " ".join(mail.body.split()) for mail in mailoutbox] == [True]
    assert "Lima, Peru" in mailoutbox[0].body


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
