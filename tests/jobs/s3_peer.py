"""A bucket that speaks S3's REST protocol over loopback and believes no request that is not signed.

Path style, Signature Version 4 (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html),
PUT, GET, DELETE, DeleteObjects, ListObjectsV2 page by page, multipart uploads with S3's least part.
"""

import asyncio
import hashlib
import hmac
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LEAST_PART = 5 * 1024 * 1024
PAGE = 2  # objects in one answer to a list, so that three of them are two pages
KEY, SECRET, REGION = "tid_jobcast", "tsec_v3ry-secret", "auto"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


@dataclass
class S3Peer:
    """One account with its buckets. ``asked`` are the requests so far: method and path with query."""

    url: str = ""
    buckets: dict[str, dict[str, tuple[bytes, datetime]]] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    busy: int = 0
    """How many of the next requests are told to slow down."""

    def age(self, bucket: str, key: str, by: timedelta) -> None:
        """Let an object have been written earlier."""
        data, at = self.buckets[bucket][key]
        self.buckets[bucket][key] = data, at - by

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.asked.append(f"{request.method} {request.url.path}?{request.url.query}")
        await self.answer(request, body)(scope, receive, send)

    def answer(self, request: Request, body: bytes) -> Response:
        if self.busy or not signed(request, body):
            self.busy, busy = max(self.busy - 1, 0), self.busy
            return refusal(503, "SlowDown") if busy else refusal(403, "SignatureDoesNotMatch")
        _, name, *rest = unquote(request.scope["raw_path"].decode()).split("/", 2)
        if name not in self.buckets:
            return refusal(404, "NoSuchBucket")
        bucket, key = self.buckets[name], rest[0] if rest else ""
        if "delete" in request.query_params:
            return removal(bucket, body)
        if not key:
            return listing(bucket, request)
        if "uploads" in request.query_params or "uploadId" in request.query_params:
            return self.multipart(bucket, key, request, body)
        return plain(bucket, key, request.method, body)

    def multipart(
        self, bucket: dict[str, tuple[bytes, datetime]], key: str, request: Request, body: bytes
    ) -> Response:
        ident = request.query_params.get("uploadId", f"upload-{len(self.parts) + 1}")
        if "uploads" in request.query_params:
            self.parts[ident] = {}
            return xml(
                f"<InitiateMultipartUploadResult><UploadId>{ident}</UploadId></InitiateMultipartUploadResult>"
            )
        if ident not in self.parts:
            return refusal(404, "NoSuchUpload")
        if request.method == "DELETE":
            del self.parts[ident]
            return Response(status_code=204)
        if request.method == "PUT":
            self.parts[ident][int(request.query_params["partNumber"])] = body
            return Response(headers={"ETag": tag(body)})
        told = [int(number) for number in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
        parts = [self.parts[ident][number] for number in told]
        if any(len(part) < LEAST_PART for part in parts[:-1]):
            return refusal(400, "EntityTooSmall")
        del self.parts[ident]
        bucket[key] = b"".join(parts), datetime.now(UTC)
        return xml(
            f"<CompleteMultipartUploadResult><Key>{key}</Key><ETag>{tag(body)}</ETag></CompleteMultipartUploadResult>"
        )


def plain(
    bucket: dict[str, tuple[bytes, datetime]], key: str, method: str, body: bytes
) -> Response:
    """Put, get or delete one object."""
    if method == "PUT":
        bucket[key] = body, datetime.now(UTC)
        return Response(headers={"ETag": tag(body)})
    if method == "DELETE":
        bucket.pop(key, None)
        return Response(status_code=204)
    if key not in bucket:
        return refusal(404, "NoSuchKey")
    data, at = bucket[key]
    headers = {"ETag": tag(data), "Last-Modified": f"{at:%a, %d %b %Y %H:%M:%S} GMT"}
    return Response(data, headers=headers, media_type="application/octet-stream")


def removal(bucket: dict[str, tuple[bytes, datetime]], body: bytes) -> Response:
    """Delete several objects by one request; those that are not there count as deleted."""
    keys = re.findall(r"<Key>([^<]+)</Key>", body.decode())
    for key in keys:
        bucket.pop(key, None)
    told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
    return xml(f"<DeleteResult>{told}</DeleteResult>")


def listing(bucket: dict[str, tuple[bytes, datetime]], request: Request) -> Response:
    """List a page of a bucket."""
    asked = request.query_params
    behind = asked.get("continuation-token", "")
    keys = sorted(k for k in bucket if k.startswith(asked.get("prefix", "")) and k > behind)
    shown, more = keys[:PAGE], len(keys) > PAGE
    found = "".join(
        f"<Contents><Key>{key}</Key><LastModified>{at:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
        f"<ETag>{tag(data)}</ETag><Size>{len(data)}</Size></Contents>"
        for key, (data, at) in ((key, bucket[key]) for key in shown)
    )
    token = f"<NextContinuationToken>{shown[-1]}</NextContinuationToken>" if more else ""
    truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
    return xml(f"<ListBucketResult>{truncated}{token}{found}</ListBucketResult>")


def signed(request: Request, body: bytes) -> bool:
    """Return whether a request bears our key's signature, over exactly what arrived."""
    found = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if found is None or (found[1], found[3]) != (KEY, REGION):
        return False
    told = request.headers["x-amz-content-sha256"]
    if told not in {"UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()}:
        return False
    query = "&".join(
        sorted(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
            for name, value in request.query_params.multi_items()
        )
    )
    headers = "".join(f"{n}:{request.headers[n].strip()}\n" for n in found[4].split(";"))
    path = request.scope["raw_path"].decode()
    canonical = "\n".join([request.method, path, query, headers, found[4], told])
    at, scope = request.headers["x-amz-date"], f"{found[2]}/{REGION}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in (found[2], REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}"
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), found[5])


def tag(data: bytes) -> str:
    """Return an object's ETag."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def xml(body: str, status: int = 200) -> Response:
    """Return an answer of S3's."""
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>{body}', status, media_type="application/xml"
    )


def refusal(status: int, code: str) -> Response:
    """Return an error of S3's."""
    return xml(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>", status)


@contextmanager
def open_s3_peer(*buckets: str) -> Iterator[S3Peer]:
    """Serve these empty buckets on a thread as long as the block lasts."""
    peer = S3Peer(buckets={name: {} for name in buckets})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        peer.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(peer, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
        )
        thread.start()
        try:
            yield peer
        finally:
            server.should_exit = True
            thread.join()
