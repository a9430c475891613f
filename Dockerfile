# One image, several commands: serve, worker, inbound, migrate, doctor; see docs/operating.md.
# docker build -t relais . && docker run --rm --read-only relais key
FROM python:3.13-slim AS build
WORKDIR /build
COPY lock/run.txt lock/run.txt
RUN python -m venv /relais && /relais/bin/pip install --no-cache-dir --no-deps --require-hashes -r lock/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY relay relay
COPY workers workers
COPY sql sql
COPY policies policies
RUN /relais/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
# The directory is for a volume, which takes its owner over: only `relay all` writes there.
RUN groupadd --gid 10001 relais \
    && useradd --uid 10001 --gid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin relais \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/relais
COPY --from=build /relais /relais
ENV PATH=/relais/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    RELAY_HTTP_LISTEN=0.0.0.0:8080 RELAY_LMTP_LISTEN=0.0.0.0:8024 RELAY_STATE_DIR=/var/lib/relais
# In numbers: what runs the container can see that it is not root.
USER 10001:10001
EXPOSE 8080 8024
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["relay", "healthcheck"]
ENTRYPOINT ["relay"]
CMD ["serve"]
