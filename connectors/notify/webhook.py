"""An address that takes JSON by POST. Whoever knows it can post there: it is a secret, and never told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
import urllib3

from sync.address import is_loopback
from sync.errors import ConfigError, Problem, TransientError

TIMEOUT_S = (5.0, 10.0)
"""To connect, and without a sign of life."""


class Webhook:
    """Slack's incoming webhooks, and whatever reads `text` or the rest of the message (docs.slack.dev, "Sending messages
    using incoming webhooks")."""

    def __init__(self, url: str, place: str) -> None:
        """`place`: what messages call the setting. Raises ConfigError for an address that must not be called."""
        parts = urlsplit(url)
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        ):
            hint = "put the whole https:// address of the webhook behind the reference"
            raise ConfigError(Problem(place, "holds no address that Baton may call (not shown)", hint))
        self._url = url
        self.host = parts.hostname

    def send(self, message: Mapping[str, Any]) -> None:
        """Post it once. Raises TransientError, which names the host alone, unless it was taken."""
        with requests.Session() as session:
            session.trust_env = not is_loopback(self.host)
            session.auth = _nobody
            try:
                answer = session.post(
                    self._url,
                    data=orjson.dumps(message),
                    headers={"Content-Type": "application/json", "User-Agent": "baton"},
                    timeout=TIMEOUT_S,
                    allow_redirects=False,
                    stream=True,  # what it answers is of no interest, however long
                )
            except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
                raise TransientError(f"{self.host} did not answer ({type(error).__name__})") from None
            status = answer.status_code
            answer.close()
        if not 200 <= status < 300:
            raise TransientError(f"{self.host} answered {status}")


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An own auth object keeps requests from sending an entry of ~/.netrc."""
    return request
