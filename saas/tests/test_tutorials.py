"""What the documents tell people to run is run here, as they would run it."""

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from types import ModuleType

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.urls import include, path

from accounts import assertions, revocation
from accounts.models import SCOPES, Cause, Integration
from accounts.revocation import Scope
from integrations.api import v1
from saas.tests.integration_house import house  # noqa: F401

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
ON_BEHALF = ["authorization_code", "refresh_token"]


def blocks(page, language, title=""):
    """The fenced blocks of a page in that language; those whose first line is the title as a comment."""
    found = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert found, f"{page} has no block in {language}"
    return [block.removeprefix(f"# {title}\n") for block in found if block.startswith(f"# {title}\n") or not title]


def run(command, house, grant_types=(), client_id="", **options):  # noqa: F811
    client_id, secret = (client_id, "") if client_id else house.client(grant_types)
    environment = {"ISSUER": house.issuer, "CLIENT_ID": client_id, "CLIENT_SECRET": secret}
    environment |= {"PATH": os.environ["PATH"], "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONWARNINGS": "default"}
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def program(name, how):
    found = shutil.which(name)
    return found or pytest.skip(f"{name} is missing: {how}")


@pytest.mark.django_db(transaction=True)
def test_the_tutorials_curl(house):  # noqa: F811
    program("curl", "install curl")
    script = "set -euo pipefail\n" + "\n".join(blocks("tutorials/first-integration.md", "sh"))
    running = run(["bash", "-c", script], house, ["client_credentials"])
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert '"subject_type":"client"' in said and '"email":"bob@example.com"' in said
    assert '"would_end"' in said


@pytest.mark.django_db(transaction=True)
def test_the_references_curls(house, client):  # noqa: F811
    program("curl", "install curl")
    page = client.get("/api/docs").content.decode()
    token, *calls = (
        unescape(code) for code in re.findall(r"<pre><code[^>]*>(TOKEN=.*?|curl .*?)</code>", page, re.DOTALL)
    )
    token = token.replace("CLIENT_ID:CLIENT_SECRET", '"$CLIENT_ID:$CLIENT_SECRET"')
    script = re.sub(r"http://[^/\s]+", house.issuer, "\necho\n".join(["set -euo pipefail", token, *calls]))
    running = run(["bash", "-c", script], house, ["client_credentials"])
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 0, said
    answers = [json.loads(line) for line in said.splitlines() if line]
    assert len(answers) == 1 + len(calls)
    # What the examples name by id is nowhere in this house.
    assert {answer.get("status", 200) for answer in answers} == {200, 404}, said


@pytest.mark.django_db(transaction=True)
def test_the_tutorials_node(house, tmp_path):  # noqa: F811
    (script,) = blocks("tutorials/first-integration.md", "js")
    node = program("node", "install Node 20 or later")
    (tmp_path / "first.mjs").write_text(script)
    running = run([node, "first.mjs"], house, ["client_credentials"], cwd=tmp_path)
    said, _ = running.communicate(timeout=60)
    assert "acts for client" in said and "signature holds: true" in said, said


@pytest.mark.django_db(transaction=True)
def test_the_tutorials_node_says_what_was_refused(house, tmp_path):  # noqa: F811
    (script,) = blocks("tutorials/first-integration.md", "js")
    node = program("node", "install Node 20 or later")
    (tmp_path / "first.mjs").write_text(script)
    running = run([node, "first.mjs"], house, ON_BEHALF, cwd=tmp_path)  # a client that may not
    said, _ = running.communicate(timeout=60)
    assert running.returncode != 0 and "unauthorized_client" in said, said


@pytest.mark.django_db(transaction=True)
def test_the_tutorials_python(house):  # noqa: F811
    (script,) = blocks("tutorials/first-integration.md", "python")
    running = run([sys.executable, "-c", script], house, ON_BEHALF)
    url = running.stdout.readline().rpartition(" ")[2].strip()
    said, _ = running.communicate(house.agree(url) + "\n", timeout=60)
    assert f"acts for {house.world.alice.pk}" in said, said
    assert "members: 2" in said and "given up: 401" in said


@pytest.mark.django_db(transaction=True)
def test_proving_by_a_key(house, tmp_path):  # noqa: F811
    (script,) = blocks("how-to/prove-by-a-key.md", "python")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (tmp_path / "client.pem").write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    client_id, _ = house.client(["client_credentials"])
    integration = Integration.objects.get(pk=client_id)
    assertions.add_keys(integration, assertions.read(public), by=house.world.alice)
    running = run([sys.executable, "-c", script], house, client_id=client_id, cwd=tmp_path)
    said, _ = running.communicate(timeout=60)
    assert f"acts for {client_id}" in said, said


@pytest.mark.django_db(transaction=True)
def test_verifying_offline_and_what_it_owes(house):  # noqa: F811
    names = {}
    for block in blocks("how-to/verify-tokens-offline.md", "python"):
        exec(block, names)
    had = house.world.connect(house.world.bob)
    verifier = names["Verifier"](house.issuer, f"{house.issuer}/api")
    assert verifier.verify(had["access_token"])["sub"] == str(house.world.bob.pk)
    for other in (had["refresh_token"], had["access_token"] + "x", "x.y.z"):
        with pytest.raises(jwt.PyJWTError):
            verifier.verify(other)
    assert names["is_alive"](house.issuer, had["access_token"])
    revocation.revoke(Scope(user=house.world.bob), cause=Cause.COMPROMISED)
    assert verifier.verify(had["access_token"]), "offline it looks as good as ever"
    assert not names["is_alive"](house.issuer, had["access_token"])


@pytest.mark.django_db
def test_an_endpoint_of_ones_own(world, api_client, monkeypatch, settings):
    page = "how-to/add-an-endpoint.md"
    ((scope,), (file,), (imports,), (address,), (test,)) = (
        blocks(page, "python", title) for title in ("scope", "file", "import", "address", "test")
    )
    module = ModuleType("integrations.api.v1.integrations")
    exec(file, module.__dict__)
    monkeypatch.setattr(v1, "integrations", module, raising=False)
    name, words = eval("{" + scope + "}").popitem()
    monkeypatch.setitem(SCOPES, name, words)
    urls = ModuleType("urls_with_one_more")
    imported = {"path": path}
    exec(imports, imported)
    added = eval("[" + address + "]", imported)
    urls.urlpatterns = [path("api/v1/", include(added)), path("", include("saas.urls"))]
    monkeypatch.setitem(sys.modules, urls.__name__, urls)
    settings.ROOT_URLCONF = urls.__name__
    names = {}
    exec(test, names)
    names["test_it_lists_the_organisations_integrations_newest_first"](world, api_client)
