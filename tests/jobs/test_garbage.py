import gc

from jobs.garbage import measured_garbage
from jobs.measures import GC_PAUSE


def test_a_collection_s_pause_is_measured_and_only_within_the_block() -> None:
    before = sum(GC_PAUSE.of("2").counts)

    with measured_garbage():
        gc.collect()
    gc.collect()

    assert sum(GC_PAUSE.of("2").counts) == before + 1
