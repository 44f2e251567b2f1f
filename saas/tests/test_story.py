"""`make demo`'s story is a test too: the same steps, on each database, against a live server."""

import json
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command

from accounts import demo
from saas import story


@pytest.mark.django_db(transaction=True)
def test_one_act_ends_all_of_bobs_and_nothing_of_alices(live_server, settings):
    settings.DEBUG = True
    settings.ISSUER = live_server.url
    shown = {**demo.create(), "base_url": live_server.url}

    def revoke(email):
        out = StringIO()
        call_command("revoke", "--user", email, "--cause", "compromised", "--json", stdout=out)
        return json.loads(out.getvalue())

    said = []
    story.tell(story.Stage(demo=shown, revoke=revoke, newest_mail=lambda: mail.outbox[-1].body), said.append)
    assert "   ended 2 sessions and 1 connected app" in "\n".join(said)
