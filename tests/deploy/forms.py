"""What the platforms read in their files, written down as JSON Schema from their references.

Only keys we use or may come to use are here, and no other is let pass: a misspelled key is one that a
platform leaves out without a word. Sources: Fly's "App configuration (fly.toml)", Heroku's "app.json
schema", the Compose specification (compose.yaml was also checked against its own schema, by hand).
"""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
SPAN: Schema = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
GROUPS: Schema = {"type": "array", "items": {"enum": ["web", "worker"]}, "minItems": 1}
NAMED_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}


def keys(*required: str, **known: Schema) -> Schema:
    """Return the form of a table with these keys and no others."""
    return {
        "type": "object",
        "properties": known,
        "required": list(required),
        "additionalProperties": False,
    }


def some(form: Schema) -> Schema:
    """Return the form of a list of at least one."""
    return {"type": "array", "items": form, "minItems": 1}


HTTP_CHECK = {
    "grace_period": SPAN, "interval": SPAN, "timeout": SPAN, "path": {"pattern": "^/"},
    "method": {"enum": ["GET", "get"]}, "protocol": {"enum": ["http", "https"]}, "headers": NAMED_TEXTS,
}  # fmt: skip

FLY = keys(
    "app", "primary_region", "kill_signal", "kill_timeout", "deploy", "processes", "http_service",
    app=TEXT,
    primary_region={"type": "string", "pattern": "^[a-z]{3}$"},
    kill_signal={"enum": ["SIGTERM"]},
    kill_timeout={"type": "integer", "minimum": 1, "maximum": 300},
    swap_size_mb=COUNT,
    build=keys(dockerfile=TEXT, ignorefile=TEXT, image=TEXT),
    deploy=keys(
        "release_command",
        release_command=TEXT, release_command_timeout=SPAN, wait_timeout=SPAN,
        strategy={"enum": ["rolling", "canary", "bluegreen", "immediate"]},
        max_unavailable={"type": "number", "exclusiveMinimum": 0},
    ),
    env={**NAMED_TEXTS, "propertyNames": {"not": {"pattern": "^FLY_"}}},
    processes=NAMED_TEXTS,
    http_service=keys(
        "processes", "internal_port", "checks",
        processes=GROUPS, internal_port=COUNT, force_https={"const": True},
        auto_stop_machines={"enum": ["off", "stop", "suspend"]},
        auto_start_machines={"type": "boolean"}, min_machines_running=COUNT,
        concurrency=keys(
            "type", "soft_limit", "hard_limit",
            type={"enum": ["connections", "requests"]}, soft_limit=COUNT, hard_limit=COUNT,
        ),
        checks=some(keys("path", "interval", "timeout", "grace_period", **HTTP_CHECK)),
    ),
    checks={
        "type": "object",
        "additionalProperties": keys(
            "type", "port", "processes",
            type={"enum": ["tcp", "http"]}, port=COUNT, processes=GROUPS, **HTTP_CHECK,
        ),
    },
    metrics=some(keys("port", "path", port=COUNT, path=TEXT, processes=GROUPS)),
    vm=some(keys("size", processes=GROUPS, size=TEXT, memory={"pattern": r"^\d+(mb|gb)$"})),
)  # fmt: skip

APP_JSON = keys(
    "name", "description", "stack", "buildpacks", "addons", "env", "formation",
    name={"type": "string", "minLength": 3, "maxLength": 30},
    description={"type": "string", "maxLength": 140},
    keywords=TEXTS, website=TEXT, repository=TEXT, logo=TEXT, success_url=TEXT,
    stack={"enum": ["heroku-22", "heroku-24", "heroku-26"]},
    buildpacks=some(keys("url", url=TEXT)),
    addons=some({"type": "string", "pattern": "^[a-z-]+:[a-z0-9-]+$"}),
    env={
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
        "additionalProperties": keys(
            "description",
            description=TEXT, value={"type": "string"}, required={"type": "boolean"},
            generator={"const": "secret"},
        ),
    },
    formation={
        "type": "object",
        "additionalProperties": keys(
            "quantity", "size",
            quantity=COUNT, size={"enum": ["eco", "basic", "standard-1x", "standard-2x"]},
        ),
    },
    scripts=keys(postdeploy=TEXT, **{"pr-predestroy": TEXT}),
    environments={"type": "object"},
)  # fmt: skip

CONDITIONS = {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}
SERVICE = keys(
    "restart", "healthcheck",
    image={"type": "string", "pattern": r"^[a-z]+:\d+$"}, build=TEXT,
    command=TEXTS, environment=NAMED_TEXTS,
    volumes={"type": "array", "items": {"type": "string", "pattern": "^[a-z]+:/"}},
    ports={"type": "array", "items": {"type": "string", "pattern": r":\d+$"}},
    expose={"type": "array", "items": {"type": "string", "pattern": r"^\d+$"}},
    depends_on={
        "type": "object", "additionalProperties": keys("condition", condition=CONDITIONS),
    },
    healthcheck={
        "oneOf": [
            keys("disable", disable={"const": True}),
            keys(
                "test", "interval", "timeout", "retries",
                test={"type": "array", "prefixItems": [{"const": "CMD"}], "minItems": 2},
                interval=SPAN, timeout=SPAN, start_period=SPAN, retries=COUNT,
            ),
        ]
    },
    deploy=keys(replicas=COUNT),
    init={"type": "boolean"},
    stop_grace_period=SPAN,
    restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
)  # fmt: skip
COMPOSE = {
    **keys(
        "services", "volumes",
        services={"type": "object", "additionalProperties": SERVICE},
        volumes={"type": "object", "additionalProperties": {"type": "null"}},
    ),
    "patternProperties": {"^x-": {}},
}  # fmt: skip
