"""Middleware: components around another one, which see its requests first."""

import pytest

MANIFEST = """
spin_manifest_version = 2
[application]
name = "chain"
[variables]
secret = {{ default = "hidden" }}

[[trigger.http]]
id = "guarded"
route = "/wasi/get"
component = "shop"
dependencies = {{ middleware = ["outer", "inner"] }}
[[trigger.http]]
route = "/wasi/exists"
component = "shop"
dependencies = {{ middleware = ["silent"] }}
[[trigger.http]]
route = "/spin/..."
component = "shop"
[[trigger.http]]
route = "/wasi/keys"
component = "shop"
dependencies = {{ middleware = ["outer", "through", "inner", "silent"] }}

[component.shop]
source = "{kv}"
key_value_stores = ["default"]
[component.outer]
source = "{guard}"
environment = {{ GUARD = "outer" }}
key_value_stores = ["default"]
[component.inner]
source = "{guard}"
environment = {{ GUARD = "inner" }}
key_value_stores = ["default"]
[component.silent]
source = "{guard}"
environment = {{ GUARD = "silent" }}
[component.through]
source = "{guard}"
environment = {{ GUARD = "through" }}
dependencies = {{ "wasi:http/incoming-handler" = {{ path = "{forward}" }} }}
"""


@pytest.fixture
def text(guest):
    return MANIFEST.format(**{name: guest(name) for name in ["kv", "guard", "forward"]})


@pytest.fixture
def chain(start, text, tmp_path):
    (tmp_path / "spin.toml").write_text(text.replace('"through", ', ""))
    return start("up", "--workers", "1", cwd=tmp_path)


# The paths of the guest: /spin/... is plain, /wasi/get guarded, /wasi/exists behind one, /wasi/keys behind three.


def seen(host):
    answer = host.ask("/spin/get?key=seen").text.strip()
    host.ask("/spin/delete?key=seen")
    return answer


def test_the_first_listed_is_the_outermost(chain):
    chain.ask("/spin/set?key=a&value=1")
    assert seen(chain) == "none"
    assert chain.ask("/wasi/get?key=a").text == "1\n"
    assert seen(chain) == "outer inner"
    assert "a" in chain.ask("/wasi/keys").text.split()
    assert seen(chain) == "outer inner"


def test_one_of_them_answers_itself(chain):
    answer = chain.ask("/wasi/get?key=a&deny=inner")
    assert (answer.status, answer.text) == (403, "denied\n")
    assert seen(chain) == "outer inner"
    assert chain.ask("/wasi/get?key=a&deny=outer").status == 403
    assert seen(chain) == "outer"


def test_each_has_its_own_grants(chain):
    # `silent` may use no store, around a component that may
    chain.ask("/spin/set?key=b&value=2")
    assert chain.ask("/wasi/exists?key=b").text == "true\n"
    assert seen(chain) == "none"
    assert chain.ask("/wasi/exists?key=b&deny=silent").status == 403


def test_again_and_again(chain):
    for _ in range(50):
        assert chain.ask("/wasi/get?key=nothing").text == "none\n"


def test_what_is_no_middleware_is_refused(command, text, guest, tmp_path):
    def up(text):
        (tmp_path / "spin.toml").write_text(text)
        done = command("up", "--listen", "127.0.0.1:0", cwd=tmp_path)
        assert done.returncode != 0
        return done.stderr

    said = up(text.replace(guest("guard"), guest("hello")))
    assert "middleware of guarded" in said and "the component has no such import" in said
    said = up(text.replace('["outer", "inner"]', '["outer", "iner"]'))
    assert "spin.toml:12:" in said and "there is no component 'iner'; did you mean 'inner'?" in said
    said = up(text.replace("middleware = [\"outer\", \"inner\"]", 'middlewares = []'))
    assert "unknown key 'middlewares'; did you mean 'middleware'?" in said
    said = up(text.replace('component = "shop"\ndep', 'component = "shop"\nexecutor = { type = "wagi" }\ndep', 1))
    assert "'middleware' stands around a component that exports wasi:http/incoming-handler" in said
    # it depends on another component for what the chain is to give it
    assert "middleware of" in up(text) and "incoming-handler" in up(text)
