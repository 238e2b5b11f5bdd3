# One image for release phase, web and worker: they differ by their command alone.
# What is installed is made in a stage of its own, so that no pip and none of its traces come along.
FROM python:3.12-slim-bookworm AS build
COPY requirements.txt .
RUN python -m venv --without-pip /venv
RUN pip --python /venv install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.12-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN useradd --system --uid 10001 jobcast && install -d -o jobcast /app/.data
RUN printf '#!/bin/sh\ncd /app && exec python -m service "$@"\n' > /usr/local/bin/jobcast && chmod +x /usr/local/bin/jobcast
COPY --from=build /venv /venv
COPY realtime realtime
COPY jobs jobs
COPY service service
COPY docs docs
RUN python -m compileall -q realtime jobs service
USER jobcast
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "service", "web", "--check"]
CMD ["python", "-m", "service", "web"]
