# Sourced by scripts/run and scripts/test: makes .venv once, and again when pyproject.toml or constraints.txt change.
# Needs: $root, the checkout. Gives: set_up run|test. POSIX sh, Linux and macOS, no root.
# Outside the checkout only pip's own cache is written.

say() {
    printf 'archief: %s\n' "$*" >&2
}

# The first Python in PATH that is new enough and can make a virtual environment; $PYTHON when it is set.
find_python() {
    new_enough=
    set -- python3.13 python3.12 python3.11 python3
    [ -z "${PYTHON-}" ] || set -- "$PYTHON"
    for candidate; do
        # A name that pyenv knows but has not switched on is found and then fails: so each candidate is run.
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
        new_enough=$candidate
        "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue
        python=$candidate
        return 0
    done
    if [ -n "$new_enough" ]; then
        say "error: $new_enough cannot make a virtual environment (it has no ensurepip)"
        say "hint: on Debian and Ubuntu: apt-get install python3-venv"
    else
        say "error: no Python 3.11 or newer found (tried: $*)"
        say "hint: install one, or name it: PYTHON=/path/to/python3.12 $0"
    fi
    return 1
}

# What .venv must have been made from: the pins, the place (scripts in it name it) and this kind of set-up.
stamp_for() {
    printf '%s %s %s\n' "$1" "$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum | tr ' ' '-')" "$root"
}

# True when .venv holds what `run` or `test` needs. `test` holds all of `run`.
is_set_up() {
    [ -x "$root/.venv/bin/python" ] && [ -f "$root/.venv/set-up" ] || return 1
    made=$(cat "$root/.venv/set-up")
    [ "$made" = "$(stamp_for test)" ] || { [ "$1" = run ] && [ "$made" = "$(stamp_for run)" ]; }
}

# A symbolic link is made with its content in one step: it names the process that sets up.
lock() {
    until ln -s "$$" "$root/.venv.lock" 2>/dev/null; do
        holder=$(readlink "$root/.venv.lock" 2>/dev/null) || {
            [ -w "$root" ] && continue
            say "error: $root cannot be written to, and .venv must be made there"
            return 1
        }
        if kill -0 "$holder" 2>/dev/null; then
            sleep 1
        elif [ "$(readlink "$root/.venv.lock" 2>/dev/null)" = "$holder" ]; then
            rm -f "$root/.venv.lock" # its maker died
        fi
    done
    trap 'rm -f "$root/.venv.lock"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

unlock() {
    rm -f "$root/.venv.lock"
    trap - EXIT INT TERM HUP
}

install() {
    rm -f "$root/.venv/set-up" # an interrupted installation must not look finished
    if ! "$root/.venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 ||
        [ "$(cat "$root/.venv/place" 2>/dev/null)" != "$root" ]; then
        find_python || return 1
        # Keys and remembered heads live in .venv too: never remove it whole.
        rm -rf "$root/.venv/bin" "$root/.venv/include" "$root/.venv/lib" "$root/.venv/lib64" "$root/.venv/share"
        "$python" -m venv "$root/.venv" || return 1
        printf '%s\n' "$root" >"$root/.venv/place"
    fi
    extras=all
    [ "$1" = run ] || extras=all,dev
    # Only the variables reach the isolated build; pip 25.3 and later read the second one there.
    PIP_CONSTRAINT="$root/constraints.txt" PIP_BUILD_CONSTRAINT="$root/constraints.txt" \
        "$root/.venv/bin/python" -m pip --quiet --quiet --disable-pip-version-check \
        install --editable "$root[$extras]" || return 1
    stamp_for "$1" >"$root/.venv/set-up.new" && mv "$root/.venv/set-up.new" "$root/.venv/set-up"
}

set_up() {
    : "${ARCHIEF_KEYS:=$root/.venv/keys}" "${ARCHIEF_STATE:=$root/.venv/state}"
    export ARCHIEF_KEYS ARCHIEF_STATE
    is_set_up "$1" && return 0
    lock || return 1
    if ! is_set_up "$1"; then # another process may have done it while we waited
        say "setting up .venv (once, about a minute) ..."
        install "$1" || {
            say "error: setting up failed; nothing outside .venv was changed"
            say "hint: mend what is named above and type it again"
            return 1
        }
    fi
    unlock
}
