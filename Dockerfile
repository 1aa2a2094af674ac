# Packages are installed in one stage and copied into another that has neither pip nor a compiler.
FROM python:3.12.16-slim-bookworm AS packages
COPY requirements.txt .
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt \
 && find /venv -name __pycache__ -prune -exec rm -r {} +

FROM python:3.12.16-slim-bookworm
RUN pip uninstall --yes --quiet --root-user-action=ignore pip \
 && rm -r /usr/local/lib/python3.12/ensurepip \
 && useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin gateway \
 && install --directory --owner=gateway --mode=0700 /data
WORKDIR /app
COPY --from=packages /venv /venv
COPY migrations migrations
COPY datasources datasources
COPY resolvers resolvers
COPY schema schema
COPY gateway gateway
RUN ["/venv/bin/python", "-m", "compileall", "-q", "datasources", "gateway", "migrations", "resolvers", "schema"]
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    GATEWAY_HOST=0.0.0.0 GATEWAY_PORT=8080 GATEWAY_DATA_DIR=/data
USER gateway
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"GATEWAY_PORT\"]}/health/live', timeout=2)"]
CMD ["python", "-m", "gateway", "serve"]
