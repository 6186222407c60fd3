"""Run a command and watch what it takes: seconds, CPU seconds and memory of all its processes, by stage."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

_STAGE = re.compile(r"kembar: (\w+) …")
_EVERY_S = 0.5


@dataclass
class Watched:
    """One run. samples: (seconds since the start, bytes of proportional set size, CPU seconds so far); stages: (seconds
    since the start, name) of each stage's beginning."""

    code: int = 0
    wall: float = 0.0
    said: str = ""
    samples: list[tuple[float, int, float]] = field(default_factory=list)
    stages: list[tuple[float, str]] = field(default_factory=list)

    @property
    def peak_bytes(self) -> int:
        return max((memory for _, memory, _ in self.samples), default=0)

    @property
    def cpu_seconds(self) -> float:
        return self.samples[-1][2] if self.samples else 0.0

    def by_stage(self) -> dict[str, dict[str, float]]:
        """CPU seconds and peak bytes of each stage, `start` being what came before the first."""
        starts = [(0.0, "start"), *self.stages, (self.wall + 1, "")]
        parts: dict[str, dict[str, float]] = {}
        for (begin, name), (end, _) in pairwise(starts):
            inside = [s for s in self.samples if begin <= s[0] < end]
            before = [s[2] for s in self.samples if s[0] < begin]
            spent = inside[-1][2] - (before[-1] if before else 0.0) if inside else 0.0
            peak = max((s[1] for s in inside), default=0)
            parts[name] = {"cpu_seconds": round(spent, 1), "peak_bytes": peak}
        return parts

    def figures(self) -> dict[str, Any]:
        """What is worth keeping of a run."""
        return {
            "wall": round(self.wall, 1),
            "cpu_seconds": round(self.cpu_seconds, 1),
            "peak_bytes": self.peak_bytes,
            "by_stage": self.by_stage(),
        }


class _Meter:
    """CPU seconds and memory of processes and all that they start. A process that ended keeps what it was last seen
    with, so up to half a second of each is missed."""

    def __init__(self, roots: Sequence[int]) -> None:
        self._roots, self._cpu, self._zero = roots, {}, {}

    def read(self) -> tuple[int, float]:
        memory = 0
        for process in self._alive():
            try:
                with process.oneshot():
                    key = (process.pid, process.create_time())
                    times = process.cpu_times()
                    self._cpu[key] = times.user + times.system
                    self._zero.setdefault(key, 0.0)
                memory += process.memory_full_info().pss
            except psutil.Error:  # it ended meanwhile
                continue
        return memory, sum(self._cpu.values()) - sum(self._zero.values())

    def forget(self) -> None:
        """Count CPU from now on: what long-lived processes spent before is not this run's."""
        self.read()
        self._zero = dict(self._cpu)

    def _alive(self) -> list[psutil.Process]:
        found: dict[int, psutil.Process] = {}
        for root in self._roots:
            try:
                parent = psutil.Process(root)
                found |= {p.pid: p for p in (parent, *parent.children(recursive=True))}
            except psutil.NoSuchProcess:
                continue
        return list(found.values())


def watch(
    command: Sequence[str | Path],
    folder: Path,
    environment: dict[str, str] | None = None,
    beside: Sequence[int] = (),
    limit: float | None = None,
) -> Watched:
    """Run a command in `folder` to its end, or for `limit` seconds; `beside` are processes that work for it.

    A run that was ended for its time has the code of its signal, -9.
    """
    result, start = Watched(), time.monotonic()
    known = {**os.environ, **(environment or {})}
    process = subprocess.Popen(
        [*map(str, command)], cwd=folder, env=known, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    def listen() -> None:
        for line in process.stdout or ():
            result.said += line
            if found := _STAGE.search(line):
                result.stages.append((time.monotonic() - start, found[1]))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    meter = _Meter([process.pid, *beside])
    if beside:
        meter.forget()
    try:
        while process.poll() is None:
            result.samples.append((time.monotonic() - start, *meter.read()))
            if limit and time.monotonic() - start > limit:
                _end(process)
            time.sleep(_EVERY_S)
    finally:
        _end(process)
    result.wall, result.code = time.monotonic() - start, process.wait()
    listener.join(timeout=10)
    return result


def _end(process: subprocess.Popen) -> None:
    """End a process and what it started, if it still runs."""
    if process.poll() is not None:
        return
    family = psutil.Process(process.pid)
    for member in (*family.children(recursive=True), family):
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
