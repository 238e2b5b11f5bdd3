"""Who may come in: token checking, secrets and origins, judged from the settings alone."""

from collections.abc import AsyncIterator, Iterator

from pydantic import SecretStr

from jobs.settings import JobsSettings
from service.doctor.finding import Finding, judge

SHORTEST_SECRET = 32
NEW_SECRET = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105 - advice


class Given(JobsSettings):
    """What the environment really gives: a server makes up missing secrets, the doctor must not."""

    jwt_secret: SecretStr = SecretStr("")
    jwt_jwks_url: str = ""
    jwt_audience: str = ""
    metrics_token: SecretStr = SecretStr("")


def examine_access(settings: Given) -> Iterator[Finding]:
    """Yield what is found."""
    yield tokens(settings)
    yield secret_key(settings)
    yield origins(settings)
    yield metrics(settings)


def tokens(settings: Given) -> Finding:
    """Judge how tokens are checked."""
    secret, jwks = settings.jwt_secret.get_secret_value(), settings.jwt_jwks_url
    if not secret and not jwks:
        return missing(settings, "JWT_SECRET", "JWT_SECRET or JWT_JWKS_URL")
    if secret and len(secret.encode()) < SHORTEST_SECRET:
        return judge("tokens", "JWT_SECRET is short", warn=f"Use 32 bytes or more. {NEW_SECRET}")
    if jwks and not settings.jwt_audience:
        advice = "Set JWT_AUDIENCE, or tokens issued for other services open this one."
        return judge("tokens", "checked by JWT_JWKS_URL for any audience", warn=advice)
    return judge("tokens", "checked by " + ("JWT_JWKS_URL" if jwks else "JWT_SECRET"))


async def examine_published_keys(settings: Given) -> AsyncIterator[Finding]:
    """Yield whether the identity provider's keys can be fetched, when tokens are checked by them."""
    if not settings.jwt_jwks_url:
        return
    from service import jwks  # noqa: PLC0415 - only where there is a key set

    advice = "Correct JWT_JWKS_URL, or let web reach it: without keys nobody gets in."
    try:
        keys = jwks.usable(await jwks.fetch(settings.jwt_jwks_url))
    except jwks.UNREADABLE as error:
        reason = str(error) or type(error).__name__
        yield judge("published keys", f"cannot be fetched: {reason}", fail=advice)
        return
    algorithms = sorted({str(key.algorithm_name) for key in keys.values()})
    message = f"{len(keys)} usable: {', '.join(algorithms)}" if keys else "none is usable"
    yield judge("published keys", message, fail="" if keys else advice)


def secret_key(settings: Given) -> Finding:
    """Judge the key that seals tickets and credentials; of several the first one seals."""
    secret = settings.secret_key.get_secret_value()
    if not secret:
        return missing(settings, "SECRET_KEY", "SECRET_KEY")
    keys = secret.split(",")
    if any(len(key.strip().encode()) < SHORTEST_SECRET for key in keys):
        return judge(
            "secret key", "SECRET_KEY is short", warn=f"Use 32 bytes or more. {NEW_SECRET}"
        )
    if len(keys) > 1:
        advice = "Run `jobcast reseal`, and take the old key away when it is done."
        return judge("secret key", "a new key and an old one", warn=advice)
    return judge("secret key", "set")


def metrics(settings: Given) -> Finding:
    """Judge who may read /metrics."""
    guarded = bool(settings.metrics_token.get_secret_value())
    advice = "Set METRICS_TOKEN, or keep /metrics inside: it names queues and hosts to anybody."
    message = "METRICS_TOKEN is asked for" if guarded else "open to anybody"
    return judge("metrics", message, warn="" if guarded or settings.env == "dev" else advice)


def missing(settings: Given, name: str, what: str) -> Finding:
    """Judge a missing secret: fatal in production, a nuisance with several processes here."""
    named = "secret key" if name == "SECRET_KEY" else "tokens"
    advice = f"Set {what}. {NEW_SECRET}"
    if settings.env == "prod":
        return judge(named, f"{name} is missing", fail=advice)
    return judge(named, f"{name} is missing; each process makes its own", warn=advice)


def origins(settings: Given) -> Finding:
    """Judge which other web pages may talk to us in a user's name."""
    known = sorted(settings.origins)
    loose = [o for o in known if "*" in o or "://" not in o]
    plain = [o for o in known if o.startswith("http://") and settings.env == "prod"]
    advice = ""
    if loose:
        advice = f"Write each origin in full, like https://app.example.com: {', '.join(loose)}"
    elif plain:
        advice = f"Anybody on the way can alter pages served without TLS: {', '.join(plain)}"
    return judge("origins", ", ".join(known) or "this server's own pages only", warn=advice)
