"""Folders given with --dir: what can be done below them, and that nothing else can be reached."""

import os

import pytest


@pytest.fixture
def host(start, guest, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.txt").write_text("content of a\n")
    (inside / "sub").mkdir()
    (inside / "sub" / "b.txt").write_text("content of b\n")
    (tmp_path / "secret.txt").write_text("secret\n")
    found = start("serve", guest("files"), "--dir", f"{inside}::/data")
    found.inside = inside
    return found


def said(host, action: str) -> str:
    answer = host.ask(action)
    assert answer.status == 200
    return answer.text


def test_names_of_the_folders(host):
    assert said(host, "/dirs") == "/data\n"


def test_read_write_and_append(host):
    assert said(host, "/read?path=a.txt") == "content of a\nok\n"
    assert said(host, "/write?path=new.txt&text=one") == "ok\n"
    assert said(host, "/append?path=new.txt&text=two") == "ok\n"
    assert (host.inside / "new.txt").read_text() == "onetwo"
    assert said(host, "/truncate?path=new.txt") == "ok\n"
    assert (host.inside / "new.txt").read_text() == "one"
    assert said(host, "/stat?path=new.txt") == "regular-file 3 dated\nok\n"


def test_large_file(host):
    data = os.urandom(5000000)
    (host.inside / "large").write_bytes(data)
    assert host.ask("/read?path=large").body == data + b"ok\n"


def test_folders(host):
    assert sorted(said(host, "/list").splitlines()) == ["directory sub", "ok", "regular-file a.txt"]
    assert said(host, "/mkdir?path=made") == "ok\n"
    assert said(host, "/mkdir?path=made") == "error exist\n"
    assert said(host, "/inside?path=made&to=file") == "ok\n"
    assert said(host, "/rmdir?path=made") == "error not-empty\n"
    assert said(host, "/unlink?path=made/file") == "ok\n"
    assert said(host, "/rmdir?path=made") == "ok\n"
    assert said(host, "/list?path=made") == "error no-entry\n"
    assert said(host, "/read?path=sub/../a.txt") == "content of a\nok\n"


def test_many_entries(host):
    for n in range(3000):
        (host.inside / "sub" / f"{n:05}").touch()
    lines = said(host, "/list?path=sub").splitlines()
    assert len(lines) == 3002 and len(set(lines)) == 3002


def test_rename_and_links(host):
    assert said(host, "/rename?path=a.txt&to=sub/c.txt") == "ok\n"
    assert said(host, "/read?path=sub/c.txt") == "content of a\nok\n"
    assert said(host, "/link?path=sub/c.txt&to=hard.txt") == "ok\n"
    assert said(host, "/symlink?path=soft.txt&to=sub/c.txt") == "ok\n"
    assert said(host, "/read?path=soft.txt") == "content of a\nok\n"
    assert said(host, "/readlink?path=soft.txt") == "sub/c.txt\nok\n"
    assert said(host, "/stat?path=soft.txt").startswith("symbolic-link ")


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "sub/../../secret.txt", "/etc/passwd", "absolute", "up", "sub/up/../secret.txt", "..", "/", "folder/secret.txt"],
)
@pytest.mark.parametrize("action", ["read", "list", "write", "inside", "truncate"])
def test_nothing_outside_can_be_reached(host, action, path):
    outside = host.inside.parent
    (host.inside / "absolute").symlink_to(outside / "secret.txt")
    (host.inside / "up").symlink_to("../secret.txt")
    (host.inside / "folder").symlink_to(outside)
    (host.inside / "sub" / "up").symlink_to("..")
    answer = said(host, f"/{action}?path={path}")
    if path == "sub/up/../secret.txt":
        assert answer.startswith("error ")
    else:
        assert answer in ("error not-permitted\n", "error loop\n", "error not-directory\n", "error access\n"), answer
    assert (outside / "secret.txt").read_text() == "secret\n"
    assert sorted(p.name for p in outside.iterdir()) == ["inside", "secret.txt"]


@pytest.mark.parametrize("action", ["unlink", "rename", "link", "symlink", "mkdir", "rmdir"])
def test_nothing_outside_can_be_changed(host, action):
    outside = host.inside.parent
    assert said(host, f"/{action}?path=../secret.txt&to=stolen").startswith("error ") or action == "symlink"
    assert said(host, f"/{action}?path=a.txt&to=../escaped").startswith("error ") or action in ("unlink", "mkdir", "symlink", "rmdir")
    assert sorted(p.name for p in outside.iterdir()) == ["inside", "secret.txt"]


def test_read_only_folder(start, guest, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    host = start("serve", guest("files"), "--dir", f"{tmp_path}::/data:ro")
    assert said(host, "/read?path=a.txt") == "aok\n"
    for action in ["/write?path=b", "/append?path=a.txt", "/mkdir?path=m", "/unlink?path=a.txt", "/truncate?path=a.txt",
                   "/rename?path=a.txt&to=b", "/symlink?path=s&to=a.txt", "/link?path=a.txt&to=l"]:
        assert said(host, action) in ("error read-only\n", "error not-permitted\n"), action
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_several_folders(start, guest, tmp_path):
    for name in ["one", "two"]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "n").write_text(name)
    host = start("serve", guest("files"), "--dir", f"{tmp_path}/one::/1", "--dir", f"{tmp_path}/two::/2")
    assert said(host, "/dirs") == "/1\n/2\n"
    assert said(host, "/read?path=n&dir=1") == "twook\n"


def test_no_folder(start, guest):
    host = start("serve", guest("files"))
    assert said(host, "/dirs") == ""


def test_folder_that_is_not_there(command, guest):
    done = command("serve", guest("files"), "--dir", "/no/such/folder::/data", "--addr", "127.0.0.1:0", timeout=20)
    assert done.returncode != 0
    assert "/no/such/folder" in done.stderr
