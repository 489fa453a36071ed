"""`withy call`: exported functions with values as text, on guests in Rust and C."""

import binary
import pytest


@pytest.fixture
def call(command, guest):
    return lambda *calls, flags=(), **options: command("call", *flags, guest("shapes-rs"), *calls, **options)


@pytest.fixture
def results(call):
    """results(CALL, ...): the line that each printed."""

    def run(*calls):
        done = call(*calls)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return run


@pytest.fixture
def refused(call):
    """refused(CALL, ...): the error of calls of which none may run."""

    def run(*calls, status):
        done = call(*calls)
        assert (done.returncode, done.stdout) == (status, "")
        return done.stderr.removeprefix("withy: ")

    return run


VALUES = [
    (
        "integers(255, -128, 65535, -32768, 4294967295, -2147483648, 18446744073709551615, -9223372036854775808)",
        "(255, -128, 65535, -32768, 4294967295, -2147483648, 18446744073709551615, -9223372036854775808)",
    ),
    ('echo-point({y: -1e300, x: 0.1, label: "a\\tb"})', '{x: 0.1, y: -1e+300, label: some("a\\tb")}'),
    ("echo-point({x: nan, y: -inf})", "{x: nan, y: -inf}"),
    ("echo-body(empty)", "empty"),
    ('echo-body(%err("x"))', '%err("x")'),
    ('echo-body(nested([none, {id: 7, tags: ["a", ""]}]))', 'nested([none, some({id: 7, tags: ["a", ""]})])'),
    ("echo-status(%none)", "%none"),
    ("echo-status(not-found)", "not-found"),
    ("echo-rights({exec, read})", "{read, exec}"),
    ("echo-rights({})", "{}"),
    ("maybe()", "(none, none)"),
    ('maybe(3, some("x"))', '(some(3), some("x"))'),
    ("outcome(3)", "ok(3)"),
    ('outcome(err("no"))', 'err("no")'),
    ("bare-outcome(true)", "err"),
    ("sparse({:})", "{:}"),
    ("sparse({a: 1, b: some(none)})", "{a: some(1), b: some(none)}"),
    ("table([[{x: 1, y: 2}], []])", "[[{x: 1, y: 2}], []]"),
    ("mirror#text(\"\u00e9\U0001f30a\", '\\u{1f30a}')", "(\"\u00e9\U0001f30a\", '\U0001f30a')"),
    ("add(2147483647, 1)", "-2147483648"),
    ("nothing()", "()"),
]


@pytest.mark.parametrize(("text", "result"), VALUES, ids=[text for text, _ in VALUES])
def test_values_go_in_and_out(results, text, result):
    assert results(text) == [result]


def test_several_calls_print_a_line_each(results):
    assert results(*[text for text, _ in VALUES]) == [result for _, result in VALUES]


@pytest.mark.parametrize(
    "name",
    [
        "withy:shapes/other@1.2.3#text",
        "withy:shapes/other#text",
        "withy:shapes/other@1.0.0#text",
        "other#text",
        " other # text ",
    ],
)
def test_names_may_be_short(results, name):
    assert results(f"{name}()") == ['"the other text"']


def test_handles_live_from_call_to_call(results):
    lines = results(
        's=withy:shapes/store#[constructor]shelf("top")',
        'b=book("Moby Dick")',
        "[method]book.title(b)",
        "s.put(b)",
        "[static]shelf.name(s)",
        "shelf.count(s)",
        "alive()",
        "c=s.take()",
        "c.title()",
        's2=open("low")',
        "swap(s, s2)",
        "shelf.name(s2)",
        "two()",
        "alive()",
    )
    assert lines[:14] == ["s", "b", '"Moby Dick"', "()", '"top"', "1", "2", "some(c)", '"Moby Dick"', "ok(s2)", "()",
                          '"top"', "(<book>, <book>)", "5"]
    assert lines[14:] == ["dropped the book two", "dropped the book one", "dropped the shelf top",
                          "dropped the book Moby Dick", "dropped the shelf low"]


def test_a_handle_that_was_not_given_is_an_error_when_its_turn_comes(call):
    done = call('s=open("")', "s.count()")
    assert done.returncode == 65
    assert done.stdout == 'err("a shelf needs a name")\n'
    assert 'column 1: "s" has no handle: the call did not give one\n  s.count()\n  ^\n' in done.stderr


@pytest.mark.parametrize(
    ("calls", "status", "error"),
    [
        (["add(1, x)"], 65, "column 8: expected an integer (s32), found x\n  add(1, x)\n         ^\n"),
        (["add(1"], 65, 'column 6: expected "," or ")", found the end\n  add(1\n       ^\n'),
        (["add(1)"], 65, "column 6: expected 2 arguments: (a: s32, b: s32)\n  add(1)\n       ^\n"),
        (["add(1, 2) 3"], 65, "column 11: expected the end, found 3\n"),
        (["add"], 65, 'column 4: expected "(" and arguments\n  add\n     ^\n'),
        (["add(2147483648, 0)"], 65, "column 5: 2147483648 does not fit s32 (-2147483648 to 2147483647)\n"),
        (["echo-rights({reed})"], 65, "column 14: no such flag: reed (did you mean read?)\n"),
        (["echo-body(err(1))"], 65, 'column 11: here "err" must be written %err\n'),
        (["ad(1)"], 66, 'column 1: no exported function "ad" (did you mean "add"?)\n  ad(1)\n  ^\n'
                        "The component exports:\n  add\n  nothing\n"),
        (["store#ad(1)"], 66, 'column 1: no exported function "store#ad"\n'),
        (["stor#open(1)"], 66, 'column 1: no exported function "stor#open"\n'),
        (["text()"], 65, "column 1: several exported functions have this name\n  text()\n  ^\nIt may be:\n"
                         "  withy:shapes/mirror@1.2.3#text\n  withy:shapes/other@1.2.3#text\n"),
        (["withy:shapes/other@2.0.0#text()"], 66, "column 1: no exported function"),
        (["x=add(1, 2)"], 65, 'column 1: "x" would be the name of a handle, but the function gives none\n'),
        (["x y=add(1, 2)"], 65, "column 1: expected the name of a handle"),
        (["shelf.count(s)"], 65, 'column 13: "s" is no handle; name=... in front of a call'),
        (['b=book("x")', "shelf.count(b)"], 65, 'column 13: "b" is of another resource\n'),
        (['b=book("x")', 's=shelf("y")', "s.put(b)", "s.put(b)"], 65, 'column 7: "b" was given away already\n'),
        (['b=book("x")', "b.count()"], 66, 'column 3: book has no method "count"\n  b.count()\n    ^\n'),
        (['say("a mistake behind this stops it")', "nothing("], 65, "column 9: expected"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_shown_before_anything_runs(refused, calls, status, error):
    assert refused(*calls, status=status).startswith(error)


def test_the_guest_may_print_between_results(results):
    assert results("add(1, 2)", 'say("printed")', "add(3, 4)") == ["3", "printed", "()", "7"]


def test_a_trap_ends_it_with_the_guests_stack(call):
    done = call("add(1, 2)", 'fail("on purpose")', "add(3, 4)")
    assert (done.returncode, done.stdout) == (134, "3\n")
    assert "on purpose" in done.stderr
    assert "withy: wasm `unreachable` instruction executed\n  at " in done.stderr
    assert "at fail (shapes_rs.wasm+0x" in done.stderr


def test_a_trap_in_a_destructor_is_one(call):
    done = call('s=shelf("cursed")', "s.count()")
    assert done.returncode == 134
    assert done.stdout == "s\n0\ndropped the shelf cursed\n"
    assert "[dtor]shelf" in done.stderr


def test_exit_and_deadline(call):
    assert call("leave()", "add(1, 2)").returncode == 1
    done = call("add(1, 2)", "forever()", flags=["--timeout", "300"])
    assert (done.returncode, done.stdout) == (75, "3\n")
    assert "deadline of 300 ms passed" in done.stderr


def test_a_guest_in_c(command, guest):
    done = command("call", guest("catalogue"), 'find("vase")', 'find("")', 'b=basket("Ada")',
                   'b.add({name: "x", price: {amount: 5, currency: "EUR"}, rarity: unique, traits: {heavy}, tags: []})',
                   "b.total()", 'o=basket("Eve")', "basket.merge(b, o)", "alive()")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        'ok({name: "vase", price: {amount: 120, currency: "EUR"}, rarity: rare, traits: {fragile, signed}, '
        'tags: ["glas", "gr\u00fcn"], weight: some(1.5)})',
        "err(limit((200, -5000000000)))", "b", "ok(1)", "5", "o", "1", "1",
    ]


def test_components_in_components_to_the_limit(command, tmp_path):
    file = tmp_path / "nested.wasm"
    file.write_bytes(binary.passed_out(100))
    for flags in ((), ("--keep-shims",)):
        done = command("call", *flags, str(file), "f(41)")
        assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr
    file.write_bytes(binary.passed_out(101))
    done = command("call", str(file), "f(41)")
    assert done.returncode == 71
    assert "nested deeper than 100" in done.stderr


def test_usage(command, guest):
    assert command("call", guest("shapes-rs")).returncode == 2
    assert command("call", "no-such-file.wasm", "f()").returncode == 66
    done = command("call", guest("faults"), "incoming-handler#handle()")
    assert done.returncode == 65
    assert "expected 2 arguments: (request: own<" in done.stderr
