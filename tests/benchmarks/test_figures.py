"""What could be wrong in a figure without anybody noticing: ranks, counts, parsed bytes, the picture."""

import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks.arrivals import Times
from tests.benchmarks.costs import Each
from tests.benchmarks.cpu import Spent
from tests.benchmarks.drain import Drained, bars, middle, rows
from tests.benchmarks.monitor import STATEMENT, commands_in
from tests.benchmarks.peers import ARQ_TUNED, SAQ
from tests.benchmarks.plot import plotted
from tests.benchmarks.programs.http_client import check, is_whole, posting
from tests.benchmarks.programs.tally import SLOT, Tally, Writer
from tests.benchmarks.programs.web_socket import frame_in, masked
from tests.benchmarks.racers import PRODUCT
from tests.benchmarks.realtime.report import Part
from tests.benchmarks.record import cpu_model, record
from tests.benchmarks.svg import Bar, Panel, chart

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (100, 0.5, 50),
        (100, 0.99, 99),
        (100, 0.07, 7),
        (101, 0.5, 51),
        (2, 0.5, 1),
        (10, 0.99, 10),
        (1, 0.5, 1),
    ],
)
def test_a_quantile_is_the_smallest_time_that_so_many_do_not_exceed(
    count: int, share: float, expected: int
) -> None:
    times = Times.of([float(n) for n in range(count, 0, -1)])

    assert times.quantile(share) == expected


def test_a_tally_counts_what_each_worker_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally(tmp_path / "tally", 2)
    for name, value in tally.environment(1).items():
        monkeypatch.setenv(name, value)
    worker, before = Writer(), time.monotonic()

    worker.stamp()
    worker.stamp()

    assert (tally.count(0), tally.count(1), tally.total) == (0, 2, 2)
    assert before <= SLOT.unpack_from((tmp_path / "tally").read_bytes(), SLOT.size)[1] / 1e9


def test_an_answer_is_whole_when_its_length_is_there() -> None:
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\n"

    assert not is_whole(head[:-2])
    assert not is_whole(head + b"1234")
    assert is_whole(head + b"12345")
    assert check(head + b"12345", b"202") == b"12345"


def test_any_other_status_ends_the_measurement() -> None:
    with pytest.raises(RuntimeError, match="503"):
        check(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", b"202")


def test_a_request_says_how_many_bytes_it_has() -> None:
    assert b"Content-Length: 3\r\n" in posting(1, "/", "token", "é1")


@pytest.mark.parametrize(
    ("size", "length"),
    [(0, "00"), (125, "7d"), (126, "7e007e"), (70_000, "7f0000000000011170")],
)
def test_a_servers_frame_is_found_with_its_size(size: int, length: str) -> None:
    data = b"\x81" + bytes.fromhex(length) + b"x" * size

    assert frame_in(data + b"more") == (1, b"x" * size, len(data))
    assert frame_in(data[:-1]) is None


def test_a_clients_frame_is_masked_with_zeros() -> None:
    assert masked(0x81, b"hi") == b"\x81\x82\0\0\0\0hi"
    assert masked(0x81, b"x" * 200)[:4] == b"\x81\xfe\x00\xc8"


def test_commands_that_a_script_calls_are_not_a_clients() -> None:
    told = (
        b'+1.5 [0 127.0.0.1:5] "EVALSHA" "abc" "2"\r\n+1.6 [0 lua] "ZADD" "a" "1"\r\n'
        b'+1.7 [0 127.0.0.1:6] "get" "[0 lua] \\"x\\""\r\n+1.8 [1 unix:/r] "EVALSHA" "x"\r\n'
    )

    assert commands_in(told) == {"EVALSHA": 2, "GET": 1}


def test_statements_are_found_in_the_servers_log() -> None:
    log = (
        "2026 UTC [1] LOG:  execute __asyncpg_stmt_1__: \n  SELECT 1\n"
        "2026 UTC [1] DETAIL:  parameters: $1 = 'statement: x'\n2026 UTC [1] LOG:  statement: BEGIN;\n"
    )

    assert [found[1] for found in STATEMENT.finditer(log)] == ["SELECT 1", "BEGIN;"]


def test_who_came_later_counts_from_nothing_and_who_left_not_at_all() -> None:
    before = Spent({"workers": {1: 2.0, 2: 5.0}})

    assert Spent({"workers": {1: 3.0, 3: 0.5}}).since(before) == {"workers": 1.5}


def test_a_life_is_the_sum_of_its_phases() -> None:
    life = Each(100, 0.5, 1.0, 0.25, 1000) + Each(50, 1.5, 2.0, 0.5, 500)

    assert life == Each(50, 2.0, 3.0, 0.75, 1500)


def test_ratios_are_to_the_peer_with_one_worker() -> None:
    found = {
        (PRODUCT, 1): Drained(3_000, 10, 1, 1, 1),
        (PRODUCT, 2): Drained(3_900, 10, 1, 1, 1),
        (ARQ_TUNED, 1): Drained(1_000, 10, 1, 1, 1),
        (SAQ, 1): Drained(2_000, 10, 1, 1, 1),
    }

    assert rows(found)[0][3:6] == (3_000, 3.0, 1.5)
    assert [(bar.value, bar.met) for bar in bars(found)] == [
        (1.3, False),
        (3.0, True),
        (1.5, False),
    ]


def test_the_middle_is_taken_of_each_figure_by_itself() -> None:
    rounds = [Drained(1, 10, 9, 0, 0), Drained(3, 10, 7, 0, 0), Drained(2, 10, 8, 0, 0)]

    assert middle(rounds) == Drained(2, 10, 8, 0, 0)


def test_the_longest_bar_of_a_panel_takes_all_the_room_and_words_are_escaped() -> None:
    bars = [Bar("a < b", 200, "200/s", ours=True), Bar("c", 50, "50/s"), Bar("none", 0, "0/s")]

    root = ElementTree.fromstring(chart("R & D", "here", [Panel("p", "more", bars)]))  # noqa: S314 - ours

    longest, quarter, nothing = (
        float(one.attrib["width"]) for one in root.findall(f"{SVG}rect")[1:]
    )
    assert longest == pytest.approx(4 * quarter)
    assert nothing == 1
    assert {"R & D", "a < b"} <= {one.text for one in root.findall(f"{SVG}text")}


def test_a_run_is_drawn_from_the_file_that_keeps_it(tmp_path: Path) -> None:
    columns = ("queue", "workers", "jobs/s")
    part = Part("drain", "Drain", columns, [(PRODUCT, 1, 1234.5), (SAQ, 2, 99.0)])

    found = record([part], tmp_path, 61.4)
    texts = [one.text for one in ElementTree.fromstring(plotted(found)).iter(f"{SVG}text")]  # noqa: S314

    assert found["machine"]["seconds"] == 61
    assert found["parts"]["drain"]["rows"][0] == dict(zip(columns, part.rows[0], strict=True))
    assert {"jobcast · 1 worker", "1,234/s", "SAQ · 2 workers", "99/s"} <= set(texts)


def test_the_processor_is_called_what_it_calls_itself(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Fast One\nflags\t: a\n")

    assert cpu_model(tmp_path / "cpuinfo") == "Fast One"
    assert cpu_model(tmp_path / "missing")
