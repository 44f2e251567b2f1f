"""A browser of a hundred lines, for the story and its test: cookies, forms with CSRF tokens, no redirect unseen."""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

TIMEOUT = 20  # seconds


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class _StayHere(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """None: whoever asked sees the redirect."""


class Browser:
    """Keeps cookies. `get` and `post` return the very first answer, redirects included."""

    def __init__(self, base_url: str, user_agent: str) -> None:
        self.base_url = base_url
        self.headers = {"User-Agent": user_agent}
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), _StayHere())

    def get(self, path: str, **headers: str) -> Answer:
        return self._send(path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        return self._send(path, urlencode(fields).encode(), headers)

    def submit(self, path: str, fields: dict[str, str]) -> Answer:
        """Opens the page, and sends its form with these fields."""
        page = self.get(path).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        return self.post(path, {**fields, "csrfmiddlewaretoken": token.group(1) if token else ""})

    def sign_in(self, email: str, password: str) -> Answer:
        return self.submit("/accounts/login/", {"login": email, "password": password})

    def is_signed_in(self) -> bool:
        return self.get("/dashboard/").status == 200

    def _send(self, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        url = path if path.startswith("http") else self.base_url + path
        request = Request(url, body, {**self.headers, "Referer": url, **headers})  # noqa: S310  # our own URLs
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return Answer(response.status, response.read().decode(), response.headers.get("Location", ""))
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), error.headers.get("Location", ""))


class ThirdParty:
    """An OAuth client with code and PKCE, as a third party's server would have it."""

    def __init__(self, base_url: str, client: dict[str, Any]) -> None:
        self.client = client
        self.http = Browser(base_url, "Sync/1.0")
        self.tokens: dict[str, Any] = {}

    def connect(self, person: Browser) -> None:
        """Sends the person to agree, takes the code, and gets tokens for it."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client["client_id"],
            "redirect_uri": self.client["redirect_uris"][0],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": secrets.token_urlsafe(8),
        }
        back = person.submit(f"/oauth/authorize?{urlencode(query)}", {"decision": "allow"}).location
        returned = parse_qs(urlsplit(back).query)
        code = {"code": returned["code"][0], "redirect_uri": query["redirect_uri"], "code_verifier": verifier}
        self.tokens = self._ask({"grant_type": "authorization_code", **code}).json

    def refresh(self) -> Answer:
        answer = self._ask({"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]})
        if answer.status == 200:
            self.tokens = answer.json
        return answer

    def call(self) -> Answer:
        return self.http.get("/api/v1/me", Authorization=f"Bearer {self.tokens['access_token']}")

    def _ask(self, fields: dict[str, str]) -> Answer:
        both = f"{self.client['client_id']}:{self.client['client_secret'] or ''}"
        return self.http.post("/oauth/token", fields, Authorization=f"Basic {base64.b64encode(both.encode()).decode()}")
