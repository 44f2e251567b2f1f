"""What the addresses of pages are filled in with, and the browsers that they are seen in."""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from accounts import credentials, crypto, notices, revocation
from accounts.grants import devices
from accounts.models import Cause, Integration, Invitation, LateTry, Organisation, SecurityEvent, User
from accounts.revocation import Scope
from accounts.tests.world import CALLBACK, PASSWORD, World, authorize_url, person
from dashboard.tests.pages import Page

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


def lived_in(world: World) -> World:
    """Alice has connected apps, and signed in elsewhere."""
    for app in (world.sync, world.pocket) * 3:
        world.connect(world.alice, app)
        sign_in(world.alice)
    return world


LONG = "N" + "o" * 69  # as wide as a name gets without a space to break at


def with_long_names(places: "Places") -> "Places":
    """What somebody else chose is one long word each: names of apps, organisations, people, passkeys; addresses."""
    Integration.objects.update(name=LONG)
    Organisation.objects.update(name=LONG)
    Invitation.objects.update(email=f"{'n' * 60}@example.com")
    Authenticator.objects.filter(type="webauthn").update(data={**passkey(places.carol).data, "name": LONG})
    for user in (places.world.alice, places.world.bob, places.world.mallory, places.carol):
        user.name, user.email = LONG, f"{user.name.lower():n<60}@example.com"
        user.save()
        EmailAddress.objects.filter(user=user, primary=True).update(email=user.email)
    return places


class Places:
    """The world as pages show it; Bob has second factors of every kind. `passwords` are those that are not PASSWORD."""

    def __init__(self, world: Any, passwords: dict[str, str] | None = None, callback: str = CALLBACK) -> None:
        self.world, self.passwords = world, passwords or {}
        TOTP.activate(world.bob, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        self.codes = RecoveryCodes.activate(world.bob).get_unused_codes()
        self.carol = person("Carol")
        secret = world.sync.secrets.get()
        # Not Carol's: what is revoked below loses its pending addresses.
        new_address = EmailAddress.objects.create(user=person("Dora"), email=f"{'dora' * 12}@new.example")
        self.names = {
            "key": EmailConfirmationHMAC(new_address).key,
            "uidb36": user_pk_to_url_str(world.bob),
            "invitation": _invitation(world),
            "notice": notices.not_me_link(world.bob, "new_sign_in").split("/")[-2],
            "integration_id": world.sync.pk,
            "secret_id": secret.pk,
            "hint": secret.hint,
            "organisation_id": world.acme.pk,
            "user_id": world.bob.pk,
            "pk": passkey(world.bob).pk,
            "consent": authorize_url(world.sync, redirect_uri=callback),
            "event": _tried_again(world, self.carol),
            "user_code": devices.begin(world.sync, ["profile"]).user_code,
        }

    def fill(self, text: str) -> str:
        return text.format(**self.names)

    def browser(self, who: str) -> Client:
        """One of the browsers that `Page.who` names."""
        return BROWSERS[who](self)

    def sign_in(self, user: User, *codes: str) -> Client:
        return sign_in(user, *codes, password=self.passwords.get(user.email, PASSWORD))

    def open(self, page: Page, client: Client) -> Any:
        """What that page answers."""
        client.raise_request_exception = False
        if page.sends is None:
            return client.get(self.fill(page.path))
        return client.post(self.fill(page.path), {name: self.fill(value) for name, value in page.sends.items()})


def sign_in(user: User, *codes: str, password: str = PASSWORD) -> Client:
    """Through the real page, with the codes of a second step."""
    client = Client(headers={"User-Agent": FIREFOX})
    client.post("/accounts/login/", {"login": user.email, "password": password})
    for code in codes:
        client.post("/accounts/2fa/authenticate/", {"code": code})
    return client


def _protected(places: Places) -> Client:
    client = places.sign_in(places.world.bob, places.codes[0])
    client.post("/accounts/2fa/trust/", {"action": "skip"})
    return client


def _resetting(places: Places) -> Client:
    bob, client = User.objects.get(pk=places.world.bob.pk), Client()  # as he is by now: signing in ends links of before
    token = credentials.PasswordResetTokenGenerator().make_token(bob)
    client.get(f"/accounts/password/reset/key/{user_pk_to_url_str(bob)}-{token}/")
    return client


def _without_a_password(places: Places) -> Client:
    """Somebody who came in by a passkey, after their password had been made to open nothing."""
    places.carol.set_unusable_password()
    places.carol.save()
    client = Client(headers={"User-Agent": FIREFOX})
    client.force_login(User.objects.get(pk=places.carol.pk))
    return client


BROWSERS: dict[str, Callable[[Places], Client]] = {
    "nobody": lambda places: Client(),
    "owner": lambda places: places.sign_in(places.world.alice),
    "stranger": lambda places: places.sign_in(places.world.mallory),
    "protected": _protected,
    "half-way": lambda places: places.sign_in(places.world.bob),
    "nearly": lambda places: places.sign_in(places.world.bob, places.codes[1]),
    "resetting": _resetting,
    "without-a-password": _without_a_password,
}


def _invitation(world: World) -> str:
    """The secret of a link, which otherwise is in a mail alone."""
    token = crypto.new_secret("pc_invite")
    row = Invitation(organisation=world.acme, email="nora@example.com", role="member", invited_by=world.alice)
    row.token_hash = crypto.digest(token)
    row.save()
    return token


def _tried_again(world: Any, user: User) -> uuid.UUID:
    """Of a revocation in the owner's log: by an app, by somebody with a long name, and by too many."""
    revoked = revocation.revoke(Scope(user=user), cause=Cause.SIGNED_OUT_EVERYWHERE, within=world.acme)
    tried = [(LateTry.Kind.ACCESS_TOKEN, "python-requests/2.32.3"), (LateTry.Kind.CLIENT_SECRET, "x" * 300)]
    for number, (kind, agent) in enumerate(tried, start=1):
        row = LateTry(id=uuid.uuid4(), revocation=revoked, kind=kind, credential=uuid.uuid4(), integration=world.sync)
        row.ip_address, row.user_agent, row.times = f"203.0.113.{number}", agent, 1234 * number
        row.save()
    LateTry.objects.create(id=uuid.uuid4(), revocation=revoked, kind=LateTry.Kind.OTHERS, times=1)
    return SecurityEvent.objects.get(kind=SecurityEvent.Kind.REVOKED, details__revocation=str(revoked.pk)).pk


def passkey(user: User) -> Authenticator:
    """As a browser would have registered it."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    name = uuid.uuid4().bytes
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    made = AuthenticatorData.create(bytes(32), flags, 0, AttestedCredentialData.create(Aaguid.NONE, name, public))
    said = CollectedClientData.create(CollectedClientData.TYPE.CREATE, b"challenge", "http://127.0.0.1:8000")
    response = {
        "clientDataJSON": said.b64,
        "attestationObject": websafe_encode(AttestationObject.create("none", made, {})),
    }
    credential = {"id": websafe_encode(name), "rawId": websafe_encode(name), "type": "public-key", "response": response}
    data = {"name": "Laptop", "credential": {**credential, "clientExtensionResults": {"credProps": {"rk": True}}}}
    return Authenticator.objects.create(user=user, type="webauthn", data=data)
