import pytest

from service.doctor.masking import MASK, masked, shown, without_password
from service.settings import ServiceSettings


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgres://ann:s3cret@db:5432/x?sslmode=require", f"postgres://ann:{MASK}@db:5432/x?sslmode=require"),
        ("rediss://:s3c@ret@cache:6380", f"rediss://:{MASK}@cache:6380"),
        ("https://s3cret@sentry.io/1", f"https://{MASK}@sentry.io/1"),
        ("postgresql:///x?host=/run&password=s3cret&user=a", f"postgresql:///x?host=/run&password={MASK}&user=a"),
        ("https://hook?api_key=s3cret", f"https://hook?api_key={MASK}"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://[s3cret", MASK),
    ],
)  # fmt: skip
def test_an_address_keeps_its_password_to_itself(url: str, safe: str) -> None:
    assert without_password(url) == safe


@pytest.mark.parametrize("name", ["LLM_API_KEY", "EXPO_TOKEN", "TWILIO_AUTH_TOKEN", "SENTRY_DSN"])
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert shown(name, "s3cret") == MASK
    assert shown(name, "") == ""


def test_no_setting_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "c4nary" * 8)
    monkeypatch.setenv("SECRET_KEY", "c4nary" * 8)
    monkeypatch.setenv("DATABASE_URL", "postgres://u:c4nary@db/x")
    monkeypatch.setenv("REDIS_URL", "redis://:c4nary@cache")

    found = masked(ServiceSettings())

    assert "c4nary" not in str(found)
    assert found["DATABASE_URL"] == f"postgres://u:{MASK}@db/x"
    assert found["PORT"] == "8000"
    assert set(found) == {name.upper() for name in ServiceSettings.model_fields}
