# SPDX-License-Identifier: BSD-3-Clause
"""Drives an unmodified dpdk-testpmd: commands in, answers and counters out.

One object is one process. A command is done when the next prompt is there.
"""

import os
import re
import selectors
import shutil
import subprocess
import time

from conform import Failed, Skip, check, eal_memory, environment, lcores

PROMPT = b"testpmd> "
# Printed by another thread, also in the middle of a prompt.
EVENT = re.compile(rb"\nPort \d+: [\w ]+ event\n")
LOG = rb"((?:net_cpx: [^\n]*\n)+)"
SPLIT = [re.compile(re.escape(PROMPT[:i]) + LOG + re.escape(PROMPT[i:]))
         for i in range(1, len(PROMPT))]


def whole(text):
    """A prompt in the middle of which the driver logged stands behind what it logged."""
    for split in SPLIT:
        text = split.sub(rb"\1" + PROMPT, text)
    return text


class Testpmd:
    """A running testpmd -i with the given vdevs, in what `wrap` (a command that ends in another)
    makes around it, with telemetry where that is the file prefix to use."""

    def __init__(self, vdevs, rxq=1, txq=1, args=(), turn=0, wrap=(),
                 telemetry=None, memory=None, wait=30):
        if shutil.which("dpdk-testpmd") is None:
            raise Skip("dpdk-testpmd is missing: apt-get install dpdk-dev")
        command = [*wrap, "stdbuf", "-o0", "dpdk-testpmd", "--lcores", lcores(3, turn), "--no-pci",
                   f"--file-prefix={telemetry}" if telemetry else "--no-telemetry",
                   *(memory or eal_memory()), "-d", "librte_net_cpx.so"]
        command += [f"--vdev={v}" for v in vdevs]
        command += ["--", "-i", f"--rxq={rxq}", f"--txq={txq}", "--no-mlockall",
                    "--no-flush-rx", "--total-num-mbufs=16384", *args]
        self.log, self.events, self.streams = b"", [], 0
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=environment())
        os.set_blocking(self.process.stdout.fileno(), False)
        self.poll = selectors.DefaultSelector()
        self.poll.register(self.process.stdout, selectors.EVENT_READ)
        self.wait_prompt(0, wait)

    def text(self):
        return self.log.decode(errors="replace")

    def wait_prompt(self, start, seconds):
        """Read until a prompt after position `start` of the log."""
        end = time.monotonic() + seconds
        while PROMPT not in self.log[start:]:
            check(time.monotonic() < end, f"testpmd does not answer:\n{self.text()[-1500:]}")
            if not self.poll.select(0.2):
                continue
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            if not more:
                self.process.wait()
                raise Failed(f"testpmd ended with {self.process.returncode}:\n"
                             f"{self.text()[-1500:]}")
            self.log += more
            for event in EVENT.findall(self.log, start):
                self.events.append(event.decode().strip())
            self.log = self.log[:start] + whole(EVENT.sub(b"", self.log[start:]))

    def run(self, command, seconds=30):
        """What testpmd prints on a command."""
        start = len(self.log)
        try:
            self.process.stdin.write(command.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        # the echo of the command comes after the prompt that stands already
        self.wait_prompt(start, seconds)
        answer = self.log[start:].decode(errors="replace")
        return answer[:answer.rindex(PROMPT.decode())]

    def xstats(self):
        """{port: {name: value}} of all ports testpmd sees."""
        stats, port = {}, None
        for line in self.run("show port xstats all").splitlines():
            head = re.search(r"NIC extended statistics for port (\d+)", line)
            if head:
                port = int(head[1])
                stats[port] = {}
            value = re.match(r"(\w+): (\d+)$", line.strip())
            if value and port is not None:
                stats[port][value[1]] = int(value[2])
        return stats

    def waiting(self, port, queues):
        """Frames in a port's receive rings, or None where the driver cannot tell."""
        total = 0
        for queue in range(queues):
            found = re.search(r"Used desc count = (\d+)",
                              self.run(f"show port {port} rxq {queue} desc used count"))
            if not found:
                return None
            total += int(found[1])
        return total

    def in_use(self):
        """mbufs that are neither in a pool nor in its caches."""
        taken = 0
        for pool in self.pools():
            dump = self.run(f"dump_mempool {pool}")
            size = int(re.search(r"populated_size=(\d+)", dump)[1])
            cached = sum(int(n) for n in re.findall(r"cache_count\[\d+\]=(\d+)", dump))
            taken += size - cached - int(re.search(r"common_pool_count=(\d+)", dump)[1])
        return taken

    def pools(self):
        return sorted(set(re.findall(r"create a new mbuf pool <(\S+)>", self.text())))

    def stop(self):
        """Stop forwarding: {"rx", "tx", "dropped"} as the forwarders themselves counted, summed;
        None where testpmd shows the ports' own counters only: with no more streams than ports."""
        answer = self.run("stop", 60)
        ports = len(re.findall(r"-- Forward statistics for port", answer))
        if self.streams <= ports:
            return None
        return {name.lower(): sum(int(n) for n in re.findall(
            rf"Forward Stats for RX Port[^\n]*\n[^\n]*{name}: (\d+)", answer))
            for name in ("RX-packets", "TX-packets", "TX-dropped")}

    def start(self, tx_first=0):
        answer = self.run(f"start tx_first {tx_first}" if tx_first else "start")
        self.streams = int(re.search(r"streams=(\d+)", answer)[1])

    def link_up(self, port):
        return bool(re.search(rf"^{port} .* up ", self.run("show port summary all"), re.M))

    def close(self):
        """Ends the process; its exit code is 0 unless something is wrong."""
        if self.process.poll() is None:
            try:
                self.process.stdin.write(b"quit\n")
                self.process.stdin.close()
                os.set_blocking(self.process.stdout.fileno(), True)
                self.log += self.process.stdout.read()
                self.process.wait(20)
            except (OSError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
        self.poll.close()
        return self.process.returncode
