# One image, several commands: serve, worker, inbound, migrate, doctor.
# docker build -t relais . && docker run --read-only --tmpfs /tmp relais serve
FROM python:3.13-slim AS build
WORKDIR /build
COPY lock/run.txt lock/run.txt
RUN python -m venv /relais && /relais/bin/pip install --no-cache-dir --no-deps --require-hashes -r lock/run.txt
COPY pyproject.toml README.md ./
COPY relay relay
COPY workers workers
COPY sql sql
COPY policies policies
RUN /relais/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent relais
COPY --from=build /relais /relais
ENV PATH=/relais/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    RELAY_HTTP_LISTEN=0.0.0.0:8080 RELAY_LMTP_LISTEN=0.0.0.0:8024 RELAY_STATE_DIR=/var/lib/relais
USER relais
EXPOSE 8080 8024
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["relay", "healthcheck"]
ENTRYPOINT ["relay"]
CMD ["serve"]
