"""An OAuth 2.0 server (RFC 6749): consent without a question, tokens with rotation, revocation.

GET  /oauth/authorize?response_type=code&client_id=…&redirect_uri=…   302 with a code at once
POST /oauth/token      grant_type authorization_code or refresh_token; client by Basic or in the body
POST /oauth/revoke     RFC 7009
GET  /oauth/me         what an access token opens
PUT  /oauth/_policy    {"rotate": false, "expires_in": 60}
"""

import base64
import hmac
from binascii import Error as Base64Error
from urllib.parse import parse_qsl, unquote_plus, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from service.dev.sandbox.tokens import GrantError, Issued, Issuer

CLIENT = "sandbox"
SECRET = "sandbox-secret"  # noqa: S105 - opens nothing but the sandbox
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
FORM = "application/x-www-form-urlencoded"
Fields = dict[str, str]


class OAuth:
    """The server; ``issuer`` is its memory, ``clients`` are ids with their secrets."""

    def __init__(self) -> None:
        self.issuer = Issuer()
        self.clients = {CLIENT: SECRET}

    def routes(self) -> list[BaseRoute]:
        """Return its end points."""
        return [
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
            Route("/me", self._me),
            Route("/_policy", self._policy, methods=["PUT"]),
        ]

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        client, back = asked.get("client_id", ""), asked.get("redirect_uri", "")
        if client not in self.clients or not back.startswith(("http://", "https://")):
            return JSONResponse({"error": "invalid_request"}, 400)
        if asked.get("response_type") != "code":
            answer = {"error": "unsupported_response_type"}
        else:
            answer = {"code": self.issuer.consent(client, back, asked.get("scope", "read write"))}
        answer |= {"state": asked["state"]} if "state" in asked else {}
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        try:
            fields = await form_of(request)
            issued = self._grant(self._client(request, fields), fields)
        except GrantError as error:
            return refusal(error, request)
        return JSONResponse(pair(issued), headers=NOT_KEPT)

    def _grant(self, client: str, fields: Fields) -> Issued:
        match required(fields, "grant_type"):
            case "authorization_code":
                code, back = required(fields, "code"), required(fields, "redirect_uri")
                return self.issuer.by_code(client, code, back)
            case "refresh_token":
                token = required(fields, "refresh_token")
                return self.issuer.by_refresh(client, token, fields.get("scope", ""))
        raise GrantError("unsupported_grant_type", "Only authorization_code and refresh_token.")

    async def _revoke(self, request: Request) -> Response:
        try:
            fields = await form_of(request)
            self.issuer.revoke(self._client(request, fields), required(fields, "token"))
        except GrantError as error:
            return refusal(error, request)
        return Response(headers=NOT_KEPT)

    async def _me(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = self.issuer.good(token) if scheme.lower() == "bearer" else None
        if found is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return JSONResponse({"error": "invalid_token"}, 401, challenge)
        return JSONResponse({"client_id": found.family.client, "scope": found.family.scope})

    async def _policy(self, request: Request) -> Response:
        asked = await request.json()
        self.issuer.rotate = bool(asked.get("rotate", self.issuer.rotate))
        self.issuer.expires_in = int(asked.get("expires_in", self.issuer.expires_in))
        shown = {"rotate": self.issuer.rotate, "expires_in": self.issuer.expires_in}
        return JSONResponse(shown)

    def _client(self, request: Request, fields: Fields) -> str:
        """Return who is asking. Raises GrantError when they cannot prove it, or try it twice."""
        basic = basic_of(request)
        if basic is not None and "client_secret" in fields:
            raise GrantError("invalid_request", "Two ways of client authentication.")
        name, secret = basic or (fields.get("client_id", ""), fields.get("client_secret", ""))
        known = self.clients.get(name)
        if known is None or not hmac.compare_digest(known.encode(), secret.encode()):
            raise GrantError("invalid_client", "The client is unknown or its secret is wrong.")
        return name


def basic_of(request: Request) -> tuple[str, str] | None:
    """Return id and secret out of HTTP Basic (form-encoded inside, RFC 6749, 2.3.1), if it is used."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError) as error:
        raise GrantError("invalid_client", "That is no HTTP Basic.") from error
    return unquote_plus(name), unquote_plus(secret)


async def form_of(request: Request) -> Fields:
    """Return the fields of the body. Raises GrantError for another type or a repeated field."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
        raise GrantError("invalid_request", f"The body must be {FORM}.")
    pairs = parse_qsl((await request.body()).decode("latin-1"))
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise GrantError("invalid_request", "A parameter is there twice.")
    return fields


def required(fields: Fields, name: str) -> str:
    """Return a field. Raises GrantError when it is missing."""
    if not fields.get(name):
        raise GrantError("invalid_request", f"{name} is missing.")
    return fields[name]


def pair(issued: Issued) -> dict[str, str | int]:
    """Return a token answer (RFC 6749, 5.1)."""
    answer: dict[str, str | int] = {
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scope,
    }
    return answer | ({"refresh_token": issued.refresh} if issued.refresh else {})


def refusal(error: GrantError, request: Request) -> Response:
    """Return an error answer (RFC 6749, 5.2)."""
    headers = dict(NOT_KEPT)
    status = 400
    if error.code == "invalid_client":
        status = 401
        if "authorization" in request.headers:
            headers["WWW-Authenticate"] = 'Basic realm="sandbox"'
    return JSONResponse({"error": error.code, "error_description": str(error)}, status, headers)
