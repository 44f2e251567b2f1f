"""What a server has loaded is not walked by the garbage collector at each of its rounds."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("door", ["saas.wsgi", "saas.asgi"])
def test_all_that_requests_need_is_loaded_and_left_alone(door):
    said = f"import gc, sys, {door}; print(gc.get_freeze_count(), len(gc.get_objects()), *sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    frozen, walked, *modules = done.stdout.split()
    assert int(frozen) > 20 * int(walked)
    assert {"integrations.api.v1.me", "dashboard.pages.overview", "accounts.admin.people"} <= set(modules)
