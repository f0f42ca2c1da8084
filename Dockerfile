# The talk page is built with Node, the environment with uv; the last stage holds neither, runs as nobody in particular,
# and needs no network: the models are in the wheels.
#   docker build -t antiphon . && docker run --rm -p 127.0.0.1:8000:8000 -v antiphon:/data antiphon

FROM node:22-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.11-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_CACHE=1
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /src
COPY requirements/base.txt requirements/base.txt
RUN uv venv /opt/antiphon && uv pip sync --require-hashes --compile-bytecode requirements/base.txt -p /opt/antiphon
COPY pyproject.toml README.md hatch_build.py ./
COPY kit kit
COPY flows flows
COPY storage storage
COPY pipeline pipeline
COPY storage storage
COPY providers providers
COPY transports transports
COPY telephony telephony
COPY control_api control_api
COPY server server
COPY examples/flows examples/flows
COPY --from=web /src/server/static server/static
RUN uv pip install --no-deps --compile-bytecode . -p /opt/antiphon

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home antiphon && install -d -o antiphon -m 700 /data
COPY --from=build /opt/antiphon /opt/antiphon
COPY examples/flows /flows
ENV PATH=/opt/antiphon/bin:$PATH PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 PORT=8000 FLOWS_DIR=/flows DATA_DIR=/data LOG_JSON=true
USER antiphon
WORKDIR /data
VOLUME /data
EXPOSE 8000
# SIGTERM drains: give it the length of a call, such as `docker stop --time 1800`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]
CMD ["antiphon", "serve"]
