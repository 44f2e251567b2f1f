"""What the addresses of pages are filled in with."""

from typing import Any

from accounts.tests.world import World, authorize_url


def places(world: World) -> dict[str, Any]:
    """What the addresses are filled in with, as Alice sees the world."""
    return {
        "integration": world.sync.pk,
        "organisation": world.acme.pk,
        "member": world.bob.pk,
        "consent": authorize_url(world.sync),
    }
