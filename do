#!/bin/sh
# The front door: ./do run builds everything and serves the example, ./do test runs the whole suite.
# What each verb needs is installed first (Debian packages, with root or sudo); what takes long is
# kept in ~/.cache/withy.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
cd "$root"
. tools/steps.sh
jobs=${WITHY_JOBS:-$(nproc 2>/dev/null || echo 2)}

help() {
    cat <<END
Usage: ./do VERB

  run [OPTIONS]        build and serve the example application at http://127.0.0.1:3000
  test                 build and run the whole suite
  build                build build/withy and the library
  check                formatting, layers, headers, static analysis, sanitizers
  bench                measure
  fuzz [TARGET [SECONDS]]  fuzz one input format, or each in turn (default 60 seconds)
  fmt                  format the sources
  install [PREFIX]     install command and library (default /usr/local)
  help                 print this

run, test, build and install take --llm as their first argument: then withy runs language models by
itself, by llama.cpp, which is fetched and compiled once (10 minutes or more).

WITHY_WASMTIME=DIR uses an installed Wasmtime C API (DIR/include, DIR/lib) as the engine, WITHY_JOBS=N
runs N compilers at once, WITHY_CACHE_DIR names another cache than ~/.cache/withy.
END
}

# --- steps ---

packages() {
    begin "Looking for compilers and libraries"
    need_to_build
    [ "$llm" = OFF ] || need_to_run_models
    for more in "$@"; do "$more"; done
    install_missing
}

engine() {
    begin "Engine: Wasmtime's C API as one library (built once, minutes; then kept)"
    quiet engine tools/engine-build
    if [ ! -f "$(tools/engine-build 2>/dev/null)/lib/libwithy_engine.a" ]; then
        say "      this one is not withy's own: docs/limits.md says what differs"
    fi
    quiet llhttp tools/llhttp-fetch
    [ "$llm" = OFF ] || quiet llama tools/llama-build
}

# configure DIR OPTION...: CMake, again only when its options or the engine changed.
configure() {
    configure_dir=$1
    shift
    configure_options="$* engine=$(tools/engine-build 2>/dev/null)"
    if [ ! -f "$configure_dir/build.ninja" ] ||
        [ "$configure_options" != "$(cat "$configure_dir/options" 2>/dev/null)" ]; then
        quiet "configure-$configure_dir" cmake -S . -B "$configure_dir" -G Ninja "$@"
        printf '%s' "$configure_options" >"$configure_dir/options"
    fi
}

compile() {
    begin "Compiling ${1:-everything}"
    configure build -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DWITHY_LLM=$llm"
    # shellcheck disable=SC2086
    quiet compile ninja -C build -j "$jobs" ${1:-}
}

# Sources under the project's formatting rules: all but what wit-bindgen printed.
sources() {
    git ls-files '*.c' '*.h' | grep -v '/gen/'
}

# --- verbs ---

verb_build() {
    step_count=3
    packages
    engine
    compile
    say "Built build/withy; try: build/withy --help"
}

verb_run() {
    step_count=5
    address=127.0.0.1:3000 previous=
    for argument in "$@"; do
        case $previous in --listen | --addr | -a) address=$argument ;; esac
        case $argument in --listen=* | --addr=*) address=${argument#*=} ;; esac
        previous=$argument
    done
    packages
    engine
    compile withy
    begin "Building the example application, examples/counter"
    quiet example examples/counter/build
    begin "Serving it at http://$address (Ctrl-C stops it)"
    say ""
    say "      In a browser: http://$address"
    say "      In another terminal:"
    say "          curl http://$address/api/visits"
    say "          curl -X POST http://$address/api/visits"
    say ""
    exec build/withy up --from examples/counter "$@"
}

# Each part of the suite runs even when one before it failed; at the end stand the numbers of both.
verb_test() {
    step_count=5
    packages need_to_test
    engine
    compile
    begin "Unit tests, conformance, oracles (ctest)"
    passed=0 failed=0
    rm -f build/junit.xml
    ctest --test-dir build -j "$jobs" --output-on-failure --output-junit junit.xml || true
    count build/junit.xml
    begin "The command as a user meets it (pytest)"
    rm -f build/scenario.xml
    tests/scenario/run --junitxml "$root/build/scenario.xml" "$@" || true
    count build/scenario.xml
    report
}

# count JUNIT: a file that is not there is a failure.
count() {
    if [ ! -f "$1" ]; then
        failed=$((failed + 1))
        return 0
    fi
    count_tests=$(attribute tests "$1")
    count_bad=$(($(attribute failures "$1") + $(attribute errors "$1")))
    failed=$((failed + count_bad))
    passed=$((passed + count_tests - count_bad - $(attribute skipped "$1") - $(attribute disabled "$1")))
}

# attribute NAME JUNIT: a number of the first <testsuite>.
attribute() {
    attribute_value=$(tr '\n\t' '  ' <"$2" | sed -n "s/.*<testsuite [^>]* *$1=\"\([0-9]*\)\".*/\1/p" | head -n 1)
    echo "${attribute_value:-0}"
}

report() {
    say "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# Each check runs even when one before it failed, and counts as a test.
verb_check() {
    step_count=11
    packages need_to_check need_to_test
    engine
    compile
    passed=0 failed=0
    examine "Formatting (clang-format)" check_format
    examine "Layers" tools/layers
    examine "Limits in the docs" tools/limits --check
    examine "A test for each rule of the component model" tools/rules --quiet
    examine "Each header compiles alone" check_headers
    examine "Static analysis (clang-tidy; minutes the first time)" tools/tidy build "$jobs"
    examine "Compiled by clang: the fuzz targets over their seeds" replay_seeds
    begin "AddressSanitizer and UndefinedBehaviorSanitizer: all tests"
    sanitizers=ok
    WITHY_JOBS=$jobs tests/sanitize || sanitizers=reports
    count build-asan/junit.xml
    count build-asan/scenario.xml
    [ "$sanitizers" = ok ] || [ "$failed" != 0 ] || failed=1
    report
}

examine() {
    begin "$1"
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

check_format() { sources | xargs clang-format-14 --dry-run --Werror; }

# compile_fuzz_targets: all sources, compiled by the other compiler.
compile_fuzz_targets() {
    configure build-fuzz -DCMAKE_C_COMPILER=clang-14 -DWITHY_FUZZ=ON -DWITHY_SANITIZE=ON -DWITHY_TESTS=OFF
    quiet fuzz-compile ninja -C build-fuzz -j "$jobs"
}

fuzz_targets() { (cd build-fuzz/fuzz && ls -- *_fuzz | sed 's/_fuzz$//'); }

replay_seeds() (
    compile_fuzz_targets
    for target in $(fuzz_targets); do
        [ -d "tests/fuzz/$target" ] || continue
        quiet "fuzz-$target" "build-fuzz/fuzz/${target}_fuzz" -runs=0 -timeout=20 \
            -artifact_prefix="build-fuzz/$target-" "tests/fuzz/$target"
    done
)

check_headers() { ninja -C build -j "$jobs" headers; }

verb_bench() {
    [ -x bench/run ] || die "there is no bench/run in this tree"
    packages need_to_bench
    engine
    compile
    begin "Measuring"
    exec bench/run "$@"
}

verb_fuzz() {
    packages need_to_check
    engine
    begin "Compiling the fuzz targets (clang, sanitizers)"
    compile_fuzz_targets
    targets=${1:-}
    [ -n "$targets" ] && [ "$targets" != all ] || targets=$(fuzz_targets)
    for target in $targets; do
        [ -x "build-fuzz/fuzz/${target}_fuzz" ] ||
            die "no fuzz target $target; there are:" $(fuzz_targets)
        begin "Fuzzing $target for ${2:-60} seconds"
        mkdir -p "build-fuzz/corpus/$target"
        corpus=
        [ ! -d "tests/fuzz/$target" ] || corpus=tests/fuzz/$target
        # shellcheck disable=SC2086
        "build-fuzz/fuzz/${target}_fuzz" -max_total_time="${2:-60}" -timeout=20 -rss_limit_mb=4096 \
            -print_final_stats=1 -artifact_prefix="build-fuzz/$target-" "build-fuzz/corpus/$target" $corpus
    done
}

verb_fmt() {
    need_to_check
    install_missing
    sources | xargs clang-format-14 -i
}

verb_install() {
    prefix=${1:-/usr/local}
    step_count=4
    packages
    engine
    compile
    begin "Installing into $prefix"
    if mkdir -p "$prefix" 2>/dev/null && [ -w "$prefix" ]; then
        cmake --install build --prefix "$prefix"
    else
        as_root cmake --install build --prefix "$prefix"
        as_root rm -f build/install_manifest.txt # or the user could not write the next one
    fi
}

verb=${1:-help} llm=OFF
[ $# = 0 ] || shift
case $verb in
run | test | build | install)
    if [ "${1:-}" = --llm ]; then
        llm=ON
        shift
    fi
    ;;
esac
case $verb in
run | test | build | check | bench | fuzz | fmt | install) "verb_$verb" "$@" ;;
help | -h | --help) help ;;
*)
    help >&2
    die "no verb \"$verb\""
    ;;
esac
