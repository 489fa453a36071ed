"""Components that provide imports of others, linked as the manifest says, each with its own grants."""

import pytest

HEAD = """
spin_manifest_version = 2
[application]
name = "dependencies"
"""

SHOP = HEAD + """
[[trigger.http]]
route = "/..."
component = "front"
[component.front]
source = "{front}"
[component.front.dependencies]
"withy:compose" = {{ path = "{catalogue}" }}
"""

FORWARD = HEAD + """
[variables]
word = {{ default = "said" }}
[[trigger.http]]
route = "/..."
component = "forward"
[component.forward]
source = "{forward}"
key_value_stores = ["default"]
environment = {{ WHO = "forward" }}
allowed_outbound_hosts = ["http://127.0.0.1:*"]
files = ["note.txt"]
[component.forward.variables]
greeting = "{{{{ word }}}}"
[component.forward.dependencies]
"wasi:http/incoming-handler" = {{ path = "PROVIDER" INHERIT }}
"""


@pytest.fixture
def manifest(guest, tmp_path):
    def write(text: str, **names: str):
        for name, value in names.items():
            text = text.replace(name, value)
        guests = ["front", "catalogue", "forward", "kv", "hello"]
        (tmp_path / "spin.toml").write_text(text.format(**{name: guest(name) for name in guests}))
        (tmp_path / "note.txt").write_text("noted")
        return tmp_path

    return write


def said(host, path: str) -> str:
    answer = host.ask(path)
    assert answer.status == 200
    return answer.text


def test_values_and_resources_go_through(manifest, start, serve):
    host, composed = start("up", cwd=manifest(SHOP)), serve("composed")
    for path in ["/", "/find?name=vase", "/find?name=moon", "/find?name=x", "/mirror", "/baskets"]:
        assert said(host, path) == said(composed, path)
    assert host.ask("/gone").status == 500
    assert said(host, "/mirror") == "same\n"


def test_a_component_of_the_application_and_another_name(manifest, start):
    text = SHOP.replace('{{ path = "{catalogue}" }}', '{{ component = "back", export = "withy:compose/catalogue" }}')
    text = text.replace('"withy:compose"', '"withy:compose/catalogue"') + '[component.back]\nsource = "{catalogue}"\n'
    assert said(start("up", cwd=manifest(text)), "/mirror") == "same\n"


def provider(manifest, start, guest, name: str, inherit: str):
    return start("up", "--quiet", cwd=manifest(FORWARD, PROVIDER=guest(name), INHERIT=inherit))


def test_without_a_word_nothing_is_inherited(manifest, start, guest):
    assert said(provider(manifest, start, guest, "kv", ""), "/spin/get?key=k") == "error access-denied\n"
    assert said(provider(manifest, start, guest, "vars", ""), "/spin?name=greeting").startswith("error undefined")
    assert said(provider(manifest, start, guest, "vars", ""), "/wasi") == ""
    environment = said(provider(manifest, start, guest, "faults", ""), "/env")
    assert "WHO" not in environment
    assert "noted" not in provider(manifest, start, guest, "files", "").ask("/read?path=note.txt").text


def test_what_is_named_is_inherited(manifest, start, guest):
    def with_only(name: str, what: str):
        return provider(manifest, start, guest, name, f', inherit_configuration = ["{what}"]')

    host = with_only("kv", "key_value_stores")
    assert said(host, "/spin/set?key=k&value=v") == "ok\n"
    assert said(host, "/wasi/get?key=k") == "v\n"
    assert said(with_only("kv", "variables"), "/spin/get?key=k") == "error access-denied\n"
    assert said(with_only("vars", "variables"), "/spin?name=greeting") == "said\n"
    assert "WHO" in said(with_only("faults", "environment"), "/env")
    assert said(with_only("files", "files"), "/read?path=note.txt").startswith("noted")


def test_hosts_are_refused_with_the_line_that_allows_them(manifest, start, guest, serve):
    target = serve("hello")
    for inherit, status in [("", 502), (", inherit_configuration = true", 200)]:
        host = start("up", cwd=manifest(FORWARD, PROVIDER=guest("proxy"), INHERIT=inherit))
        assert (host.ask(f"/?url=http://127.0.0.1:{target.port}/").status == 200) == (status == 200)
        hint = 'inherit_configuration = ["allowed_outbound_hosts"]'
        if status == 200:
            assert hint not in host.log
        else:
            host.wait_for_log(hint)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("withy:compose", "withy:elsewhere"), ["withy:elsewhere", "no such import", "withy:compose/catalogue"]),
        (("{catalogue}", "{hello}"), ["no export 'withy:compose/catalogue", "wasi:http/incoming-handler"]),
        (
            ('"withy:compose" = {{ path = "{catalogue}"', '"withy:compose/catalogue" = {{ path = "{hello}", export = "wasi:http/incoming-handler"'),
            ["withy:compose/catalogue", "does not give the resource \"basket\""],
        ),
        (("{catalogue}", "nowhere.wasm"), ["nowhere.wasm"]),
        (("{catalogue}", "note.txt"), ["not WebAssembly", "note.txt"]),
    ],
)
def test_mistakes(manifest, command, change, words):
    done = command("up", "--listen", "127.0.0.1:0", cwd=manifest(SHOP.replace(*change)))
    assert done.returncode in (65, 66, 69)
    for word in words:
        assert word in done.stderr
