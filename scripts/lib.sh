# shellcheck shell=bash
# What the scripts share: where things are, what the machine lacks, a display of our own.
# Sourced, never run.
# The lists are for those who source this:
# shellcheck disable=SC2034

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")

# Absolute, so that it means the same folder wherever a script is called from.
case ${CARGO_TARGET_DIR:=target} in
    /*) ;;
    *) CARGO_TARGET_DIR=$root/$CARGO_TARGET_DIR ;;
esac
export CARGO_TARGET_DIR

# The window loads its libraries at run time, so nothing but this list names them.
window_packages=(
    libx11-6 libx11-xcb1 libxcb1 libxcursor1 libxi6 libxkbcommon0 libxkbcommon-x11-0
    libgl1 libglx-mesa0 libgl1-mesa-dri libfontconfig1
)
# Rust links with the C compiler; any `cc` will do.
build_packages=(libc6-dev)
command -v cc >/dev/null || build_packages+=(gcc)
display_packages=(xvfb openbox xdotool wmctrl imagemagick)
font_packages=(fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji)

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# A shell that was open when Rust came does not know it yet.
PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin
command -v cargo >/dev/null || fail 'cargo is missing: install Rust with rustup, then run this again'

# need PACKAGE…: installs what is missing, or says exactly what to install.
need() {
    if ! command -v dpkg-query >/dev/null; then
        printf 'note: not a Debian system, nothing is checked; needed here is what Debian calls: %s\n' "$*" >&2
        return
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID != 0)); then
        as_root=(sudo -n)
        if ! sudo -n true 2>/dev/null; then
            fail "missing packages, and no right to install them; run:" \
                "sudo apt-get install --no-install-recommends ${missing[*]}"
        fi
    fi
    printf 'installing: %s\n' "${missing[*]}" >&2
    # A source that is down need not be the one that has the packages.
    "${as_root[@]}" apt-get -qq update || printf 'note: apt-get update failed, going on\n' >&2
    local log
    # A hundred lines of unpacking are of interest only if they go wrong.
    log=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "${missing[@]}" 2>&1) ||
        fail "$log"$'\n'"could not install the packages, install them by hand: ${missing[*]}"
}

# One call for all packages and no more: every start waits for it.
missing_packages() {
    local package installed
    installed=$'\n'$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null)$'\n' || true
    for package in "$@"; do
        [[ $installed == *$'\n'"installed $package"$'\n'* ]] || printf '%s\n' "$package"
    done
}

# wait_until SECONDS COMMAND…: whether the command succeeded in time.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

# start_display: a private X server with a window manager; sets DISPLAY, ends with the script.
start_display() {
    scratch=$(mktemp -d)
    started=()
    trap stop_started EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    # The server itself looks for a free number and tells it when it is ready.
    # -noreset: else it starts anew whenever its last client leaves, and drops who comes just then.
    Xvfb -displayfd 3 -noreset -screen 0 "${display_size:-1400x900}x24" +extension GLX -nolisten tcp \
        3>"$scratch/number" 2>"$scratch/xvfb.log" &
    started+=($!)
    wait_until 20 test -s "$scratch/number" ||
        fail "no virtual display within 20 s: $(cat "$scratch/xvfb.log")"
    DISPLAY=:$(cat "$scratch/number")
    export DISPLAY
    unset WAYLAND_DISPLAY

    # Without a window manager nobody can ask a window politely to close.
    openbox &>"$scratch/openbox.log" &
    started+=($!)
    wait_until 20 manager_ready || fail "no window manager within 20 s: $(cat "$scratch/openbox.log")"
}

manager_ready() { wmctrl -m &>/dev/null; }

# Last started, first ended: the program must not lose its display under its hands.
stop_started() {
    local i
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        kill "${started[i]}" 2>/dev/null || true
        wait "${started[i]}" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
