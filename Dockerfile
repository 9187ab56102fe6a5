# An archive for devices: docker build -t hounsfield . && docker run -p 11112:11112 -v archive:/archive hounsfield
# The configuration decides who may come; without peers or certificates it refuses to listen beyond the container.
FROM node:22-slim AS pages
COPY viewer /viewer
RUN cd /viewer && npm ci && npm run build -- --outDir /pages --emptyOutDir

FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv python3-pip gcc g++ make cmake \
    && rm -rf /var/lib/apt/lists/*
COPY . /source
COPY --from=pages /pages /source/src/hounsfield/server/workstation
RUN python3 -m venv /build && /build/bin/pip install --no-cache-dir maturin && \
    /build/bin/pip wheel --no-deps --wheel-dir /wheels /source

FROM python:3.11-slim-bookworm
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir /wheels/*.whl "obstore>=0.12" "psycopg[binary]>=3.2" \
    && rm -r /wheels && useradd --system --home-dir /archive hounsfield \
    && install -d -o hounsfield /archive /etc/hounsfield
USER hounsfield
VOLUME ["/archive", "/etc/hounsfield"]
EXPOSE 11112
STOPSIGNAL SIGTERM
ENTRYPOINT ["hu", "serve", "/archive"]
CMD ["--config", "/etc/hounsfield/site.toml"]
