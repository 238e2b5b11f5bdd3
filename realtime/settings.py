"""Every setting of the way back; the other packages extend this model to the left."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class RealtimeSettings(BaseSettings):
    """What the realtime package reads from the environment. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    redis_url: str = Field("redis://127.0.0.1:6379/0", repr=False)
    realtime_redis_url: str = Field("", repr=False)
    redis_tls_verify: bool = True
    redis_timeout_seconds: float = 1.0
    redis_pool_size: int = Field(7, ge=4)
    secret_key: SecretStr = SecretStr("")
    allowed_origins: str = ""

    position_check_seconds: float = 2.0
    heartbeat_seconds: float = 15.0
    hello_timeout_seconds: float = 10.0
    header_timeout_seconds: float = 10.0
    stall_seconds: float = 10.0
    drain_seconds: float = 5.0
    connection_max_age_seconds: float = 1_800.0
    recheck_seconds: float = 300.0
    ticket_seconds: int = 30
    max_connections_per_user: int = 10
    max_connections_per_ip: int = 1_000
    max_connections: int = 10_000
    max_messages_per_second: float = 20.0
    max_messages_burst: int = 120
    max_channels_per_socket: int = 64
    max_channels_per_stream: int = 8
    max_frame_bytes: int = 16 * 1024
    max_outbox_events: int = 256
    max_outbox_bytes: int = 256 * 1024
    replay_limit: int = 2_000
    replay_concurrency: int = 16
    max_poll_seconds: float = 25.0
    max_output_bytes: int = 1024 * 1024
    max_log_lines: int = 1_000
    ephemeral_ttl: timedelta = Field(default=timedelta(hours=24))

    @property
    def pubsub_url(self) -> str:
        """Return where events are published: REALTIME_REDIS_URL, else REDIS_URL."""
        return self.realtime_redis_url or self.redis_url

    @property
    def origins(self) -> frozenset[str]:
        """Return the allowed browser origins besides the server's own."""
        return frozenset(
            o.strip().rstrip("/") for o in self.allowed_origins.split(",") if o.strip()
        )
