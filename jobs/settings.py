"""Every setting of the work; extends the way back's and is extended by the front door's."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr

from jobs.version import VERSION
from realtime.settings import RealtimeSettings

SHORT_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)\s*")
MAX_RELEASE = 40
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read_duration(value: object) -> object:
    """Turn ``24h``, ``30d``, ``15m``, ``10s`` into a timedelta; anything else is left to pydantic."""
    match = SHORT_DURATION.fullmatch(value) if isinstance(value, str) else None
    return timedelta(**{UNITS[match[2]]: float(match[1])}) if match else value


Duration = Annotated[timedelta, BeforeValidator(read_duration)]


class JobsSettings(RealtimeSettings):
    """What the jobs package reads from the environment. Sizes in bytes, times in seconds."""

    env: Literal["dev", "prod"] = "dev"
    release: str = Field(
        "", validation_alias=AliasChoices("release", "heroku_slug_commit", "fly_image_ref")
    )
    log_level: str = "INFO"
    log_format: Literal["json", "console"] = "json"

    worker_health_port: int = Field(0, ge=0, le=65535)
    worker_health_host: str = ""
    metrics_token: SecretStr = SecretStr("")
    sentry_dsn: SecretStr = SecretStr("")
    otel_exporter_otlp_endpoint: str = Field("", pattern=r"^(https?://.+)?$")

    database_url: str = Field("postgresql://127.0.0.1:5432/jobcast", repr=False)
    database_pool_size: int = Field(6, ge=2)
    session_pool_size: int = Field(3, ge=1)
    database_timeout_seconds: float = 5.0
    database_statement_cache: int = Field(100, ge=0)

    processors: str = ""
    worker_concurrency: int = 100
    worker_grace_seconds: float = 25.0
    worker_processes: int = 2
    process_memory_bytes: int = 2 * 1024**3
    lease_seconds: float = 15.0
    relay_seconds: float = 1.0
    max_crashes: int = 3
    parked_attempts: int = Field(1_000, ge=0)

    org_concurrency: int = Field(0, ge=0)
    org_queue_depth: int = Field(200_000, ge=0)
    org_submit_rate: str = ""
    user_submit_rate: str = ""
    org_upload_bytes: int = Field(10 * 1024**3, ge=0)
    handed_over_per_org: int = Field(10_000, ge=1)
    max_batch_call: int = 1_000
    max_batch_jobs: int = 100_000

    signals_seconds: float = Field(2.0, ge=0.0)
    counted_jobs: int = Field(20_000, ge=100)
    backlog_seconds: float = Field(60.0, ge=1.0)

    result_ttl: Duration = timedelta(hours=24)
    job_retention: Duration = timedelta(days=30)
    idempotency_ttl: Duration = timedelta(hours=24)
    audit_retention: Duration = Field(timedelta(days=365), ge=timedelta(days=30))

    schedule_grace_seconds: float = 60.0
    schedule_min_seconds: float = 10.0
    max_schedules: int = 1_000
    max_schedule_bytes: int = 32 * 1024

    report_seconds: float = 0.05
    quiet_report_seconds: float = 0.5
    max_unsaid_bytes: int = Field(64 * 1024, ge=1024)
    max_unsaid_lines: int = Field(50, ge=1)
    held_output_bytes: int = 256 * 1024
    held_log_lines: int = 100

    max_args_bytes: int = 256 * 1024
    max_result_bytes: int = 1024 * 1024
    max_event_bytes: int = 32 * 1024
    max_upload_bytes: int = 50 * 1024 * 1024
    upload_ttl: Duration = timedelta(hours=24)
    storage_url: str = Field("file://.data/uploads", pattern=r"^[a-z0-9]+://.")
    bucket_name: str = ""
    aws_endpoint_url_s3: str = ""
    aws_region: str = ""
    aws_access_key_id: SecretStr = SecretStr("")
    aws_secret_access_key: SecretStr = SecretStr("")
    aws_session_token: SecretStr = SecretStr("")
    storage_timeout_seconds: float = Field(30.0, gt=0.0)

    web_timeout_seconds: float = 15.0
    web_max_bytes: int = 10 * 1024 * 1024
    web_delay_seconds: float = 0.5
    web_allow_private: str = ""

    api_timeout_seconds: float = 20.0
    api_max_bytes: int = 4 * 1024 * 1024

    llm_base_url: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""
    llm_json: Literal["schema", "object", "none"] = "schema"
    llm_timeout_seconds: float = Field(60.0, gt=0)
    llm_input_price: float | None = Field(None, ge=0)
    llm_output_price: float | None = Field(None, ge=0)

    public_url: str = Field("", pattern=r"^(https?://[^/?#]+)?$")

    twilio_base_url: str = "https://api.twilio.com"
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: str = ""
    sms_allow: str = ""
    sms_daily_cap: int = Field(10, ge=0)

    google_base_url: str = Field("https://www.googleapis.com", pattern=r"^https?://.")
    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    max_calendars: int = Field(50, ge=1)
    max_calendar_events: int = Field(20_000, ge=1)

    max_feeds: int = 200
    feed_bad_days: float = Field(7.0, ge=0.0)

    eas_command: str = ""
    expo_token: SecretStr = SecretStr("")
    eas_projects: str = ""
    eas_uploads: bool = False
    eas_max_project_bytes: int = Field(500 * 1024 * 1024, ge=1)
    eas_concurrency: int = Field(4, ge=1)
    eas_poll_seconds: float = Field(10.0, ge=0.0)
    eas_send_seconds: float = 1_200.0
    eas_look_seconds: float = 60.0
    eas_grace_seconds: float = Field(5.0, ge=0.0)

    smtp_url: SecretStr = SecretStr("")
    smtp_timeout_seconds: float = Field(25.0, gt=0.0)
    mail_from: str = ""
    mail_reply_to: str = ""
    mail_allow: str = ""

    webhook_concurrency: int = 20
    webhook_timeout_seconds: float = 15.0
    max_webhooks: int = 100
    max_job_webhooks: int = 1_000

    max_keys: int = 100
    max_connections_kept: int = 200
    handoff_seconds: float = Field(60.0, ge=1.0)

    @property
    def postgres_dsn(self) -> str:
        """Return DATABASE_URL in the form asyncpg reads, ``sslmode`` and all."""
        url = urlsplit(self.database_url)
        scheme = url.scheme.partition("+")[0]
        scheme = "postgresql" if scheme == "postgres" else scheme
        return urlunsplit(url._replace(scheme=scheme))

    @property
    def sqlalchemy_url(self) -> str:
        """Return DATABASE_URL in the form SQLAlchemy's asyncpg dialect reads."""
        url = urlsplit(self.postgres_dsn)
        renamed = [("ssl" if k == "sslmode" else k, v) for k, v in parse_qsl(url.query)]
        return urlunsplit(url._replace(scheme="postgresql+asyncpg", query=urlencode(renamed)))

    @property
    def version(self) -> str:
        """Return the code's version and, where the platform or RELEASE names one, its release."""
        release = self.release.rpartition(":")[2][-MAX_RELEASE:]
        return f"{VERSION}+{release}" if release else VERSION

    @property
    def heartbeat_lease_seconds(self) -> float:
        """Return how often a worker renews its lease: five times within it."""
        return self.lease_seconds / 5

    @property
    def processor_modules(self) -> list[str]:
        """Return the extra modules named by PROCESSORS."""
        return [m.strip() for m in self.processors.split(",") if m.strip()]

    @property
    def private_hosts(self) -> frozenset[str]:
        """Return the ``host:port`` pairs outgoing requests may reach though they are private."""
        return frozenset(h.strip() for h in self.web_allow_private.split(",") if h.strip())

    @property
    def stored_at(self) -> str:
        """Return STORAGE_URL; when none is set, the bucket that BUCKET_NAME names (as Fly sets it)."""
        if self.bucket_name and "storage_url" not in self.model_fields_set:
            return f"s3://{self.bucket_name}"
        return self.storage_url

    @property
    def storage_path(self) -> Path | None:
        """Return the local folder of uploads, or None when they go to a bucket."""
        scheme, _, path = self.stored_at.partition("://")
        return Path(path) if scheme == "file" else None
