"""Settings as they may be shown: every secret and every password in a URL masked."""

import re
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings

MASK = "••••••"
SECRET_NAME = re.compile(r"(^|_)(KEY|TOKEN|SECRET|PASSWORD|DSN|CREDENTIALS)$")
PASSWORD_PARAMETER = re.compile(
    r"(?i)((?:^|[?&])[^=&]*(?:password|passwd|secret|token|key)[^=&]*=)[^&#]+"
)


def masked(settings: BaseSettings) -> dict[str, str]:
    """Return every setting by its environment name, fit to be shown to anybody."""
    return {
        name.upper(): shown(name.upper(), getattr(settings, name))
        for name in sorted(type(settings).model_fields)
    }


def shown(name: str, value: object) -> str:
    """Return one value; a secret says only whether it is set."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
        return MASK if value else ""
    if SECRET_NAME.search(name):
        return MASK if value else ""
    text = str(value)
    return without_password(text) if "://" in text else text


def without_password(url: str) -> str:
    """Return a URL with what would let somebody in masked; one we cannot read is masked whole."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    credentials, at, host = parts.netloc.rpartition("@")
    user, colon, _ = credentials.partition(":")
    # a lone name may be a token (https://token@host), so it is not shown either
    safe = f"{user}:{MASK}@{host}" if colon else f"{MASK}@{host}" if at else host
    query = PASSWORD_PARAMETER.sub(rf"\1{MASK}", parts.query)
    rest = f"?{query}" if query else ""
    return f"{parts.scheme}://{safe}{parts.path}{rest}"
