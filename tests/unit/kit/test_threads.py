import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from kit.threads import step_back


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_a_thread_that_steps_back_does_so_alone() -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    with ThreadPoolExecutor(1, initializer=step_back) as workers:
        theirs = workers.submit(os.getpriority, os.PRIO_PROCESS, 0).result()
    assert theirs == min(19, ours + 5)
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours
