# One image for web processes and workers; compose.yaml says which is which.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv/groovelog
COPY requirements.txt .
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# `var` takes the collected static files, `checkpoints` the head of the log: nothing else is written.
RUN groupadd --gid 10001 groovelog \
    && useradd --uid 10001 --gid 10001 --no-create-home groovelog \
    && install -d -o groovelog -g groovelog var checkpoints
USER 10001

EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=120s \
    CMD ["python", "deploy/healthy.py", "web"]
CMD ["sh", "-c", "python manage.py prepare && exec daphne -b 0.0.0.0 -p 8000 asgi:application"]
