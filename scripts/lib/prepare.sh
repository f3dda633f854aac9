# Sourced by the other scripts: finds the repository, speaks in phases, and installs what a build needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

packages="libssl-dev libzstd-dev libxxhash-dev libsnappy-dev libsqlite3-dev libncurses-dev zlib1g-dev"

# say TEXT: one line of progress on standard error.
say() { printf '\033[1m==\033[0m %s\n' "$*" >&2; }

# fail TEXT: says why and stops.
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# need_packages NAME...: installs Debian packages that are missing, or says the command that does.
need_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local install="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" = 0 ]; then
        say "installing ${missing[*]}"
        (apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install -qq) >&2
    elif sudo -n true 2>/dev/null; then
        say "installing ${missing[*]}"
        (sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive $install -qq) >&2
    else
        fail "packages are missing; run: sudo apt-get update && sudo $install"
    fi
}

# need_swift: checks the toolchain.
need_swift() {
    command -v swift >/dev/null || fail "a Swift 6.3 toolchain is needed: https://www.swift.org/install/linux/"
    swift --version 2>/dev/null | grep -qE 'Swift version (6\.[3-9]|[7-9]|[1-9][0-9])' ||
        fail "Swift 6.3 or newer is needed, this is: $(swift --version 2>/dev/null | head -n 1)"
}

# build release|debug [ARGUMENTS]: builds the program and prints its path.
build() {
    local kind=$1
    shift
    local flags=(-c "$kind")
    [ "$kind" = release ] && flags+=(--static-swift-stdlib)
    say "building ($kind); the first time takes 5 to 20 minutes"
    swift build "${flags[@]}" --product neoscope "$@" >&2
    echo "$PWD/.build/$kind/neoscope"
}
