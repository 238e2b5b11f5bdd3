"""The whole route table. Streams (/api/events, /api/ws) are ``realtime.routes``, the page is ``dashboard``.

Beside each function stands what it promises: the scope a caller needs, the body, the answers.
"""

from service.operations import Table
from service.routes import (
    batches,
    bulk,
    docs,
    health,
    jobs,
    kinds,
    queues,
    session,
    story,
    submission,
    uploads,
)

TABLE: Table = (
    ("POST", "/api/jobs", submission.submit_job),
    ("POST", batches.PATH, batches.submit_batch),
    ("GET", "/api/jobs", jobs.list_jobs),
    ("GET", "/api/jobs/{id}", jobs.read_job),
    ("DELETE", "/api/jobs/{id}", jobs.cancel_job),
    ("POST", "/api/jobs/{id}/cancel", jobs.cancel_job),
    ("POST", "/api/jobs/{id}/retry", jobs.retry_job),
    ("POST", "/api/jobs/{id}/input", jobs.answer_job),
    ("GET", "/api/jobs/{id}/events", story.read_events),
    ("GET", "/api/jobs/{id}/logs", story.read_logs),
    ("GET", "/api/jobs/{id}/output", story.read_output),
    ("GET", "/api/batches/{id}", batches.read_batch),
    ("POST", "/api/batches/{id}/cancel", batches.cancel_batch),
    ("POST", "/api/batches/{id}/retry", batches.retry_batch),
    ("POST", "/api/bulk", bulk.submit_bulk),
    ("GET", "/api/queues", queues.list_queues),
    ("POST", "/api/queues/{name}/pause", queues.pause_queue),
    ("POST", "/api/queues/{name}/resume", queues.resume_queue),
    ("GET", "/api/stats", queues.read_stats),
    ("GET", "/api/kinds", kinds.list_kinds),
    ("GET", "/api/kinds/{kind}", kinds.read_kind),
    ("POST", uploads.PATH, uploads.receive_upload),
    ("GET", "/api/uploads/{id}", uploads.read_upload),
    ("POST", "/api/session", session.open_session),
    ("GET", "/api/session", session.read_session),
    ("DELETE", "/api/session", session.close_session),
    ("POST", "/api/tickets", session.issue_ticket),
    ("GET", "/healthz", health.check_alive),
    ("GET", "/readyz", health.check_ready),
    ("GET", "/openapi.json", docs.read_openapi),
    ("GET", "/docs", docs.read_docs),
    ("GET", "/docs/{name}", docs.read_docs_file),
)
