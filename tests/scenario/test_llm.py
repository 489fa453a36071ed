"""fermyon:spin/llm over servers of both forms, as they should be and as they are."""

import concurrent.futures
import socket
import time

import pytest
from llm_server import TOKEN, Provider
from tls_server import Authority

MANIFEST = """
spin_manifest_version = 2
[application]
name = "llm"
[[trigger.http]]
route = "/..."
component = "asker"
[component.asker]
source = "{source}"
ai_models = ["llama2-chat", "org/model-1.5:8b", "all-minilm-l6-v2"]
"""

RUNTIME = """
[llm_compute]
type = "remote_http"
url = "{url}"
auth_token = "{token}"
api_type = "{api}"
"""


@pytest.fixture
def provider():
    running: list[Provider] = []

    def begin(answer=None, **options) -> Provider:
        running.append(Provider(answer, **options))
        return running[-1]

    yield begin
    for one in running:
        one.stop()


@pytest.fixture
def app(start, guest, tmp_path):
    def begin(url=None, api="default", *flags, source="llm", token=TOKEN, env=None, more=""):
        (tmp_path / "spin.toml").write_text(MANIFEST.format(source=guest(source)) + more)
        if url:
            (tmp_path / "runtime.toml").write_text(RUNTIME.format(url=url, api=api, token=token))
            flags += ("--runtime-config-file", str(tmp_path / "runtime.toml"))
        return start("up", *flags, cwd=tmp_path, env=env)

    return begin


def infer(host, prompt="Say hello", model="llama2-chat", more="", timeout=60) -> str:
    answer = host.ask(f"/infer?model={model}{more}", "POST", body=prompt.encode(), timeout=timeout)
    assert answer.status == 200
    return answer.text


def embed(host, *texts, model="all-minilm-l6-v2") -> str:
    answer = host.ask(f"/embed?model={model}", "POST", body="".join(text + "\n" for text in texts).encode())
    assert answer.status == 200
    return answer.text


def chunk(content=None, finish=None, **more) -> dict:
    return {"choices": [{"index": 0, "delta": {} if content is None else {"content": content}, "finish_reason": finish}], **more}


# --- Spin's own form ---


@pytest.mark.parametrize("source", ["llm", "llm-1"])
def test_spins_form(app, provider, source):
    server = provider(lambda q: q.json({"text": "Hello 🌍", "usage": {"promptTokenCount": 7, "generatedTokenCount": 3}}))
    host = app(server.url + "/models/", source=source)
    assert infer(host, 'Say "hello"\n\t') == "7 3\nHello 🌍"
    assert infer(host, more="&max=5&temperature=250") == "7 3\nHello 🌍"
    first, second = server.asked
    assert first.path == "/models/infer" and first.headers["authorization"] == f"Bearer {TOKEN}"
    options = {
        "maxTokens": 100,
        "repeatPenalty": 1.1,
        "repeatPenaltyLastNTokenCount": 64,
        "temperature": 0.8,
        "topK": 40,
        "topP": 0.9,
    }
    assert first.body == {"model": "llama2-chat", "prompt": 'Say "hello"\n\t', "options": options}
    assert second.body["options"] == {**options, "maxTokens": 5, "temperature": 0.25}
    assert TOKEN not in host.log


def test_embeddings_in_spins_form(app, provider):
    vectors = [[0.5, -0.25, 1], [0, 1e-3, 2.5]]
    server = provider(lambda q: q.json({"embeddings": vectors, "usage": {"promptTokenCount": 4}}))
    host = app(server.url)
    assert embed(host, "one", "zwei…") == "4\n3 500 -250 1000\n3 0 1 2500\n"
    assert server.asked[0].path == "/embed"
    assert server.asked[0].body == {"model": "all-minilm-l6-v2", "input": ["one", "zwei…"]}
    assert embed(host) == "0\n" and len(server.asked) == 1


def test_large_embeddings(app, provider):
    vectors = [[0.123456] * 20000 for _ in range(50)]  # more than is understood on the loop itself
    host = app(provider(lambda q: q.json({"embeddings": vectors})).url)
    lines = embed(host, *["x"] * 50).splitlines()
    assert lines[0] == "0" and lines[1:] == ["20000 123 123 123 123"] * 50


# --- OpenAI's form ---


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_openais_form(app, provider, end):
    def answer(q):
        q.stream()
        q.piece(b": a comment\r\n\r\nevent: x\r\nid: 1\r\n")
        q.event(chunk("", role="assistant"))
        for part in ("Hello", " ", "🌍"):
            q.event(chunk(part))
        split = b'data: {"choices": [{"delta":\r\ndata: {"content": "!"}, "finish_reason": null}]}\r\n\r\n'
        for at in range(0, len(split), 7):
            q.piece(split[at : at + 7])
        q.event(chunk(finish="stop"))
        q.event({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}})
        q.event(b"[DONE]")
        q.end()

    server = provider(answer)
    host = app(server.url + end, "open_ai")
    for _ in range(3):
        assert infer(host, model="org/model-1.5:8b") == "9 4\nHello 🌍!"
    asked = server.asked[0]
    assert asked.path == "/v1/chat/completions" and asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.body == {
        "model": "org/model-1.5:8b",
        "messages": [{"role": "user", "content": "Say hello"}],
        "max_tokens": 100,
        "temperature": 0.8,
        "top_p": 0.9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_server_that_does_not_stream(app, provider):
    answer = {
        "choices": [{"message": {"role": "assistant", "content": "All at once"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 5},
    }
    assert infer(app(provider(lambda q: q.json(answer)).url, "open_ai")) == "2 5\nAll at once"


def test_embeddings_in_openais_form(app, provider):
    def answer(q):
        data = [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1, 0.5]}]
        q.json({"data": data, "usage": {"prompt_tokens": 6, "total_tokens": 6}})

    server = provider(answer)
    assert embed(app(server.url, "open_ai"), "a", "b") == "6\n2 1000 500\n1 2000\n"
    assert server.asked[0].path == "/v1/embeddings"
    assert server.asked[0].body == {"model": "all-minilm-l6-v2", "input": ["a", "b"], "encoding_format": "float"}


def test_what_a_server_refuses_by_name_is_asked_otherwise(app, provider):
    def answer(q):
        for name in ("max_tokens", "temperature", "top_p"):
            if name in q.body:
                q.json({"error": {"message": f"Unsupported: '{name}'", "param": name, "code": "unsupported"}}, 400)
                return
        q.json({"choices": [{"message": {"content": str(q.body["max_completion_tokens"])}}]})

    server = provider(answer)
    assert infer(app(server.url, "open_ai"), more="&max=11") == "0 0\n11"
    assert len(server.asked) == 4


def test_a_server_without_chat(app, provider):
    def answer(q):
        if q.path == "/v1/chat/completions":
            q.whole(404, b"<h1>Not found</h1>")
            return
        assert q.body["prompt"] == "Say hello" and "messages" not in q.body
        q.stream()
        q.event({"choices": [{"text": "Hello"}]})
        q.event({"choices": [{"text": " you", "finish_reason": "length"}]})
        q.end()  # not every server sends [DONE]

    server = provider(answer)
    assert infer(app(server.url, "open_ai")) == "0 0\nHello you"
    assert [q.path for q in server.asked] == ["/v1/chat/completions", "/v1/completions"]


# --- what goes wrong ---


def failing(name):
    return lambda q: q.json({"error": {"message": name, "code": None, "param": None}}, int(name.split()[-1]))


def cut_stream(q):
    q.stream()
    q.event(chunk("Hel"))
    q.cut()


def ended_stream(q):
    q.stream()
    q.event(chunk("Hel"))
    q.end()


def bad_stream(q):
    q.stream()
    q.event(chunk("Hel"))
    q.event(b"{not json")
    q.end()


def failing_stream(q):
    q.stream()
    q.event(chunk("Hel"))
    q.event({"error": {"message": "out of cards"}})
    q.end()


def endless_event(q):
    q.stream()
    for _ in range(64):
        q.piece(b"data: " if _ == 0 else b"x" * 65536)
    q.end()


def endless_stream(q):
    q.stream()
    for _ in range(200):
        q.event(chunk("x" * 500_000))
    q.event(b"[DONE]")
    q.end()


def cut_body(q):
    q.head(200, content_type="application/json", content_length=1000)
    q.handler.wfile.write(b'{"text": "')
    q.cut()


BOTH = [
    (failing("bad key 401"), "runtime-error", ["status 401", "does not accept the token", "bad key 401"]),
    (failing("forbidden 403"), "runtime-error", ["status 403"]),
    (failing("slow down 429"), "runtime-error", ["status 429", "too many requests"]),
    (failing("too long 400"), "invalid-input", ["status 400", "too long 400"]),
    (failing("broken 500"), "runtime-error", ["status 500", "broken 500"]),
    (lambda q: q.whole(502, b"<html>bad gateway</html>"), "runtime-error", ["status 502"]),
    (lambda q: q.whole(200, b"<html>welcome</html>"), "runtime-error", ["it is not JSON"]),
    (lambda q: q.whole(200, b""), "runtime-error", ["it is not JSON"]),
    (lambda q: q.whole(200, b"[" * 100_000), "runtime-error", ["it is not JSON"]),
    (lambda q: q.whole(200, b'{"text": "\xff"}'), "runtime-error", ["it is not JSON"]),
    (lambda q: q.json({"text": 7, "choices": 7}), "runtime-error", ["something else than was asked for"]),
    (lambda q: q.json({"error": {"message": f"no such key: {TOKEN}"}}, 401), "runtime-error", ["status 401"]),
    (lambda q: q.head(302, location="http://127.0.0.1:1/", content_length=0), "runtime-error", ["status 302"]),
    (lambda q: q.handler.wfile.write(b"SSH-2.0-x\r\n") and q.cut(), "runtime-error", ["127.0.0.1"]),
    (lambda q: q.cut(), "runtime-error", ["127.0.0.1"]),
    (cut_body, "runtime-error", ["127.0.0.1"]),
]
STREAMS = [
    (cut_stream, "runtime-error", ["127.0.0.1"]),
    (ended_stream, "runtime-error", ["ends in the middle"]),
    (bad_stream, "runtime-error", ["not JSON"]),
    (failing_stream, "runtime-error", ["out of cards"]),
    (endless_event, "runtime-error", ["more than is allowed"]),
    (endless_stream, "runtime-error", ["more than is allowed"]),
    (failing("no such model 404"), "model-not-supported", []),
]


@pytest.mark.parametrize(
    ("api", "answer", "error", "words"),
    [("default", *row) for row in BOTH] + [("open_ai", *row) for row in BOTH + STREAMS],
)
def test_what_goes_wrong(app, provider, api, answer, error, words):
    host = app(provider(answer).url, api)
    said = infer(host)
    assert said.startswith(f"error {error}")
    for word in words:
        assert word in said
    assert TOKEN not in said and TOKEN not in host.log


@pytest.mark.parametrize("api", ["default", "open_ai"])
@pytest.mark.parametrize("answer", [[], [[1], [2]], [["x"]], [None], [[1e300]], {}])
def test_embeddings_that_are_none(app, provider, api, answer):
    data = [{"embedding": one} for one in answer] if isinstance(answer, list) else answer
    host = app(provider(lambda q: q.json({"embeddings": answer, "data": data})).url, api)
    assert embed(host, "one text").startswith("error runtime-error the model's server answered something else")


def test_nobody_listens(app):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        said = infer(app(f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert said.startswith("error runtime-error 127.0.0.1:") and "refused" in said


def test_a_server_that_restarts(app, provider):
    def answer(q):
        q.json({"text": "still here"})

    first = provider(answer)
    host = app(first.url, "default", "--workers", "1")
    assert infer(host) == "0 0\nstill here"
    first.stop()
    assert infer(host).startswith("error runtime-error")
    provider(answer, port=first.port)
    assert infer(host) == "0 0\nstill here"


def drips(q):
    """An answer that takes ten seconds, in either form."""
    kind = "text/event-stream" if "messages" in q.body else "application/json"
    q.head(200, content_type=kind, transfer_encoding="chunked")
    for _ in range(200):
        q.piece(b" \n")
        time.sleep(0.05)


@pytest.mark.parametrize("api", ["default", "open_ai"])
def test_a_client_that_leaves_ends_the_servers_work(app, provider, api):
    server = provider(drips)
    host = app(server.url, api)
    with host.open() as client:
        client.request("POST", "/infer?model=llama2-chat", body=b"x")
        client.fill()  # the head
        while not server.asked:
            time.sleep(0.01)
    assert server.broken.wait(5)


@pytest.mark.parametrize("api", ["default", "open_ai"])
def test_a_deadline_ends_the_servers_work(app, provider, api):
    server = provider(drips)
    host = app(server.url, api, "--timeout", "500")
    begun = time.monotonic()
    assert not host.ask("/infer?model=llama2-chat", "POST", body=b"x").complete
    assert time.monotonic() - begun < 5
    assert server.broken.wait(5)


def test_many_at_once_wait_for_a_slow_server(app, provider):
    def answer(q):
        time.sleep(1)
        q.json({"text": q.body["prompt"]})

    host = app(provider(answer).url, "default", "--workers", "1")
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        said = list(pool.map(lambda n: infer(host, f"number {n}"), range(32)))
    assert said == [f"0 0\nnumber {n}" for n in range(32)]
    assert time.monotonic() - begun < 15


def test_over_https_with_the_systems_roots(app, provider, tmp_path):
    (tmp_path / "ca").mkdir()
    authority = Authority(tmp_path / "ca")
    server = provider(lambda q: q.json({"text": "sealed"}), certificate=authority.certificate("DNS:localhost"))
    assert infer(app(server.url, env={"SSL_CERT_FILE": str(authority.ca)})) == "0 0\nsealed"
    assert infer(app(server.url)).startswith("error runtime-error localhost:")


# --- what is not permitted or cannot be ---


def test_a_model_that_is_not_granted(app, provider):
    server = provider(lambda q: q.json({"text": "?"}))
    host = app(server.url)
    assert infer(host, model="other") == (
        'error invalid-input component "asker" may not use the model \'other\'; to allow it, add to its table in the '
        'manifest:\n    ai_models = ["other"]\n'
    )
    assert embed(host, "x", model="other").startswith("error invalid-input")
    assert not server.asked
    host.wait_for_log("may not use the model 'other'")


def test_without_a_manifest_there_is_no_model(serve):
    said = infer(serve("llm"))
    assert said == "error invalid-input this component may use no model\n"


def test_parameters_that_are_no_numbers(app, provider):
    server = provider(lambda q: q.json({"text": "?"}))
    assert infer(app(server.url), more="&max=1&nan=1").startswith("error invalid-input")
    assert not server.asked


def test_a_prompt_that_is_too_large(app, provider):
    server = provider(lambda q: q.json({"text": str(len(q.body["prompt"]))}))
    host = app(server.url)
    assert infer(host, "x" * (16 << 20)) == f"0 0\n{16 << 20}"
    assert infer(host, "x" * ((16 << 20) + 1)).startswith("error invalid-input the prompt has 16777217 bytes")


@pytest.mark.parametrize(
    ("inherit", "said"),
    [('["ai_models"]', "0 0\nhi"), ("[]", "error invalid-input this component may use no model\n")],
)
def test_a_dependency_uses_what_it_inherits(app, provider, guest, inherit, said):
    server = provider(lambda q: q.json({"text": "hi"}))
    handler = f'"wasi:http/incoming-handler@0.2.0" = {{ path = "{guest("llm")}", inherit_configuration = {inherit} }}'
    host = app(server.url, source="forward", more=f"[component.asker.dependencies]\n{handler}\n")
    assert infer(host) == said
