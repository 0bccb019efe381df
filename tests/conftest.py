"""What every test runs under: no connection leaves this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# Examples are not timed, for machines are shared; and the project's own check looks at the same ones every time.
settings.register_profile("gameday", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("gameday")

_connect = socket.socket.connect


def _on_loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # A Unix socket.
    host = str(address[0])
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep validated inputs out of the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that opens a connection to another machine."""

    def connect(self: socket.socket, address: Any) -> None:
        if not _on_loopback(address):
            pytest.fail(f"a test tried to reach {address}")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
