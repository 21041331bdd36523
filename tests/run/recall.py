#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Measures what is found: each fault, made at a random time and held for a while, by each
command that looks; and what is found though nothing is wrong, beside legal churn.

usage: recall.py BUILD_DIR [N] [MINUTES] [HOLD_S]

N faults of each kind (default 5; primes), held for HOLD_S (10), then MINUTES (30) of churn; 0
leaves either out. Prints two tables, and in one line how many of the faults that a command can
find were found, together with the commands that told nothing beside the churn; exits with 1 when a fault was missed, or something was found
that is not so. As root, on a machine with two processors or more: the commands run beside each
other. The load programs run under names of their own (rc_*), which the commands select, so that
others who use io_uring do not count.
"""

import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

OBSERVERS = ("verify", "verify --watch", "export", "record")
# of a recording only accounts are judged; which pages buffers share takes the facts of pins
ACCOUNTS = {"charge-underflow", "near-limit", "over-limit"}
FAULTS = (
    ("fault_bypass",), ("fault_double_charge",), ("fault_limit",), ("fault_limit", "over"), ("fault_underflow",), ("fault_remap",),
    ("fault_mremap",), ("fault_munmap",), ("fault_dontneed",), ("fault_fork",),
    ("backing", "dropped"), ("backing", "truncated"), ("backing", "punched"), ("backing", "guarded"),
    ("backing", "copied"), ("backing", "moved"),
)
CHURN = (("mm_churn", "exec", "997", "--no-wait"), ("mm_churn", "exit", "1000003", "--no-wait"),
         ("mm_churn", "fork", "1000003", "--no-wait"), ("churn", "slow", "small"))
# company that nobody selects: a benchmark with fixed buffers, and another user who churns
BESIDE_UID = "61019"
BESIDE = (("churn", "slow", "small"), ("mm_churn", "exec", "997", "--no-wait"),
          ("mm_churn", "exit", "1000003", "--no-wait"))
FIO = ("--name=fixed", "--ioengine=io_uring", "--fixedbufs=1", "--rw=randread", "--bs=4k", "--iodepth=8",
       "--size=8m", "--time_based", "--runtime=29", "--rate_iops=503", "--filename=")
# fio's buffers lie in its heap, and share pages, which are charged twice: infos that are true
TRUE_OF_CHURN = {"heap-buffer", "overcharged"}
LEGAL = ("dontneed", "anonymous", "cold", "cold-file", "free", "no-access", "split", "forked",
         "not-forked", "wiped-in-child", "locked", "write-protected", "reaped", "exec")

build = os.path.abspath(sys.argv[1])
tool = os.path.join(build, "fixbuf-trace")
work = tempfile.mkdtemp(prefix="fixbuf-recall-")
os.chmod(work, 0o755)


def load_path(name):
    """A load program under a name that no other process has."""
    return os.path.join(work, "rc_" + name)


def beside_path(name):
    """The same of those that are not selected."""
    return os.path.join(work, "beside_" + name)


def copy_loads():
    for name in {kind[0] for kind in FAULTS} | {load[0] for load in CHURN} | {"backing_legal"}:
        shutil.copy(os.path.join(build, "tests/load", name), load_path(name))
    for name in {load[0] for load in BESIDE}:
        shutil.copy(os.path.join(build, "tests/load", name), beside_path(name))
    if shutil.which("fio"):
        shutil.copy(shutil.which("fio"), load_path("fio"))


class Load:
    def __init__(self, name, *args):
        self.name = " ".join((name,) + args)
        self.process = subprocess.Popen(
            [load_path(name), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.said = {}
        self.skipped = False

    def ready(self):
        """Reads until it is READY; False when it cannot run here."""
        for line in self.process.stdout:
            if line == "READY\n":
                return True
            if line.startswith("SKIP"):
                break
            key, _, value = line.strip().partition("=")
            self.said[key] = value
        self.skipped = True
        return False

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def pids(self):
        """Who goes on with the ring, or shares the account."""
        if "holder" in self.said:
            return [int(self.said["holder"])]
        return [int(value) for key, value in self.said.items() if key.split(".")[-1] == "pid"]

    def tags(self):
        return {key[7:] for key in self.said if key.startswith("expect.")}


class Observers:
    """All commands at once; .found[command] has (tag, pid), with the text, for each finding."""

    def __init__(self):
        self.found = {name: {} for name in OBSERVERS}
        self.looks = self.unsettled = self.passes = self.suspicions = 0
        self.longest_pass = 0.0
        self.over = threading.Event()
        select = ["--comm", "rc_*"]
        self.recording = os.path.join(work, f"{time.monotonic_ns()}.rec")
        self.record = subprocess.Popen([tool, "record", "-q", "-o", self.recording, *select])
        self.watch = subprocess.Popen([tool, "verify", "--watch", "--json", "-q", *select],
                                      stdout=subprocess.PIPE, text=True)
        self.export = subprocess.Popen(
            [tool, "export", "--listen", "127.0.0.1:0", "--verify-interval", "1s", "--by", "pid"],
            stderr=subprocess.PIPE, text=True)
        self.port = None
        while not self.port:
            match = re.search(r"http://127.0.0.1:(\d+)/", self.export.stderr.readline())
            self.port = match and match.group(1)
        self.threads = [threading.Thread(target=f)
                        for f in (self.verify, self.read_watch, self.scrape, self.drain)]
        for t in self.threads:
            t.start()
        time.sleep(3)

    def add(self, name, finding):
        self.found[name].setdefault((finding["tag"], finding["pid"]), json.dumps(finding))

    def has(self, name, tag, load):
        return any((tag, pid) in self.found[name] for pid in load.pids())

    def verify(self):
        while not self.over.is_set():
            run = subprocess.run([tool, "verify", "--json", "-q", "--comm", "rc_*"],
                                 stdout=subprocess.PIPE, text=True, check=False)
            if run.stdout.strip():
                seen = json.loads(run.stdout)
                self.looks += 1
                self.unsettled += seen["verdict"] == "unsettled"
                for finding in seen["findings"]:
                    if finding["confirmed"]:
                        self.add("verify", finding)
            self.over.wait(1)

    def read_watch(self):
        for line in self.watch.stdout:
            event = json.loads(line)
            if event["event"] == "finding" and event["confirmed"]:
                self.add("verify --watch", event)
            elif event["event"] == "finding":
                self.suspicions += 1

    def scrape(self):
        sample = re.compile(r'fixbuf_finding_bytes\{.*tag="([^"]*)".*comm="rc_[^"]*",pid="(\d+)"\}')
        while not self.over.is_set():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
                text = answer.read().decode()
            for line in text.splitlines():
                match = sample.match(line)
                if match:
                    self.add("export", {"tag": match[1], "pid": int(match[2]), "text": line})
                if line.startswith("fixbuf_verify_passes_total "):
                    self.passes = int(line.split()[1])
                if line.startswith("fixbuf_verify_duration_seconds "):
                    self.longest_pass = max(self.longest_pass, float(line.split()[1]))
            self.over.wait(1)

    def drain(self):
        for _ in self.export.stderr:
            pass

    def end(self):
        self.over.set()
        for process in (self.record, self.watch, self.export):
            process.send_signal(signal.SIGINT)
        for process in (self.record, self.watch, self.export):
            process.wait()
        for t in self.threads:
            t.join()
        run = subprocess.run([tool, "report", "--verify", "--json", self.recording],
                             stdout=subprocess.PIPE, text=True, check=False)
        for finding in json.loads(run.stdout)["findings"]:
            self.add("record", finding)


def make(kind, hold, done):
    """One fault, after some time; what it was is appended to done."""
    load = Load(*kind, "--late")
    time.sleep(random.uniform(0, 2))
    if load.ready():
        time.sleep(random.uniform(0, 3))
        load.go_on()
        if load.ready():
            time.sleep(hold)
    load.end()
    done.append((kind, load))


def recall(nr, hold):
    """Prints how many each command caught; how many were caught, and how many missed."""
    caught_all = missed = 0
    seen, done = Observers(), []
    for _ in range(nr):
        threads = [threading.Thread(target=make, args=(kind, hold, done)) for kind in FAULTS]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    seen.end()
    print(f"| fault (N = {nr}, held {hold} s) | finding | "
          + " | ".join(OBSERVERS[:3]) + " | record, report --verify |")
    print("|---|---|" + "---|" * len(OBSERVERS))
    for kind in FAULTS:
        loads = [load for k, load in done if k == kind]
        tags = set().union(*(load.tags() for load in loads if not load.skipped))
        row = []
        for name in OBSERVERS:
            can = tags & ACCOUNTS if name == "record" else tags
            caught = sum(all(seen.has(name, tag, load) for tag in can)
                         for load in loads if not load.skipped)
            if can:
                caught_all += caught
                missed += sum(not load.skipped for load in loads) - caught
            row.append(f"{caught}" if can else "-")
        what = ", ".join(sorted(tags)) or "this kernel does not have it"
        print(f"| {' '.join(kind)} | {what} | " + " | ".join(row) + " |")
    print(f"\n{seen.looks} looks of verify; {seen.passes} passes of export, "
          f"of which the longest took {seen.longest_pass:.1f} s")
    if not seen.looks or all(load.skipped for _, load in done):
        missed += 1
    expected = {(tag, pid) for _, load in done if not load.skipped
                for tag in load.tags() for pid in load.pids()}
    for name in OBSERVERS:
        for key, text in seen.found[name].items():
            if key not in expected:
                print(f"# {name} also told: {text}", file=sys.stderr)
    return caught_all, missed


def rotate(over):
    """Legal things that programs do to registered memory, one after the other."""
    while not over.is_set():
        for mode in LEGAL:
            load = Load("backing_legal", mode, "--late")
            if load.ready():
                over.wait(0.5)
                load.go_on()
                if load.ready():
                    over.wait(1.5)
            load.end()
            if over.is_set():
                return


def keep(over, *command):
    """A load that churns by itself, started again when it ends."""
    while not over.is_set():
        load = Load(*command)
        while not over.is_set() and load.process.poll() is None:
            over.wait(0.2)
        load.end()


def beside(over, command):
    """A program that is run again and again, and need not tell what it does."""
    while not over.is_set():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        while not over.is_set() and process.poll() is None:
            over.wait(0.2)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def company():
    """fio under a name that is selected and under its own, and another user's churn."""
    user = ("setpriv", "--reuid", BESIDE_UID, "--regid", BESIDE_UID, "--clear-groups", "--inh-caps=-all")
    commands = [(*user, beside_path(load[0]), *load[1:]) for load in BESIDE]
    if os.path.exists(load_path("fio")):
        commands += [(fio, *FIO[:-1], FIO[-1] + os.path.join(work, name))
                     for fio, name in (("fio", "theirs"), (load_path("fio"), "ours"))]
    return commands


def precision(minutes):
    """Prints what each command found beside legal churn; how many found nothing, and how many something."""
    quiet = 0
    seen, over = Observers(), threading.Event()
    threads = [threading.Thread(target=rotate, args=(over,))]
    threads += [threading.Thread(target=keep, args=(over, *load)) for load in CHURN]
    threads += [threading.Thread(target=beside, args=(over, command)) for command in company()]
    for t in threads:
        t.start()
    time.sleep(60 * minutes)
    over.set()
    for t in threads:
        t.join()
    seen.end()
    print(f"| {minutes:g} minutes of legal churn | looks | false findings |\n|---|---|---|")
    looks = {"verify": f"{seen.looks}, of them unsettled {seen.unsettled}",
             "verify --watch": "at each call, and one a second at most; "
                               f"suspicions, which leave it unsettled: {seen.suspicions}",
             "export": f"{seen.passes}, the longest {seen.longest_pass:.1f} s",
             "record": "one recording"}
    for name in OBSERVERS:
        false = [text for (tag, _), text in seen.found[name].items() if tag not in TRUE_OF_CHURN]
        print(f"| {name} | {looks[name]} | {len(false)} |")
        quiet += not false
        for text in false:
            print(f"# {name} told: {text}", file=sys.stderr)
    return quiet, len(OBSERVERS) - quiet + (not seen.looks)


def main():
    nr = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 30
    hold = float(sys.argv[4]) if len(sys.argv) > 4 else 10
    print(f"Linux {platform.release()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}\n")
    copy_loads()
    results = [(0, 0)]
    try:
        if nr:
            results.append(recall(nr, hold))
            print()
        if minutes:
            results.append(precision(minutes))
    finally:
        shutil.rmtree(work)
    passed, failed = (sum(r) for r in zip(*results))
    print(f"\n{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
