# Makes %NAME%.wasm with Go's own compiler: a program for WASI's preview 1, and from that a component.
set -eu
adapter=${WASI_ADAPTER:-wasi_snapshot_preview1.command.wasm}
if ! [ -f "$adapter" ]; then
    curl -fsSL -o "$adapter" "https://github.com/bytecodealliance/wasmtime/releases/download/v48.0.1/$adapter"
fi
GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags="-s -w" -o go.wasm .

# Go takes all memory that is added later for its own, also the two pages that the adapter adds: so the
# memory has its full size, 256 MiB, from the start, and may grow by no more than those.
wasm-tools print go.wasm | sed '0,/(memory (;0;) [0-9]*)/s//(memory (;0;) 4096 4098)/' | wasm-tools parse -o core.wasm
wasm-tools component new core.wasm --adapt "wasi_snapshot_preview1=$adapter" -o %NAME%.wasm
rm go.wasm core.wasm
