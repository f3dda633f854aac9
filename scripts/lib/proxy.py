"""A proxy between processes that delays bytes, and holds them while a way is cut; everything is drawn from a seed.

Bytes of one stream stay in order, as TCP's do; those of different streams overtake each other. What is held is not
acknowledged by anybody, and a stream's end is held like its bytes: who is cut off hears nothing at all.
"""

import asyncio
import collections
import contextlib
import os
import random
import socket
import threading
import time

# Pieces of one direction that wait; then the sender waits.
_PIECES_MAX = 64
# What is overtaken comes so many seconds later at most, as in the simulation.
_OVERTAKEN_SECONDS = 0.5


class Conditions:
    """What every way does to what goes over it, and how often it did."""

    def __init__(self, seed):
        self.seed = seed
        self.delay = (0, 0)
        self.reordering_per_mille = 0
        self.cut = set()
        self.streams = 0
        self.held = collections.Counter()
        self.delayed = self.overtaken = self.strangers = 0

    def source(self, way):
        """A generator for one direction of one stream."""
        self.streams += 1
        return random.Random(f"{self.seed}/{way}/{self.streams}")

    def draw(self, source):
        """Seconds that a piece takes."""
        seconds = source.uniform(*self.delay) / 1000
        self.delayed += seconds > 0
        if self.reordering_per_mille and source.randrange(1000) < self.reordering_per_mille:
            seconds += source.uniform(0, _OVERTAKEN_SECONDS)
            self.overtaken += 1
        return seconds


class Proxies:
    """One proxy for each address, on an event loop of its own."""

    def __init__(self, seed, identify):
        """`identify` gives the name of the process that has a connection from a local port to another."""
        self.conditions = Conditions(seed)
        self.identify = identify
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def open(self, name, address, target):
        """Listens at an address for a process that listens at another."""
        ready = asyncio.run_coroutine_threadsafe(self._listen(name, address, target), self.loop)
        ready.result(10)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def _listen(self, name, address, target):
        host, port = address.rsplit(":", 1)
        await asyncio.start_server(lambda *ends: self._serve(name, target, *ends), host, int(port))

    async def _serve(self, name, target, reader, writer):
        with contextlib.suppress(OSError, asyncio.CancelledError):
            caller = self.identify(writer.get_extra_info("peername")[1], writer.get_extra_info("sockname")[1])
            self.conditions.strangers += caller is None
            host, port = target.rsplit(":", 1)
            self._hold((caller, name), (name, caller))
            while (caller, name) in self.conditions.cut or (name, caller) in self.conditions.cut:
                await asyncio.sleep(0.05)
            their_reader, their_writer = await asyncio.open_connection(host, int(port))
            for one in (writer, their_writer):
                one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.gather(
                self._pump((caller, name), reader, their_writer), self._pump((name, caller), their_reader, writer))
        writer.close()

    def _hold(self, *ways):
        """Counts a piece for each of these ways that is cut."""
        self.conditions.held.update(way for way in ways if way in self.conditions.cut)

    async def _pump(self, way, reader, writer):
        """Carries one direction of a stream until its end."""
        pieces = asyncio.Queue(_PIECES_MAX)
        carrying = asyncio.ensure_future(self._carry(way, pieces, writer))
        source, due = self.conditions.source(way), 0.0
        while True:
            try:
                data = await reader.read(1 << 16)
            except OSError:
                data = b""
            due = max(due, time.monotonic() + self.conditions.draw(source))
            await pieces.put((due, data))
            if not data:
                break
        await carrying

    async def _carry(self, way, pieces, writer):
        is_broken = False
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(max(0, due - time.monotonic()))
            self._hold(way)
            while way in self.conditions.cut:
                await asyncio.sleep(0.02)
            if not data:
                break
            if not is_broken:
                try:
                    writer.write(data)
                    await writer.drain()
                except OSError:
                    is_broken = True
        # Both directions end together, as those of a process that is gone.
        writer.close()


def process_of(pids, local, remote):
    """Which of these processes has the connection from one local port to another; None for nobody."""
    inode = None
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            words = line.split()
            if [int(word.split(":")[1], 16) for word in words[1:3]] == [local, remote]:
                inode = f"socket:[{words[9]}]"
                break
    for name, pid in pids.items():
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{pid}/fd/{descriptor}") == inode:
                        return name
    return None
