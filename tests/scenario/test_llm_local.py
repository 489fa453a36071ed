"""fermyon:spin/llm without a server: models in files, where the command was built with llama.cpp; else the refusal."""

import concurrent.futures
import mmap
import time

import pytest
import tiny_model

MANIFEST = """
spin_manifest_version = 2
[application]
name = "llm"
[[trigger.http]]
route = "/..."
component = "asker"
[component.asker]
source = "{source}"
ai_models = ["tiny", "org/tiny:1", "loose", "broken", "other-form", "absent", "m0", "m1", "m2", "m3", "m4", "m5"]
"""


@pytest.fixture(scope="session")
def runs_models(withy) -> bool:
    with open(withy, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"general.architecture") >= 0


@pytest.fixture
def app(start, guest, tmp_path):
    def begin(*flags, cwd=tmp_path):
        (cwd / "spin.toml").write_text(MANIFEST.format(source=guest("llm")))
        return start("up", "--workers", "1", *flags, cwd=cwd)

    return begin


@pytest.fixture
def models(runs_models, tmp_path):
    if not runs_models:
        pytest.skip("this command was not built with `./do build --llm`")
    folder = tmp_path / ".spin" / "ai-models"
    tiny_model.write(folder / "llama" / "tiny" / "weights.gguf")
    return folder


def infer(host, prompt="abc", model="tiny", count=50, more="&temperature=0") -> str:
    answer = host.ask(f"/infer?model={model}&max={count}{more}", "POST", body=prompt.encode(), timeout=120)
    assert answer.status == 200
    return answer.text


def embed(host, *texts, model="tiny") -> list[str]:
    return host.ask(f"/embed?model={model}", "POST", body="".join(t + "\n" for t in texts).encode()).text.splitlines()


def test_a_command_without_llama_says_so(app, runs_models):
    if runs_models:
        pytest.skip("this command runs models")
    host = app()
    for said in (infer(host), embed(host, "x")[0]):
        assert said.startswith("error runtime-error this withy runs no models by itself")
        assert "./do build --llm" in said and "[llm_compute]" in said
    host.wait_for_log('component "asker" may use models, but this withy runs no models')
    assert infer(host, model="other").startswith("error invalid-input")


def test_text(app, models):
    host = app()
    assert infer(host) == "5 23\ndefghijklmnopqrstuvwxyz"
    assert infer(host, count=4) == "5 4\ndefg"
    assert infer(host, "8", more="") == "3 50\n" + "9012345678" * 5
    assert infer(host, "!") == "3 2\né"
    assert infer(host, "?").startswith("3 ")
    assert infer(host, "!", count=1) == "3 1\n\ufffd"
    assert infer(host, "x" * 5000 + "abc", count=3) == "5005 3\ndef"  # in many pieces


def test_embeddings(app, models):
    counts, first, second, third = embed(app(), "abc", "abd", "abc")
    assert counts == "15" and first == third != second and first.startswith("64 ")


def test_what_a_model_cannot_take(app, models):
    host = app()
    said = infer(host, "x" * 9000)
    assert said == "error invalid-input the text has 9002 tokens; the model takes 8191\n"
    assert embed(host, "x" * 9000) == ["error invalid-input the text has 9002 tokens; the model takes 8192"]


def test_where_models_are_found(app, models):
    tiny_model.write(models / "org" / "tiny:1.gguf")
    tiny_model.write(models / "loose")
    (models / "llama" / "broken.gguf").write_bytes(b"GGUF and no more")
    (models / "other-form").mkdir()
    (models / "other-form" / "model.safetensors").write_bytes(b"x")
    host = app()
    for model in ("org/tiny:1", "loose"):
        assert infer(host, model=model, count=1) == "5 1\nd"
    assert infer(host, model="absent") == "error model-not-supported\n"
    assert infer(host, model="broken").startswith("error runtime-error the model 'broken': the model's file cannot be loaded")
    assert "safetensors alone" in infer(host, model="other-form")
    assert infer(host, model="broken").startswith("error runtime-error")


def test_more_models_than_are_kept(app, models):
    for n in range(6):
        tiny_model.write(models / f"m{n}.gguf", layers=1)
    host = app()
    for n in [*range(6), *range(6)]:
        assert infer(host, model=f"m{n}", count=1) == "5 1\nd"


def test_many_at_once(app, models):
    host = app()
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        said = list(pool.map(lambda n: infer(host, "abc", count=n + 1), range(12)))
    assert said == [f"5 {n + 1}\n{'defghijklmnopqrstuvwxyz'[: n + 1]}" for n in range(12)]


def test_work_in_slices(app, models):
    """A long answer holds up nobody, and ends when its deadline comes."""
    host = app("--timeout", "1500")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        begun = time.monotonic()
        long = [pool.submit(host.ask, "/infer?model=tiny&max=9999&temperature=0", "POST", (), b"0") for _ in range(4)]
        time.sleep(0.3)
        assert infer(host, model="absent") == "error model-not-supported\n"
        assert time.monotonic() - begun < 1.2
        assert not any(one.result().complete for one in long)
        assert time.monotonic() - begun < 6
    assert infer(host, count=1) == "5 1\nd"
