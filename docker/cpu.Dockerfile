# calm-harness for CPUs, as `make install` sets it up, without what only developers need. From a clone:
#   docker build -f docker/cpu.Dockerfile -t calm-harness .
#   docker run --rm -v "$PWD:/work" calm-harness doctor
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 calm \
 && mkdir /work \
 && chown 1000 /work

# Every file is checked by its hash; what has no wheel is built by what build.txt installs. The lists come before the
# code, so that a change of the code installs nothing anew.
WORKDIR /opt/calm-harness
COPY requirements/torch-cpu.txt requirements/build.txt requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/torch-cpu.txt \
      --index-url https://download.pytorch.org/whl/cpu \
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
