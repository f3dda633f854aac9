# Sourced or run alone: installs the TLS scanners that scripts/prove lets loose on a peer port.
#
# testssl.sh comes from Debian, sslyze from PyPI into a venv of its own under .build/scanners. The second time nothing
# is left to do, and it says nothing.
[ "${BASH_SOURCE[0]}" != "$0" ] || source "$(dirname "$0")/prepare.sh"

scanners=.build/scanners
scanner_requirements="sslyze>=6.3,<7"

# need_scanners: makes the venv where it is absent or of another list, and installs the packages.
need_scanners() {
    need_packages python3 python3-venv testssl.sh openssl bsdextrautils dnsutils
    [ "$(cat "$scanners/requirements.txt" 2>/dev/null)" = "$scanner_requirements" ] && return
    say "installing sslyze from PyPI into $scanners"
    rm -rf "$scanners"
    python3 -m venv "$scanners" >&2
    "$scanners/bin/pip" install --quiet --disable-pip-version-check "$scanner_requirements" >&2 ||
        fail "PyPI's packages could not be installed; run: bash scripts/lib/scanners.sh"
    # Written last: a venv that was interrupted is made again.
    printf '%s' "$scanner_requirements" >"$scanners/requirements.txt"
}

need_scanners
