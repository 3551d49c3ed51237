# SPDX-License-Identifier: MIT
"""Rounds: in each of them every peer runs once in every cell, one after the other, on the same server."""
import dataclasses
import statistics
import subprocess
import sys
import time


@dataclasses.dataclass(frozen=True)
class Cell:
    """One thing that is compared: a work, at a number of tasks, over a kind of socket."""

    socket: str
    work: str
    tasks: int


FIELDS = ("per_second", "p50_us", "p99_us", "max_us", "client_cpu_us", "server_cpu_us")


class Samples:
    """What each peer did in each cell, by round: a dictionary of FIELDS, or None where it did not run."""

    def __init__(self, peers, cells):
        self.peers = peers  # names
        self.cells = cells
        self._of = {(cell, peer): [] for cell in cells for peer in peers}
        self.failed = {}  # (cell, peer): why; it is not tried again there
        self.interrupted = False

    def add(self, cell, peer, sample):
        self._of[cell, peer].append(sample)

    def of(self, cell, peer):
        return self._of.get((cell, peer), [])

    def median(self, cell, peer, field):
        values = [sample[field] for sample in self.of(cell, peer) if sample]
        return statistics.median(values) if values else None

    def spread(self, cell, peer, field):
        values = [sample[field] for sample in self.of(cell, peer) if sample]
        return (min(values), max(values)) if values else None

    def ratio(self, cell, one, other, field="per_second", other_field=None):
        """The median, over the rounds, of what `one` did by what `other` did in the same round."""
        pairs = zip(self.of(cell, one), self.of(cell, other))
        ratios = [a[field] / b[other_field or field] for a, b in pairs if a and b and b[other_field or field]]
        return statistics.median(ratios) if ratios else None


def one_run(server, ready, cell, connections, seconds):
    """One run of one peer, with what the server used for it. Every run begins with the same tables."""
    server.sql("TRUNCATE bench_log RESTART IDENTITY; CHECKPOINT;")
    before, cpu = server.statements(cell.work), server.cpu_seconds()
    sample = ready.run(server.url(cell.socket), cell.work, cell.tasks, connections, seconds)
    server.wait_until_alone()
    statements, cpu = server.statements(cell.work) - before, server.cpu_seconds() - cpu
    # The server's own count: nobody is believed more than it has seen.
    if statements < 0.95 * sample["per_second"] * seconds:
        raise RuntimeError(f"it says more ({sample['per_second']}/s) than the server has seen ({statements} in all)")
    sample["server_cpu_us"] = cpu * 1e6 / max(statements, 1)
    return sample


def measured(server, peers, cells, rounds, connections, seconds):
    """Runs it all. Ctrl-C ends it early, with the rounds that are complete."""
    samples = Samples([peer.name for peer in peers], cells)
    began = time.monotonic()
    try:
        for number in range(rounds):
            one_round(server, peers, cells, samples, number, connections, seconds)
            left = (time.monotonic() - began) / (number + 1) * (rounds - number - 1)
            print(f"round {number + 1} of {rounds}; about {left:.0f} s to go", file=sys.stderr)
    except KeyboardInterrupt:
        samples.interrupted = True
        print("interrupted: what follows has fewer rounds", file=sys.stderr)
    return samples


def one_round(server, peers, cells, samples, number, connections, seconds):
    for cell in cells:
        # Each round begins with another peer, so that none always follows the same one.
        first = number % len(peers)
        for peer in peers[first:] + peers[:first]:
            samples.add(cell, peer.name, attempt(server, peer, cell, samples, connections, seconds))


def attempt(server, peer, cell, samples, connections, seconds):
    if (cell, peer.name) in samples.failed:
        return None
    try:
        return one_run(server, peer, cell, connections, seconds)
    except (RuntimeError, ValueError, subprocess.SubprocessError) as failure:
        samples.failed[cell, peer.name] = str(failure)
        print(f"{peer.name} fails at {cell}: {failure}", file=sys.stderr)
        return None
