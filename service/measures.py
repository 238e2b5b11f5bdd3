"""What is measured of the front door; ``realtime.instruments`` says how."""

from realtime.instruments import Histogram

REQUEST = Histogram(
    "jobcast_request_seconds",
    "HTTP requests by method, route (its template, never an id) and status; a stream's until it began.",
    "method",
    "route",
    "status",
)
