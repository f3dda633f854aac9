# Sourced by scripts that play faults on real processes: finds a Python that reads YAML, and what namespaces want.

# need_faults: installs what faults want where that is allowed; without it everything is on loopback.
need_faults() {
    (need_packages python3 python3-yaml iproute2 nftables util-linux) ||
        say "some packages are missing; what wants them is left out"
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import yaml' 2>/dev/null; then return; fi
    done
    fail "no Python has yaml; run: apt-get install python3-yaml"
}
