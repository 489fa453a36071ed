# Shell functions for ./do: numbered steps with progress and a log, and installing what is missing.
# Sourced with `root` set to the top of the tree. POSIX sh.

if [ -t 1 ]; then
    bold=$(printf '\033[1m') red=$(printf '\033[31m') plain=$(printf '\033[0m') clear=$(printf '\r\033[K')
else
    bold= red= plain= clear=
fi
[ -z "${NO_COLOR:-}" ] || bold= red= plain=
step_number=0
step_count=${step_count:-}
heartbeat=
trap 'stop_heartbeat' EXIT
trap 'stop_heartbeat; exit 130' INT
trap 'stop_heartbeat; exit 143' TERM

say() { printf '%s\n' "$*"; }
die() {
    printf '%s\n' "${red}error:${plain} $*" >&2
    exit 1
}

# The marker tells it too: a signal that comes right after the fork can get lost.
stop_heartbeat() {
    [ -n "$heartbeat" ] || return 0
    rm -f "$quiet_log.running"
    kill "$heartbeat" 2>/dev/null || true
    heartbeat=
}

# Shows that something goes on while its output is in a log: on a terminal one line that is rewritten
# every second, else a line every 30 seconds.
beat() {
    beat_seconds=0
    while sleep 1; do
        [ -e "$1.running" ] && kill -0 $$ 2>/dev/null || exit 0
        beat_seconds=$((beat_seconds + 1))
        beat_line=$(tail -n 5 "$1" 2>/dev/null | tr "\r" "\n" | grep . | tail -n 1 | cut -c1-66)
        if [ -n "$clear" ]; then
            printf '%s      %s s  %s' "$clear" "$beat_seconds" "$beat_line"
        elif [ $((beat_seconds % 30)) = 0 ]; then
            say "      $beat_seconds s  $beat_line"
        fi
    done
}

# begin TITLE: announces the next step.
begin() {
    step_number=$((step_number + 1))
    say "${bold}[$step_number${step_count:+/$step_count}]${plain} $1"
}

# quiet NAME COMMAND...: runs the command with its output in build/log/NAME, showing progress; on
# failure prints the end of the log and gives up.
quiet() {
    quiet_log=$root/build/log/$1
    shift
    mkdir -p "$root/build/log"
    : >"$quiet_log"
    : >"$quiet_log.running"
    quiet_start=$(date +%s)
    beat "$quiet_log" &
    heartbeat=$!
    quiet_status=0
    "$@" >"$quiet_log" 2>&1 </dev/null || quiet_status=$?
    stop_heartbeat
    printf '%s' "$clear"
    if [ "$quiet_status" != 0 ]; then
        tail -n 60 "$quiet_log" >&2
        die "failed with status $quiet_status: $* (all of its output: $quiet_log)"
    fi
    quiet_seconds=$(($(date +%s) - quiet_start))
    [ "$quiet_seconds" -lt 3 ] || say "      done in $quiet_seconds s"
}

# --- what must be installed ---

missing=
want() {
    case "$missing " in *" $1 "*) ;; *) missing="$missing $1" ;; esac
}
# need_command COMMAND PACKAGE, need_library PKG-CONFIG-NAME PACKAGE
need_command() { command -v "$1" >/dev/null 2>&1 || want "$2"; }
need_library() { pkg-config --exists "$1" 2>/dev/null || want "$2"; }

# Whether tools/engine-build will find what it needs: a cargo that is new enough, or a made engine.
engine_at_hand() {
    [ -z "${WITHY_WASMTIME:-}" ] || return 0
    "$root/tools/engine-build" --is-cached && return 0
    "$root/tools/engine-build" --which-cargo >/dev/null
}

need_to_build() {
    need_command cc gcc
    [ -e /usr/include/stdlib.h ] || want libc6-dev
    need_command cmake cmake
    need_command ninja ninja-build
    need_command pkg-config pkg-config
    need_command python3 python3
    need_library libuv libuv1-dev
    need_library sqlite3 libsqlite3-dev
    need_library libssl libssl-dev
    need_library libxxhash libxxhash-dev
    need_library hiredis libhiredis-dev
    need_library libpq libpq-dev
    need_library libmariadb libmariadb-dev
    need_library cmocka libcmocka-dev
    need_library jansson libjansson-dev
    need_library zlib zlib1g-dev
    [ -e /etc/ssl/certs/ca-certificates.crt ] || want ca-certificates
    "$root/tools/llhttp-fetch" --is-cached || python3 -m pip --version >/dev/null 2>&1 || want python3-pip
    if ! engine_at_hand && command -v apt-get >/dev/null 2>&1; then
        # Debian 12 keeps a recent Rust under these names. Where there is none, any cargo fetches the
        # headers for the prebuilt engine that pip fetches.
        apt_refresh
        if apt-cache policy cargo-web 2>/dev/null | grep -q 'Candidate: 1'; then
            want cargo-web
            want rustc-web
        else
            need_command cargo cargo
        fi
        python3 -m pip --version >/dev/null 2>&1 || want python3-pip
    fi
}

need_to_run_models() {
    need_command c++ g++
    "$root/tools/llama-build" --is-cached || python3 -m pip --version >/dev/null 2>&1 || want python3-pip
}

need_to_check() {
    need_command clang-14 clang-14
    need_command clang-format-14 clang-format-14
    need_command clang-tidy-14 clang-tidy-14
    [ -e /usr/lib/llvm-14/lib/clang ] && ls /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-* \
        >/dev/null 2>&1 || want libclang-rt-14-dev
}

# Servers that the tests talk to, and a compiler for C++ that includes the public headers.
need_to_test() {
    need_command c++ g++
    need_command redis-server redis-server
    need_command mosquitto mosquitto
    need_command mosquitto_sub mosquitto-clients
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || want postgresql
    need_command mariadbd mariadb-server
    need_command docker-registry docker-registry
    need_command zsh zsh
    need_command fish fish
    need_command mandoc mandoc
}

need_to_bench() {
    need_command wrk wrk
    need_command redis-server redis-server
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        die "not root and no sudo: run this as root: $*"
    fi
}

apt_refreshed=
apt_refresh() {
    [ -z "$apt_refreshed" ] || return 0
    command -v apt-get >/dev/null 2>&1 || return 0
    [ "$(id -u)" = 0 ] || ! command -v sudo >/dev/null 2>&1 || sudo -v
    quiet apt-update as_root apt-get update -q
    apt_refreshed=1
}

# Installs what `want` collected.
install_missing() {
    if [ -z "$missing" ]; then
        say "      all there"
        return 0
    fi
    command -v apt-get >/dev/null 2>&1 || die "install these (Debian's names) first:$missing"
    say "      installing with apt:$missing"
    apt_refresh
    # shellcheck disable=SC2086
    quiet apt-install as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends $missing
    missing=
}
