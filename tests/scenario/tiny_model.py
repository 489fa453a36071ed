"""A language model in a GGUF file of half a megabyte whose answers are known: tests/scenario/tiny_model.py FILE.

Its vocabulary is bytes and a few letters. Attention and feed-forward layers add nothing, so what it says next depends
on the last token alone: the output row of each token is the sum of the embeddings of those before it. The alphabet goes on to
its end, digits go round for ever, '!' is followed by the two bytes of an e with an accent, '?' by the first of them."""

import random
import struct
import sys
from pathlib import Path

WIDTH, HEADS, LAYERS, HIDDEN, CONTEXT = 64, 2, 2, 32, 8192
UNKNOWN, BEGIN, END = range(3)
LETTERS = ["\u2581", *"abcdefghijklmnopqrstuvwxyz", *"0123456789", "!", "?"]
TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *LETTERS]
KINDS = [2, 3, 3, *[6] * 256, *[1] * len(LETTERS)]  # unknown, control, byte, normal
FLOAT32, UINT32, STRING, ARRAY, INT32 = 6, 4, 8, 9, 5


def token(text: str) -> int:
    return len(TOKENS) - len(LETTERS) + LETTERS.index(text)


def followers() -> dict[int, int]:
    after = {token(a): token(b) for a, b in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz")}
    after |= {token(a): token(b) for a, b in zip("0123456789", "1234567890")}
    first, second = 3 + 0xC3, 3 + 0xA9
    return after | {token("z"): END, token("!"): first, first: second, second: END}


def packed(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def value(kind: int, one) -> bytes:
    return packed(one) if kind == STRING else struct.pack({FLOAT32: "<f", UINT32: "<I", INT32: "<i"}[kind], one)


def entry(key: str, kind: int, one) -> bytes:
    if not isinstance(one, list):
        return packed(key) + struct.pack("<I", kind) + value(kind, one)
    items = b"".join(value(kind, item) for item in one)
    return packed(key) + struct.pack("<IIQ", ARRAY, kind, len(one)) + items


def weights(layers: int) -> dict[str, tuple[list[int], list[float]]]:
    chance = random.Random(1)
    embeddings = [[chance.choice((-1.0, 1.0)) for _ in range(WIDTH)] for _ in TOKENS]
    out = [[0.0] * WIDTH for _ in TOKENS]
    for before, after in followers().items():
        out[after] = [a + b for a, b in zip(out[after], embeddings[before])]
    noise = lambda rows, columns: ([columns, rows], [chance.uniform(-0.1, 0.1) for _ in range(rows * columns)])
    nothing = lambda rows, columns: ([columns, rows], [0.0] * (rows * columns))
    tensors = {
        "token_embd.weight": ([WIDTH, len(TOKENS)], sum(embeddings, [])),
        "output_norm.weight": ([WIDTH], [1.0] * WIDTH),
        "output.weight": ([WIDTH, len(TOKENS)], sum(out, [])),
    }
    for layer in range(layers):
        parts = {
            **{f"attn_{name}": noise(WIDTH, WIDTH) for name in "qkv"},
            "attn_output": nothing(WIDTH, WIDTH),
            "ffn_gate": noise(HIDDEN, WIDTH),
            "ffn_up": noise(HIDDEN, WIDTH),
            "ffn_down": nothing(WIDTH, HIDDEN),
            "attn_norm": ([WIDTH], [1.0] * WIDTH),
            "ffn_norm": ([WIDTH], [1.0] * WIDTH),
        }
        tensors |= {f"blk.{layer}.{name}.weight": part for name, part in parts.items()}
    return tensors


def write(path: Path, layers: int = LAYERS) -> Path:
    settings = [
        ("general.architecture", STRING, "llama"),
        ("llama.context_length", UINT32, CONTEXT),
        ("llama.embedding_length", UINT32, WIDTH),
        ("llama.block_count", UINT32, layers),
        ("llama.feed_forward_length", UINT32, HIDDEN),
        ("llama.attention.head_count", UINT32, HEADS),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        ("llama.rope.dimension_count", UINT32, WIDTH // HEADS),
        ("tokenizer.ggml.model", STRING, "llama"),
        ("tokenizer.ggml.tokens", STRING, TOKENS),
        ("tokenizer.ggml.scores", FLOAT32, [0.0] * len(TOKENS)),
        ("tokenizer.ggml.token_type", INT32, KINDS),
        ("tokenizer.ggml.unknown_token_id", UINT32, UNKNOWN),
        ("tokenizer.ggml.bos_token_id", UINT32, BEGIN),
        ("tokenizer.ggml.eos_token_id", UINT32, END),
    ]
    tensors = weights(layers)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(settings))
    head += b"".join(entry(*setting) for setting in settings)
    data = b""
    for name, (shape, numbers) in tensors.items():
        head += packed(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", 0, len(data))
        data += struct.pack(f"<{len(numbers)}f", *numbers)
        data += b"\0" * (-len(data) % 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + data)
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]))
