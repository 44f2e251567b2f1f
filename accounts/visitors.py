"""Where a request came from, in words: address, browser, place. Believes forwarded headers of our proxies alone."""

import ipaddress
import logging
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from geoip2.database import Reader
from geoip2.errors import AddressNotFoundError
from maxminddb import InvalidDatabaseError
from ua_parser import parse

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    ip_address: str | None = None
    user_agent: str = ""


NOBODY = Visitor()
# Names that people know their browsers by.
FAMILIES = {
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "HeadlessChrome": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
}


def of(request: HttpRequest) -> Visitor:
    """Made out once for each request."""
    known: Visitor | None = getattr(request, "_visitor", None)
    if known is None:
        agent = request.META.get("HTTP_USER_AGENT", "")
        known = Visitor(_address(request), "".join(c for c in agent if c.isprintable())[:300])
        request._visitor = known  # type: ignore[attr-defined]  # kept where it cannot outlive its request
    return known


def _address(request: HttpRequest) -> str | None:
    """REMOTE_ADDR, or what the outermost of TRUSTED_PROXY_COUNT proxies saw."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY_COUNT:
        seen = [address, *reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(","))]
        address = seen[min(settings.TRUSTED_PROXY_COUNT, len(seen) - 1)].strip()
    return normal(address)


def normal(address: str) -> str | None:
    """One spelling for each; None for what is no IP address, such as the other end of a Unix socket."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    # A socket for both families writes IPv4 as ::ffff:192.0.2.1. Taken as it stands, all of IPv4 would be one network.
    return str(getattr(known, "ipv4_mapped", None) or known)


def device(user_agent: str) -> str:
    """Such as "Firefox 132 on Linux"; "Unknown device" for an agent that says nothing."""
    seen = parse(user_agent)
    family = FAMILIES.get(seen.user_agent.family, seen.user_agent.family) if seen.user_agent else ""
    browser = " ".join(filter(None, [family, seen.user_agent.major])) if seen.user_agent else ""
    if browser and seen.os:
        return f"{browser} on {seen.os.family}"
    if browser or seen.os:
        return browser or str(seen.os.family if seen.os else "")
    # Programs name themselves first: "curl/8.5", "python-requests/2.32".
    return user_agent.split(" ")[0][:60] or "Unknown device"


def device_kind(user_agent: str) -> str:
    """ "phone" (tablets too), "computer" or "program": which picture to show."""
    seen = parse(user_agent)
    if not seen.os:
        return "program"
    return "phone" if seen.os.family in {"iOS", "iPadOS", "Android"} else "computer"


def place(ip_address: str | None) -> str:
    """In words, as far as an address tells: a town where a GeoIP file is configured, else the kind of network."""
    if not ip_address:
        return "Unknown place"
    address = ipaddress.ip_address(ip_address)
    if address.is_loopback:
        return "This computer"
    if address.is_private or address.is_link_local:
        return "Local network"
    town, country = _located(ip_address)
    return ", ".join(filter(None, [town, country])) or "Internet"


def country(ip_address: str | None) -> str:
    """Its name; "" where no GeoIP file is configured, or it does not know."""
    return _located(ip_address)[1] if ip_address else ""


def _located(ip_address: str) -> tuple[str, str]:
    """Town and country by the GeoIP file, as far as it knows them. It helps to look, and stops nobody."""
    try:
        reader = _geoip()
        if reader is None:
            return "", ""
        if "City" in reader.metadata().database_type:
            found = reader.city(ip_address)
            return found.city.name or "", found.country.name or ""
        return "", reader.country(ip_address).country.name or ""
    except AddressNotFoundError:
        return "", ""
    except (OSError, ValueError, InvalidDatabaseError) as error:  # ValueError: IPv6, asked of a file of IPv4 alone
        log.warning("The GeoIP file cannot say where an address is: %s", error)
        return "", ""


@cache
def _geoip() -> Reader | None:
    """Opened once. The settings have seen that it is what it should be."""
    return Reader(settings.GEOIP_PATH) if settings.GEOIP_PATH else None
