"""`make demo`: the whole story, told in the terminal against a server that it starts and stops itself.

Two browsers and a third party act for Bob, and a bystander beside them. Bob is declared compromised. Everything of
his is refused on its very next request, nothing of anybody else's; Bob chooses a new password and is back in.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from saas.browser import Browser, ThirdParty

ROOT = Path(__file__).resolve().parent.parent
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"
Say = Callable[[str], None]


class NotAsPromised(AssertionError):
    """The story did not go as the README says."""


@dataclass
class Stage:
    """What a telling needs: where the server is, who is in it, how an operator revokes, where mail arrives."""

    demo: dict[str, Any]
    revoke: Callable[[str], dict[str, Any]]
    newest_mail: Callable[[], str]


def tell(stage: Stage, say: Say) -> None:
    """Plays the story, saying each step with its time; raises NotAsPromised at the first that goes otherwise."""
    base = stage.demo["base_url"]
    bob, alice = (next(u for u in stage.demo["users"] if u["role"] == role) for role in ("member", "owner"))
    sync = next(c for c in stage.demo["clients"] if c["client_secret"] and c["redirect_uris"])
    laptop, phone, bystander = Browser(base, FIREFOX), Browser(base, SAFARI), Browser(base, FIREFOX)
    his, hers = ThirdParty(base, sync), ThirdParty(base, sync)

    say("1. Bob signs in on a laptop and a phone; Alice, the bystander, on her own. Each connects the app Sync.")
    for browser, user in ((laptop, bob), (phone, bob), (bystander, alice)):
        browser.sign_in(user["email"], user["password"])
    his.connect(laptop)
    hers.connect(bystander)
    _expect(say, "Bob's laptop opens the dashboard", lambda: laptop.get("/dashboard/").status, 200)
    _expect(say, "Bob's phone opens the dashboard", lambda: phone.get("/dashboard/").status, 200)
    _expect(say, "Sync calls the API for Bob", lambda: his.call().status, 200)
    _expect(say, "Sync refreshes Bob's tokens", lambda: his.refresh().status, 200)
    _expect(say, "Sync calls the API for Alice", lambda: hers.call().status, 200)

    say("\n2. The phone is stolen. An operator: manage.py revoke --cause compromised")
    started = time.monotonic()
    revoked = stage.revoke(bob["email"])
    ended = revoked["ended"]
    say(f"   ended {ended['sessions']} sessions and {ended['grants']} connected app in {_ms(started)}")
    say(f"   receipt: {revoked['receipt_in_words']}")

    say("\n3. Everything of Bob's is refused on its very next request, and nothing of Alice's.")
    _expect(say, "Bob's laptop is sent to sign in", lambda: laptop.get("/dashboard/").status, 302)
    _expect(say, "Bob's phone is sent to sign in", lambda: phone.get("/dashboard/").status, 302)
    _expect(say, "Sync's access token for Bob, unexpired", lambda: his.call().status, 401)
    _expect(say, "Sync's refresh token for Bob", lambda: his.refresh().status, 400)
    _expect(say, "Bob's old password", lambda: _signs_in(Browser(base, SAFARI), bob["email"], bob["password"]), False)
    _expect(say, "Alice opens the dashboard", lambda: bystander.get("/dashboard/").status, 200)
    _expect(say, "Sync calls the API for Alice", lambda: hers.call().status, 200)

    say("\n4. Bob has mail with the way back: he chooses a new password, and is in.")
    fresh = "a quite new passphrase"
    _reset_password(Browser(base, FIREFOX), bob["email"], fresh, stage)
    _expect(say, "Bob signs in with it", lambda: _signs_in(laptop, bob["email"], fresh), True)
    his_again = ThirdParty(base, sync)
    his_again.connect(laptop)
    _expect(say, "Sync, connected anew, calls for Bob", lambda: his_again.call().status, 200)
    _expect(say, "the tokens of before stay dead", lambda: his.call().status, 401)
    _expect(say, "the stolen phone stays out", lambda: phone.get("/dashboard/").status, 302)


def _signs_in(browser: Browser, email: str, password: str) -> bool:
    browser.sign_in(email, password)
    return browser.is_signed_in()


def _reset_password(browser: Browser, email: str, password: str, stage: Stage) -> None:
    browser.submit("/accounts/password/reset/", {"email": email})
    link = re.search(r"https?://\S+/accounts/password/reset/key/\S+", stage.newest_mail())
    if link is None:
        raise NotAsPromised("No mail with a reset link arrived.")
    form = browser.get(link.group()).location
    browser.submit(form, {"password1": password, "password2": password})


def _expect(say: Say, what: str, act: Callable[[], Any], expected: Any) -> None:
    started = time.monotonic()
    seen = act()
    if seen != expected:
        raise NotAsPromised(f"{what}: expected {expected}, saw {seen}.")
    words = {True: "yes", False: "no"}.get(seen, seen) if isinstance(seen, bool) else seen
    say(f"   {what:<44} {words!s:>4}   {_ms(started):>8}")


def _ms(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.1f} ms"


def main() -> None:
    """Tells the story against a server, a database and a mailbox of its own, which it removes afterwards."""
    with tempfile.TemporaryDirectory(prefix="portcullis-") as folder, serve(Path(folder)) as (env, base):
        demo = json.loads(manage(env, "demo", "--json"))
        stage = Stage(
            demo=demo,
            revoke=lambda email: json.loads(
                manage(env, "revoke", "--user", email, "--cause", "compromised", "--reason", "Phone stolen", "--json")
            ),
            newest_mail=lambda: max(Path(folder).glob("mail/*"), key=lambda path: path.stat().st_mtime_ns).read_text(),
        )
        print(f"Portcullis at {base}, for this story alone.\n")
        try:
            tell(stage, print)
        except NotAsPromised as error:
            sys.exit(f"\nNot as promised: {error}")
        print("\nThat is all: one act, every session and every token, at once, and nobody else.")


@contextmanager
def serve(folder: Path) -> Iterator[tuple[dict[str, str], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "REDIS_URL"}},
        "DEBUG": "true",
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "DEMO_FILE": f"{folder}/demo.json",
        "EMAIL_URL": f"filemail:///{folder}/mail",
    }
    manage(env, "migrate", "--verbosity", "0")
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _wait_until_up(f"http://127.0.0.1:{port}", server)
            yield env, f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=10)


def _wait_until_up(base: str, server: "subprocess.Popen[bytes]") -> None:
    probe = Browser(base, "story")
    for _ in range(200):
        if server.poll() is not None:
            break
        try:
            probe.get("/healthz")
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    sys.exit("The server did not start.")


def manage(env: dict[str, str], *arguments: str) -> str:
    """A management command's output; its complaint ends the story."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
