"""What `make run` prints when all is up: where to look, who you are, and lines to paste."""

import json
from datetime import timedelta

from service.client import mint_token

USER = "demo"
SCOPES = "jobs:read jobs:write schedules:write webhooks:write org:read admin"
LIFETIME = timedelta(days=30)

WELCOME = """
Jobcast is up.

  Dashboard (signed in as {user}):
    {base}/#token={token}

  Token:
    {token}

  Submit a job and watch it to its end:
    curl -N {base}/api/jobs -H 'Authorization: Bearer {token}' \
-H 'Content-Type: application/json' -H 'Accept: text/event-stream' -d '{job}'

  Watch all your jobs (in a second terminal):
    curl -N '{base}/api/events?channel=me&snapshot=1' -H 'Authorization: Bearer {token}'

  Outside services are played at {sandbox}, unless you configured them:
    curl -X PUT {sandbox}/_switches/oauth -d '{{"status": 503, "times": 3}}'
  Mail goes nowhere but to {sandbox}/mail/ and texts to {sandbox}/twilio/, unless you configured them.

  Ctrl-C stops everything; data stays in {folder}.
"""


def welcome(base: str, secret: str, sandbox: str, folder: str) -> str:
    """Return the text for a stack at `base`; the sandbox at `sandbox` serves the sample site."""
    token = mint_token(secret, user=USER, scopes=SCOPES, lifetime=LIFETIME)
    job = json.dumps({"kind": "context_scraping", "args": {"url": f"{sandbox}/"}})
    return WELCOME.format(
        user=USER, base=base, token=token, job=job, sandbox=sandbox, folder=folder
    )
