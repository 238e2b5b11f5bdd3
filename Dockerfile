FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml .
COPY realtime realtime
COPY jobs jobs
COPY service service
RUN useradd --system --uid 10001 jobcast && install -d -o jobcast /app/.data
USER jobcast
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "-m", "service", "web"]
