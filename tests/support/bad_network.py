"""Two network namespaces with a bad network between them: what one sends, the other gets late, or not at all.

Kernels without `netem` cannot do that by themselves, so each namespace has a TAP device, and a thread here carries the
frames from one to the other.
"""

import contextlib
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_TUN = Path("/dev/net/tun")
_TUNSETIFF, _TAP, _NO_INFO = 0x400454CA, 0x0002, 0x1000
_FRAME_BYTES = 2048


@dataclass
class BadNetwork:
    """Both sides, and how bad it is between them.

    Attributes:
        near, far: Names of the namespaces.
        near_address, far_address: Where they are.
        loss: Share of the frames that are lost, each way.
        least_s, most_s: How late the others are.
        counts: Frames carried, and lost.
    """

    near: str
    far: str
    near_address: str = "10.77.0.1"
    far_address: str = "10.77.0.2"
    loss: float = 0.0
    least_s: float = 0.0
    most_s: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: {"carried": 0, "lost": 0})

    def go_bad(self, loss: float, least_s: float, most_s: float) -> None:
        """Lose and delay from now on."""
        self.loss, self.least_s, self.most_s = loss, least_s, most_s

    def near_command(self, *command: str) -> list[str]:
        """Return the command that runs `command` in the near namespace."""
        return ["ip", "netns", "exec", self.near, *command]

    def far_command(self, *command: str) -> list[str]:
        """Return the command that runs `command` in the far namespace."""
        return ["ip", "netns", "exec", self.far, *command]


@contextlib.contextmanager
def bad_network(seed: int) -> Iterator[BadNetwork]:
    """Make both namespaces; the network is good until it is told otherwise.

    Raises:
        RuntimeError: Not permitted here.
    """
    if os.geteuid() != 0 or not _TUN.exists():
        raise RuntimeError(
            f"Two network namespaces need root, {_TUN} and iproute2; run the tests as root in a container."
        )
    network = BadNetwork(f"antiphon-{os.getpid()}-near", f"antiphon-{os.getpid()}-far")
    with contextlib.ExitStack() as stack:
        ends = []
        for name, address in ((network.near, network.near_address), (network.far, network.far_address)):
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "delete", name)
            ends.append(stack.enter_context(_tap(name, address)))
        stop = threading.Event()
        carrier = threading.Thread(target=_carry, args=(network, ends, random.Random(seed), stop))
        carrier.start()
        stack.callback(carrier.join)
        stack.callback(stop.set)
        yield network


@contextlib.contextmanager
def _tap(namespace: str, address: str) -> Iterator[int]:
    """Give the namespace a network device; yields where its frames are read and written."""
    device = f"ant{namespace.rsplit('-', 1)[1]}"
    descriptor = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH", device.encode(), _TAP | _NO_INFO))
        _ip("link", "set", device, "netns", namespace)
        for command in (
            ("address", "add", f"{address}/24", "dev", device),
            ("link", "set", device, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", namespace, *command)
        yield descriptor
    finally:
        os.close(descriptor)


def _ip(*arguments: str) -> None:
    done = subprocess.run(("ip", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}; two namespaces are not permitted here.")


def _carry(network: BadNetwork, ends: Sequence[int], pick: random.Random, stop: threading.Event) -> None:
    """Carry frames both ways until told to stop."""
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    due: list[tuple[float, int, int, bytes]] = []
    number = 0
    while not stop.is_set():
        wait_s = min(0.05, max(0.0, due[0][0] - time.monotonic())) if due else 0.05
        readable, _, _ = select.select(ends, [], [], wait_s)
        now_s = time.monotonic()
        for end in readable:
            frame = os.read(end, _FRAME_BYTES)
            if pick.random() < network.loss:
                network.counts["lost"] += 1
                continue
            number += 1
            heapq.heappush(due, (now_s + pick.uniform(network.least_s, network.most_s), number, other[end], frame))
        while due and due[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(due)
            with contextlib.suppress(OSError):  # the device is full, or going
                os.write(end, frame)
            network.counts["carried"] += 1
