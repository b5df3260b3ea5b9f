# Songnuan Ledger as a service. The database is named by SONGNUAN_DATABASE_URL, or embedded in /data.
FROM python:3.12-slim AS build
RUN pip install --no-cache-dir "uv>=0.7"
WORKDIR /src
COPY pyproject.toml uv.lock hatch_build.py README.md LICENSE ./
COPY ledger ledger
COPY projections projections
COPY api api
ENV UV_PROJECT_ENVIRONMENT=/opt/songnuan UV_COMPILE_BYTECODE=1
RUN uv sync --frozen --no-dev --no-editable --extra service

FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /data songnuan
COPY --from=build /opt/songnuan /opt/songnuan
ENV PATH=/opt/songnuan/bin:$PATH \
    SONGNUAN_DATA_DIR=/data/ledger \
    SONGNUAN_LOG_FORMAT=json
USER songnuan
VOLUME /data
EXPOSE 8700
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8700/healthz', timeout=4)"]
CMD ["songnuan", "serve", "--host", "0.0.0.0", "--port", "8700"]
