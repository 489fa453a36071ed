"""A guest that goes wrong ends with an error that says how, and nobody else notices."""

import concurrent.futures
import time

import pytest


@pytest.mark.parametrize(
    ("path", "words", "frame"),
    [
        ("/trap", "unreachable", "fault_trap"),
        ("/recurse", "stack", "deeper"),
        ("/divide", "divide by zero", "run_divide"),
        ("/bounds", "out of bounds", "run_bounds"),
        ("/handle", "handle", "run_handle"),
    ],
)
def test_trap_is_500_and_named_in_the_log(serve, path, words, frame):
    host = serve("faults")
    seen = len(host.lines)
    answer = host.ask(path)
    assert answer.status == 500
    host.wait_for_log(frame)
    said = "\n".join(host.lines[seen:])
    assert words in said
    assert host.ask("/status?code=200").status == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("of=incoming-body", "the incoming-body cannot be dropped: its input-stream is still alive"),
        ("of=incoming-body&finish=1", "incoming-body.finish while its input-stream is still alive"),
        ("of=outgoing-body", "the outgoing-body cannot be dropped: its output-stream is still alive"),
        ("of=outgoing-body&finish=1", "outgoing-body.finish while its output-stream is still alive"),
    ],
)
def test_a_body_cannot_go_before_its_stream(serve, query, words):
    host = serve("faults")
    assert host.ask(f"/child?{query}").status == 500
    host.wait_for_log(words)
    assert host.ask("/status?code=200").status == 200


@pytest.mark.parametrize(
    "query",
    ["of=request", "of=outgoing-request", "of=outgoing-request&send=1", "of=outgoing-response", "of=stream", "of=answer"],
)
def test_headers_and_pollables_may_outlive_what_they_come_from(serve, query):
    assert serve("faults").ask(f"/child?{query}").status == 200


def test_no_response_is_500(serve):
    host = serve("faults")
    assert host.ask("/noresponse").status == 500
    assert host.ask("/status?code=200").status == 200


def test_error_code_of_the_guest_is_answered(serve):
    host = serve("faults")
    assert host.ask("/error").status in (500, 502)
    host.wait_for_log("on purpose")


def test_trap_in_the_middle_of_a_body_cuts_it(serve):
    answer = serve("faults").ask("/partial")
    assert answer.status == 200
    assert answer.body == b"the first half\n"
    assert not answer.complete


@pytest.mark.parametrize("query", ["say=10&bytes=5", "say=5&bytes=10"])
def test_wrong_length_is_not_passed_off_as_right(serve, query):
    host = serve("faults")
    answer = host.ask(f"/length?{query}")
    assert not answer.complete or answer.status == 500 or len(answer.body) == int(query[4:].split("&")[0])
    assert host.ask("/status?code=200").status == 200


def test_endless_loop_ends_at_the_deadline(start, guest):
    host = start("serve", guest("faults"), "--timeout", "500")
    begin = time.monotonic()
    answer = host.ask("/loop", timeout=20)
    taken = time.monotonic() - begin
    assert answer.status in (500, 504)
    assert 0.4 < taken < 5
    line = host.wait_for_log("deadline")
    assert "500" in host.log, line
    host.wait_for_log("fault_loop")


def test_sleeping_guest_ends_at_the_deadline(start, guest):
    host = start("serve", guest("faults"), "--timeout", "300")
    begin = time.monotonic()
    assert host.ask("/sleep?ms=60000", timeout=20).status in (500, 504)
    assert time.monotonic() - begin < 5
    assert host.ask("/sleep?ms=10").status == 200


def test_others_are_served_while_one_loops(start, guest):
    host = start("serve", guest("faults"), "--workers", "1", "--timeout", "3000")
    with host.open(timeout=20) as looping:
        looping.request("GET", "/loop")
        time.sleep(0.2)
        times = []
        for _ in range(20):
            begin = time.monotonic()
            assert host.ask("/status?code=200").status == 200
            times.append(time.monotonic() - begin)
        assert sorted(times)[len(times) // 2] < 0.2
        assert looping.answer().status in (500, 504)


def test_loop_after_the_answer_ends_too(start, guest):
    host = start("serve", guest("faults"), "--timeout", "500")
    answer = host.ask("/after?loop=1", timeout=20)
    assert (answer.status, answer.body) == (200, b"answered\n")
    host.wait_for_log("deadline")


def test_memory_that_grows_for_ever_hits_the_limit(start, guest, counts_together):
    host = start("serve", guest("faults"), "--max-memory", "67108864")
    answer = host.ask("/grow", timeout=60)
    assert answer.status == 500
    host.wait_for_log("memory limit of 67108864 bytes" if counts_together else "unreachable")
    assert host.ask("/status?code=200").status == 200


def test_handles_that_grow_for_ever_end(start, guest):
    host = start("serve", guest("faults"), "--timeout", "2000")
    assert host.ask("/handles", timeout=60).status in (500, 504)
    assert host.ask("/status?code=200").status == 200


def test_faults_beside_good_requests(serve):
    host = serve("faults")
    paths = ["/trap", "/status?code=200", "/recurse", "/sleep?ms=20", "/divide", "/big?bytes=100000"] * 20
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(host.ask, paths))
    for path, answer in zip(paths, answers):
        expected = 500 if path in ("/trap", "/recurse", "/divide") else 200
        assert answer.status == expected, path


def test_work_after_the_answer_goes_on(serve):
    host = serve("faults")
    answer = host.ask("/after?ms=200")
    assert answer.body == b"answered\n"
    host.wait_for_log("after the answer")


def test_composed_component_traps_on_a_dropped_handle(serve):
    host = serve("composed")
    answer = host.ask("/gone")
    assert answer.status == 500 or not answer.complete
    assert "alive 0" in host.ask("/baskets").text
