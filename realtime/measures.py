"""What is measured of the way back; ``instruments`` says how."""

from realtime.instruments import Count, Histogram

PUBLISH_TO_SOCKET = Histogram(
    "jobcast_publish_to_socket_seconds",
    "From publishing through Redis to having written to this process's sockets; sampled every two "
    "seconds by each publishing process. Between hosts it holds the difference of their clocks.",
)
JOINS = Count(
    "jobcast_channel_joins_total",
    "Channels that were joined: resumed from the reader's cursor, or afresh.",
    "how",
)
GAPS = Count(
    "jobcast_channel_gaps_total",
    "Cursors that were of no use, so that the whole state was sent, by why.",
    "reason",
)
REPAIRS = Count(
    "jobcast_channel_repairs_total",
    "Times a reader was brought up to date from Postgres: a message was lost, or it read too slowly.",
)
SLOW_READERS = Count(
    "jobcast_slow_readers_total",
    "Readers that took too little: rewound to reading from Postgres, or closed as stalled.",
    "what",
    known=("rewound", "stalled"),
)
PUBLISH_FAILURES = Count(
    "jobcast_publish_failures_total",
    "Publishes that did not reach Redis; readers hear of them later.",
)
