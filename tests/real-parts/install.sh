#!/usr/bin/env bash
# Installs the real programs that the tests talk to, by package name: what a reader sends is proven by the program that
# is to receive it, not by an imitation. `tests/real-parts/README.md` says which test needs which.
#
#     tests/real-parts/install.sh
#
# Needs root where a Debian package is missing (apt-get), and npm and python3 for the rest. What is there already is
# left as it is, so it can be run again and again. What does not come as a Debian package goes to target/real-parts,
# or to $CALIPERS_REAL_PARTS. No daemon is started: each test starts its own, on free ports of 127.0.0.1, and ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

parts="${CALIPERS_REAL_PARTS:-$PWD/target/real-parts}"

# A program, and the Debian package that it comes in.
debian=(
  carbon-cache:graphite-carbon
  chromedriver:chromium-driver
  chromium:chromium
  whisper-fetch:graphite-carbon
  netdata:netdata-core
  prometheus:prometheus
  promtool:prometheus
  slowhttptest:slowhttptest
)

missing=()
for part in "${debian[@]}"; do
  command -v "${part%%:*}" >/dev/null || [ -x "/usr/sbin/${part%%:*}" ] || missing+=("${part##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# npm: the StatsD server itself. Without its optional dependencies, one of which needs a compiler.
if [ ! -f "$parts/node_modules/statsd/stats.js" ]; then
  if ! command -v npm >/dev/null; then
    echo '!! NO NPM ON PATH: install node with npm, then run this again' >&2
    exit 1
  fi
  mkdir -p "$parts"
  npm install --prefix "$parts" --no-optional --no-audit --no-fund --loglevel=error statsd@0.9.0
fi

# PyPI: the strictest reader of OpenMetrics there is, in an environment of its own.
if ! "$parts/prometheus-client/bin/python" -c 'import prometheus_client' 2>/dev/null; then
  if ! command -v python3 >/dev/null; then
    echo '!! NO PYTHON3 ON PATH: install python3 with venv, then run this again' >&2
    exit 1
  fi
  python3 -m venv --clear "$parts/prometheus-client"
  "$parts/prometheus-client/bin/pip" install --quiet --disable-pip-version-check prometheus_client==0.26.0
fi

# PyPI: OpenTelemetry's own definitions of the protocol, which otlp-receiver.py decodes with.
if ! "$parts/opentelemetry/bin/python" -c 'import opentelemetry.proto.metrics.v1.metrics_pb2' 2>/dev/null; then
  python3 -m venv --clear "$parts/opentelemetry"
  "$parts/opentelemetry/bin/pip" install --quiet --disable-pip-version-check opentelemetry-proto==1.45.0
fi

# PyPI: 0MQ, and what reads docs/distributed.proto, for peers of publishers and aggregators that are not ours.
if ! "$parts/pyzmq/bin/python" -c 'import zmq, grpc_tools.protoc' 2>/dev/null; then
  python3 -m venv --clear "$parts/pyzmq"
  "$parts/pyzmq/bin/pip" install --quiet --disable-pip-version-check pyzmq==27.0.0 grpcio-tools==1.74.0 setuptools==80.9.0
fi

# PyPI: the original tools, which are written in Python 2.7, each in an environment of its own. The last virtualenv that can
# make one needs a Python 3 that is not too new itself.
original() {
  local name="$1" version="$2"
  if "$parts/$name/bin/python" -c "import $name" 2>/dev/null; then
    return
  fi
  rm -f "$parts/$name.missing"
  local python2="${CALIPERS_PYTHON2:-}" python3
  [ -n "$python2" ] || python2="$(command -v python2.7 || true)"
  if ! "$python2" -c '' 2>/dev/null && command -v pyenv >/dev/null && pyenv prefix 2.7.18 >/dev/null 2>&1; then
    python2="$(pyenv prefix 2.7.18)/bin/python"
  fi
  if ! "$python2" -c '' 2>/dev/null; then
    mkdir -p "$parts"
    touch "$parts/$name.missing"
    echo "!! NO PYTHON 2.7 HERE, SO THE TESTS AGAINST THE ORIGINAL $name WILL BE SKIPPED, AND WILL SAY SO." \
      'With one installed (pyenv install 2.7.18), or named by CALIPERS_PYTHON2, run this again' >&2
    return
  fi
  if [ ! -x "$parts/virtualenv/bin/virtualenv" ]; then
    python3="$(command -v python3.11 || command -v python3)"
    "$python3" -m venv --clear "$parts/virtualenv"
    "$parts/virtualenv/bin/pip" install --quiet --disable-pip-version-check virtualenv==20.21.1
  fi
  "$parts/virtualenv/bin/virtualenv" --quiet --clear --python "$python2" "$parts/$name"
  "$parts/$name/bin/pip" install --quiet --disable-pip-version-check "$name==$version" 2>&1 | grep -v DEPRECATION || true
  "$parts/$name/bin/python" -c "import $name"
}
original mmstats 0.8.0
original statvent 1.0.1

echo "the real parts are installed; those without a Debian package are in $parts"
