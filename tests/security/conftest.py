"""The front door's own fixtures, for attacks on the whole of it."""

from tests.service.conftest import (
    ann,
    app,
    as_user,
    browser,
    client,
    server,
    service_settings,
)

__all__ = ["ann", "app", "as_user", "browser", "client", "server", "service_settings"]
