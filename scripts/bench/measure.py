"""Runs commands and says what they cost: wall seconds, CPU seconds of all children, peak memory in MiB."""

import os
import subprocess
import sys
import time
from typing import NamedTuple


class Cost(NamedTuple):
    wall: float
    cpu: float
    memory: float

    def __str__(self):
        return f"{self.wall:7.2f} s wall {self.cpu:7.2f} s CPU {self.memory:6.0f} MiB"


def once(command, environment=None, cwd=None, stdout=subprocess.DEVNULL):
    """One run; it has to succeed. CPU includes the program's own children that it waited for."""
    started = time.monotonic()
    child = subprocess.Popen(command, env=environment, cwd=cwd, stdout=stdout, stderr=subprocess.PIPE,
                             shell=isinstance(command, str), executable="/bin/bash" if isinstance(command, str) else None)
    said = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command}: exit code {child.returncode}\n{said[-2000:]}")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def best(command, runs=3, before=None, **more):
    """The run with the least CPU; `before` is called ahead of each."""
    costs = []
    for _ in range(runs):
        if before:
            before()
        costs.append(once(command, **more))
    return min(costs, key=lambda cost: cost.cpu)._replace(memory=max(cost.memory for cost in costs))


def row(what, cost, peer=None):
    """Prints a line; with the ratio of CPU to that of a peer."""
    ratio = f"  {cost.cpu / peer.cpu:5.2f} × its CPU" if peer and peer.cpu else ""
    print(f"  {what:44} {cost}{ratio}", flush=True)
    return cost
