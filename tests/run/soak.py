#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A flight recorder that goes on for an hour, beside churn: what it takes, and what can be read.

usage: soak.py BUILD_DIR [MINUTES] [KEEP_TIME] [KEEP_SIZE]

Records as fixbuf-record.service does, for MINUTES (60; it may be a fraction) with --keep-time 10m
--keep-size 16M, beside rings that come and go, some 60 a second, calls that fail every 20 s, and I/O at a steady
rate. Prints what it takes every 30 s, looks once a second at how much lies in the folder, sends
SIGUSR1 three times, and reads in the end each file alone and all together. Exits with 1 when more
lay there than may, something could not be read, or numbers do not agree. The load programs run
under names of their own (soak_*), so that others who use io_uring do not count. As root.
"""

import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LOADS = (("turnover", "0x7e0000000000", "3", "17011"),)
FAILING, FAILING_S = ("lifecycle", "--no-wait"), 20
FIO = ("--name=fixed", "--ioengine=io_uring", "--fixedbufs=1", "--rw=randread", "--bs=4k", "--iodepth=8",
       "--size=8m", "--time_based", "--runtime=1000003", "--thread", "--rate_iops=503", "--output=/dev/null")
SAMPLE_S = 30
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

build = os.path.abspath(sys.argv[1])
minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 60
keep_time = sys.argv[3] if len(sys.argv) > 3 else "10m"
keep_size = sys.argv[4] if len(sys.argv) > 4 else "16M"
most = int(keep_size[:-1]) * UNITS[keep_size[-1]]
tool = os.path.join(build, "fixbuf-trace")
work = tempfile.mkdtemp(prefix="fixbuf-soak-")
os.chmod(work, 0o755)
kept = os.path.join(work, "kept")
wrong = []


def check(true, what):
    if not true:
        wrong.append(what)
        print("WRONG:", what, flush=True)


def start(name, *args):
    path = os.path.join(work, "soak_" + name)
    if not os.path.exists(path):
        shutil.copy(shutil.which("fio") if name == "fio" else os.path.join(build, "tests/load", name), path)
    return subprocess.Popen([path, *args], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True, cwd=work)


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def field(path, name):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def in_folder():
    """Bytes, segments and what was saved."""
    size = 0
    names = os.listdir(kept)
    for name in names:
        try:
            size += os.stat(os.path.join(kept, name)).st_size
        except FileNotFoundError:
            pass
    return size, sum(n.startswith("segment-") for n in names), sum(n.endswith(".rec") and not n.startswith("segment-") for n in names)


def sample(pid):
    proc = f"/proc/{pid}/"
    with open(proc + "stat", encoding="utf-8") as f:
        stat = f.read().rsplit(")", 1)[1].split()
    with open(proc + "maps", encoding="utf-8") as f:
        maps = sum(1 for _ in f)
    return {"cpu": (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"),
            "rss": field(proc + "status", "VmRSS") / 1024, "pss": field(proc + "smaps_rollup", "Pss") / 1024,
            "fds": len(os.listdir(proc + "fd")), "maps": maps}


def report(*args):
    run = subprocess.run([tool, "report", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    # what was saved beside the segments is told
    said = [line for line in run.stderr.splitlines() if "beside the segments" not in line]
    check(run.returncode in ((0, 1, 4) if "--verify" in args else (0,)) and not said,
          f"report {' '.join(args)}: {run.returncode} {run.stderr.strip()}")
    return run.stdout


def calls(seen):
    return {c["call"]: (c["calls"], c["failed"]) for c in seen["calls"]}


def read_alone(path):
    """What the file holds, as each view has it."""
    seen = json.loads(report("--json", path))
    text = report(path)
    judged = json.loads(report("--verify", "--json", path))
    rows = [line.split() for line in text.splitlines()]
    for call, (nr, failed) in calls(seen).items():
        check(any(row[:1] == [call] and str(nr) in row and (not failed or str(failed) in row) for row in rows),
              f"{path}: text and JSON tell {call} differently")
    check(not [f for f in judged["findings"] if f.get("confirmed")], f"{path}: something was found")
    check(judged["verdict"] != "unsettled" or [u["what"] for u in judged["unsettled"]] == ["nothing-to-check"],
          f"{path}: {judged['unsettled']}")
    return seen


def soak():
    record = subprocess.Popen(
        [tool, "record", "-o", kept, "--keep-time", keep_time, "--keep-size", keep_size, "--trigger", "failure",
         "--trigger", "finding", "--before", "1m", "--comm", "soak_*"],
        stderr=open(os.path.join(work, "err"), "w", encoding="utf-8"), preexec_fn=lambda: os.nice(5))
    time.sleep(2)
    loads = [start(*load) for load in LOADS]
    if shutil.which("fio"):
        loads.append(start("fio", *FIO))
    short = []
    try:
        return watched(record, loads, short)
    finally:
        # also after Ctrl-C: fio would go on for days
        for p in loads + short:
            end(p)
        if record.poll() is None:
            record.kill()


def watched(record, loads, short):
    samples, largest, begin = [], 0, time.monotonic()
    dumps = [minutes * 60 * x for x in (0.13, 0.41, 0.73)]
    next_sample = next_fail = 0
    print("     s    CPU s  RSS MiB  PSS MiB  descr.  mappings  folder MiB  segments  saved", flush=True)
    while (now := time.monotonic() - begin) < minutes * 60 and record.poll() is None:
        if now >= next_fail:
            short[:] = [p for p in short if p.poll() is None] + [start(*FAILING)]
            next_fail += FAILING_S
        if dumps and now >= dumps[0]:
            dumps.pop(0)
            record.send_signal(signal.SIGUSR1)
        size, segments, saved = in_folder()
        largest = max(largest, size)
        check(size <= most, f"{size} bytes lie in the folder, of {most}")
        if now >= next_sample:
            s = sample(record.pid)
            samples.append(s)
            next_sample += SAMPLE_S
            print(f"{now:6.0f} {s['cpu']:8.1f} {s['rss']:8.1f} {s['pss']:8.1f} {s['fds']:7} {s['maps']:9}"
                  f" {size / UNITS['M']:11.1f} {segments:9} {saved:6}", flush=True)
        time.sleep(1)
    lasted = time.monotonic() - begin
    check(record.poll() is None, "record ended by itself")
    last = sample(record.pid) if record.poll() is None else samples[-1]
    for p in loads + short:
        end(p)
    time.sleep(2)
    record.send_signal(signal.SIGINT)
    check(record.wait() == 0, "record did not end cleanly")
    with open(os.path.join(work, "err"), encoding="utf-8") as f:
        said = f.read().splitlines()
    print("\n".join(said[:5] + ["..."] + said[-8:]))
    # what it takes to begin is not what it takes to go on
    steady = samples[len(samples) // 6:]
    print(f"\n| what | least | most |\n|---|---|---|")
    for key, what in (("rss", "resident, MiB"), ("pss", "its share, MiB"), ("fds", "descriptors"), ("maps", "mappings")):
        print(f"| {what} | {min(s[key] for s in steady):.5g} | {max(s[key] for s in samples):.5g} |")
    print(f"| folder, MiB (of {most / UNITS['M']:.0f}) | | {largest / UNITS['M']:.1f} |")
    print(f"| processor | | {last['cpu']:.1f} s in {lasted:.0f} s: {100 * last['cpu'] / lasted:.2f} % of one |")
    return said


def main():
    said = soak()
    files = {"segment": [], "saved": []}
    for path in sorted(glob.glob(os.path.join(kept, "*.rec"))):
        files["segment" if os.path.basename(path).startswith("segment-") else "saved"].append(path)
    saved = [line for line in said if "saved to" in line]
    alone = {kind: [read_alone(path) for path in files[kind]] for kind in files}
    together = calls(json.loads(report("--json", *files["segment"])))
    total = {}
    for seen in alone["segment"]:
        for call, (nr, failed) in calls(seen).items():
            total[call] = (total.get(call, (0, 0))[0] + nr, total.get(call, (0, 0))[1] + failed)
    check(total == together, f"segments alone hold {total}, together {together}")
    whole = json.loads(report("--json", kept))
    check(calls(whole) == together, "the folder is not its segments")
    print(f"{len(saved)} saved; {len(files['saved'])} of them and {len(files['segment'])} segments lie there,"
          f" each read alone as text, --json and --verify;")
    print(f"the segments hold (calls, failed) {together}, alone and together; lost {whole['lost']}")
    print(f"{len(wrong)} wrong")
    if wrong:
        print("what lies there is left in", work)
    else:
        shutil.rmtree(work)
    return bool(wrong)


sys.exit(main())
