# calm-harness for NVIDIA GPUs, as `make install` sets it up, without what only developers need. From a clone:
#   docker build -f docker/cuda.Dockerfile -t calm-harness:cuda .
#   docker run --rm --gpus all -v "$PWD:/work" calm-harness:cuda doctor
# torch brings its own CUDA libraries, of the version of requirements/torch-cuda.txt; the driver is the host's.
FROM nvidia/cuda:13.0.1-base-ubuntu24.04

# Ubuntu 24.04 has Python 3.12, and the user 1000 already.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-dev python3-venv gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/* \
 && python3 -m venv /opt/venv \
 && mkdir /work \
 && chown 1000 /work
ENV PATH=/opt/venv/bin:$PATH

# Every file is checked by its hash; what has no wheel is built by what build.txt installs. The lists come before the
# code, so that a change of the code installs nothing anew.
WORKDIR /opt/calm-harness
COPY requirements/torch-cuda.txt requirements/build.txt requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/torch-cuda.txt \
 && pip install --no-cache-dir --require-hashes --no-deps -r requirements/build.txt \
 && pip install --no-cache-dir --require-hashes --no-deps --no-build-isolation -r requirements/run.txt

COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY calm_harness calm_harness
COPY retrieval retrieval
COPY tasks tasks
COPY trainer trainer
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
 && pip check \
 && calm doctor

USER 1000
WORKDIR /work
ENTRYPOINT ["calm"]
CMD ["--help"]
