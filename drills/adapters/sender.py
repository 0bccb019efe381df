"""Sending a request over HTTP, once. Whether to try again is the workflow's to decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drills.adapters.exchange import HttpRequest, HttpResponse

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0


class Sender:
    """One HTTP client for the whole drill; building one costs tens of milliseconds. Close it when done."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        import httpx

        self._failures = httpx.HTTPError, httpx.InvalidURL
        # Proxies and netrc of the machine are none of a drill's business (trust_env).
        self._client = httpx.Client(transport=transport, timeout=TIMEOUT_S, trust_env=False)

    def send(self, request: HttpRequest) -> HttpResponse:
        """What came back; status 0 and the reason if nothing did."""
        # ASCII only: a lone surrogate in what somebody typed has no UTF-8, but has a JSON escape.
        body = None if request.method == "GET" else json.dumps(request.json).encode("ascii")
        kind = {} if body is None else {"content-type": "application/json; charset=utf-8"}
        headers = {**kind, **request.headers}
        try:
            response = self._client.request(request.method, request.url, headers=headers, content=body)
        except self._failures as failure:
            return HttpResponse(0, {}, str(failure) or type(failure).__name__)
        return HttpResponse(response.status_code, dict(response.headers), response.text)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
