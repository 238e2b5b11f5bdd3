"""The whole route table. Streams (/api/events, /api/ws) are ``realtime.routes``, the page is ``dashboard``.

Beside each function stands what it promises: the scope a caller needs, the body, the answers.
"""

from service.operations import Table
from service.routes import docs, health, jobs, kinds, session, story, submission, uploads

TABLE: Table = (
    ("POST", "/api/jobs", submission.submit_job),
    ("GET", "/api/jobs", jobs.list_jobs),
    ("GET", "/api/jobs/{id}", jobs.read_job),
    ("DELETE", "/api/jobs/{id}", jobs.cancel_job),
    ("POST", "/api/jobs/{id}/cancel", jobs.cancel_job),
    ("POST", "/api/jobs/{id}/retry", jobs.retry_job),
    ("GET", "/api/jobs/{id}/events", story.read_events),
    ("GET", "/api/jobs/{id}/logs", story.read_logs),
    ("GET", "/api/jobs/{id}/output", story.read_output),
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
