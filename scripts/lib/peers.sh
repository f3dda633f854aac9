# Sourced by scripts/test, or run alone: installs the real clients and servers that the process tests use.
#
# Python packages go into a venv of their own under .build/peers; Prometheus and node_exporter come from Debian, and
# the tests start them themselves, on ports of their own. The second time nothing is left to do, and it says nothing.
[ "${BASH_SOURCE[0]}" != "$0" ] || source "$(dirname "$0")/prepare.sh"

peers=.build/peers
peer_requirements="opentelemetry-sdk>=1.30,<2 opentelemetry-proto>=1.30,<2
opentelemetry-exporter-otlp-proto-http>=1.30,<2 opentelemetry-exporter-otlp-proto-grpc>=1.30,<2
prometheus-client>=0.20,<1 zstandard>=0.22,<1 h2>=4.1,<5
kubernetes-validate>=1.31,<2 PyYAML>=6,<7"

# need_peers: makes the venv where it is absent or of another list, and installs the packages.
need_peers() {
    need_packages python3 python3-venv curl util-linux prometheus prometheus-node-exporter systemd
    [ "$(cat "$peers/requirements.txt" 2>/dev/null)" = "$peer_requirements" ] && return
    say "installing OpenTelemetry's Python SDK and other clients from PyPI into $peers"
    rm -rf "$peers"
    python3 -m venv "$peers" >&2
    # shellcheck disable=SC2086 # one word for each requirement
    "$peers/bin/pip" install --quiet --disable-pip-version-check $peer_requirements >&2 ||
        fail "PyPI's packages could not be installed; run: bash scripts/lib/peers.sh"
    # Written last: a venv that was interrupted is made again.
    printf '%s' "$peer_requirements" >"$peers/requirements.txt"
}

need_peers
