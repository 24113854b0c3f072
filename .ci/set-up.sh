# Sourced by the scripts in bin/.

# Makes .venv and installs exactly what a requirements file names.
# Does nothing where that has been done.

set_up() {
    python=""
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "Python 3.11 or newer is needed. Install it, or set PYTHON to its path." >&2
        exit 1
    fi
    if [ ! -x .venv/bin/python ]; then
        if ! "$python" -m venv .venv; then
            rm -rf .venv
            echo "Could not make .venv. On Debian and Ubuntu: apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    stamp=.venv/installed-$1
    if ! cmp -s "$1" "$stamp"; then
        echo "Installing $1 into .venv ..." >&2
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
        cp "$1" "$stamp"
    fi
}

# Finds a program that the tests need, installs it where it may, or says how.

find_service() { # package, then the names that its program may have
    package=$1
    shift
    for program in "$package" "$@"; do
        # Debian has servers where only root looks for programs.
        if (PATH=$PATH:/usr/sbin && command -v "$program") >/dev/null 2>&1; then return; fi
    done
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "Installing $package ..." >&2
        apt-get update -qq >&2
        without_starting env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >&2
        return
    fi
    echo "The tests need $package. Install it, for example: sudo apt-get install $package" >&2
    exit 1
}

# Runs a command that installs packages; on Debian a policy says that they start no services.

without_starting() {
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    status=0
    "$@" || status=$?
    rm -f "$policy"
    return $status
}
