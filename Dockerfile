# One image for every role; compose.yaml says which command each container runs.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY service service
COPY workers workers
RUN python -m venv /opt/samestory \
    && /opt/samestory/bin/pip install --no-cache-dir -c constraints.txt '.[postgres]'

FROM python:3.12-slim
# numba compiles its kernels into a directory that each container may write: the root file system is read-only.
ENV PATH=/opt/samestory/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    NUMBA_CACHE_DIR=/tmp/numba \
    SAMESTORY_DATA=/data
RUN groupadd --gid 10001 samestory \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin samestory \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/samestory /opt/samestory
USER 10001:10001
WORKDIR /tmp
VOLUME /data
STOPSIGNAL SIGTERM
# The embedded engine on the container's own loopback: for commands such as `import`; compose.yaml opens a door.
CMD ["samestory", "serve"]
