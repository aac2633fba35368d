#!/usr/bin/env python3
"""Shows whether the tests find mistakes: makes each mistake of mutants.txt and runs the tests until one fails.

    tests/mutations/run.py check              does each entry still fit its file, exactly once?
    tests/mutations/run.py run [NUMBER...]    makes the mistakes (all that have no result yet, or these), and says what
                                              caught each
    tests/mutations/run.py run --again        the same for those that survived before
    tests/mutations/run.py report             the score by room, and what survived

All mistakes are compiled at once into a copy of the repository, each behind a switch that the environment variable
JOBSIM_MUTANT turns on, so that there is one build and not one for each. Integration tests that need no command are
compiled into the unit tests; --commands builds the others too. For each mistake the tests run from cheap to dear (STAGES),
up to the first that fails or runs far longer than without the mistake. Results are kept in the folder --work
(target/mutations), so that a run that was interrupted goes on where it stopped. Python 3.9 or later, no packages.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Integration tests that need no command, and the modules that they use. They are compiled into the unit tests, so that one
# crate has to be built and not three.
LIBRARY_TESTS = [
    "batch_properties", "cases_as_scenarios", "conformance", "containers", "going_on", "node_controllers", "node_worlds",
    "partial_results", "queueing", "statistics", "ties", "unrecorded_rules", "worlds",
]
HELPERS = ["cli", "nodes", "toy"]

# The name of a stage, the test program, and what it is told; {room} is the room of the mutant. Tests that examine the
# source itself are left out: they would reject the copy.
STAGES = [
    ("unit tests of the room", "lib", ["{room}::", "--skip=it::"]),
    ("small tests of the library", "lib", [
        "it::containers::", "it::node_controllers::", "it::partial_results::", "it::ties::", "it::unrecorded_rules::",
    ]),
    ("recorded histories of nodes and CronJobs", "lib", [
        "it::conformance::cronjob", "it::conformance::kubelet", "it::conformance::nodes",
    ]),
    ("recorded histories of Jobs", "lib", ["it::conformance::jobs"]),
    ("random worlds", "lib", ["it::worlds::", "it::node_worlds::"]),
    ("other recorded histories", "lib", ["it::conformance::", "it::cases_as_scenarios::"]),
    ("other tests of the library", "lib", [
        "it::batch_properties::", "it::going_on::", "it::queueing::", "it::statistics::",
    ]),
    ("all unit tests", "lib", ["--skip=it::"]),
    ("commands about Pods and nodes", "it", [
        "by_hand::", "conditions::", "kueue::", "nodes::", "pod_actions::", "quotas::", "residents::", "scenarios::",
    ]),
    ("commands about numbers", "it", [
        "batch::", "comparisons::", "experiment::", "goals::", "numbers::", "shards::",
    ]),
    ("other commands", "it", [
        "answers::", "autopsy::", "calibrate::", "cookbook::", "design::", "explain::", "next::", "releases::", "report::", "run::",
        "schedule::", "solve::", "validate::", "why::",
    ]),
]

# A test that runs this many times as long as without the mutant, and at least this many seconds, hangs.
SLOWER, LEAST_TIMEOUT = 5, 60
# No mutant may use more memory, in bytes.
MOST_MEMORY = 8 << 30

SWITCH = """

/// Whether this mutant is switched on.
#[doc(hidden)]
pub fn mutant(number: u32) -> bool {
    static SWITCHED_ON: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    let read = || std::env::var("JOBSIM_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    *SWITCHED_ON.get_or_init(read) == number
}

#[cfg(test)]
extern crate self as jobsim;
"""

Mutant = collections.namedtuple("Mutant", "number path what around old new equivalent")
Place = collections.namedtuple("Place", "start end mutant")


def read_mutants():
    """The entries of mutants.txt."""
    mutants, numbers = [], set()
    for block in (HERE / "mutants.txt").read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        number, path = lines[0].split()
        fields = {name.strip(): text.strip() for name, _, text in (line.partition(":") for line in lines[2:])}
        around, equivalent = fields.pop("in", "@"), fields.pop("equivalent", None)
        mutant = Mutant(int(number), path, lines[1], around, fields.pop("old"), fields.pop("new"), equivalent)
        if fields or around.count("@") != 1 or mutant.number in numbers:
            sys.exit(f"mutants.txt: mutant {number}: an unknown field, no single @, or a number that stands there twice")
        numbers.add(mutant.number)
        mutants.append(mutant)
    return mutants


def pattern(text):
    """Matches a text with any white space in place of its own."""
    return r"\s+".join(re.escape(word) for word in text.split())


def find(mutant, source):
    """Where the old text of a mutant stands; None unless it is there exactly once."""
    before, after = mutant.around.split("@")
    parts = [pattern(before), f"(?P<old>{pattern(mutant.old)})", pattern(after)]
    found = list(re.finditer(r"\s*".join(part for part in parts if part), source))
    if len(found) != 1:
        return None
    return Place(found[0].start("old"), found[0].end("old"), mutant)


def places_by_file(mutants):
    """The places of all mutants, by file; stops if one does not fit."""
    by_file, misfits = collections.defaultdict(list), []
    for mutant in mutants:
        place = find(mutant, (ROOT / mutant.path).read_text())
        if place is None:
            misfits.append(f"mutant {mutant.number} does not stand exactly once in {mutant.path}: {mutant.old}")
        else:
            by_file[mutant.path].append(place)
    if misfits:
        sys.exit("\n".join(misfits))
    return by_file


def with_switches(source, places, start=0, end=None):
    """The source between two places with all mutants, each behind its switch. A mutant may contain others."""
    end = len(source) if end is None else end
    text, at = "", start
    for place in sorted(places, key=lambda place: (place.start, -place.end, place.mutant.number)):
        if place.start < at:
            continue
        inner = [other for other in places if other is not place and place.start <= other.start < place.end]
        if any(other.end > place.end for other in inner):
            sys.exit(f"mutant {place.mutant.number} overlaps another: one must contain the other")
        old = with_switches(source, inner, place.start, place.end)
        number, new = place.mutant.number, place.mutant.new
        switched = f"if crate::mutant({number}) {{ {new} }} else {{ {old} }}"
        text += source[at:place.start] + (switched if place.mutant.old.endswith(";") else f"({switched})")
        at = place.end
    return text + source[at:end]


def with_library_tests(copy):
    """The contents by path of the integration tests that are compiled into the unit tests, in a module of their own."""
    names = sorted(LIBRARY_TESTS + HELPERS)
    for name in names:
        text = (ROOT / "tests/it" / f"{name}.rs").read_text()
        yield copy / "src/it" / f"{name}.rs", text.replace("crate::", "crate::it::").encode()
    yield copy / "src/it/mod.rs", "".join(f"pub mod {name};\n" for name in names).encode()


def write_if_new(target, content):
    """Writes a file unless it has this content: what stays the same is not built again."""
    if not target.is_file() or target.read_bytes() != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def make_copy(work, mutants):
    """Copies the repository with all mutants."""
    by_file, copy = places_by_file(mutants), work / "copy"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    for path in listed.stdout.decode().splitlines():
        source, target = ROOT / path, copy / path
        if not source.is_file():
            continue
        content = source.read_bytes()
        if path in by_file:
            content = with_switches(content.decode(), by_file[path]).encode()
        if path == "src/lib.rs":
            content = b"#![allow(warnings)]\n" + content + SWITCH.encode() + b"#[cfg(test)]\nmod it;\n"
        write_if_new(target, content)
        shutil.copymode(source, target)
    for target, content in with_library_tests(copy):
        write_if_new(target, content)
    return copy


def build(work, copy, commands):
    """Builds the unit tests of the copy, and its other tests where they are wanted; gives the programs by target."""
    print("building all mutants at once", flush=True)
    environment = dict(os.environ, CARGO_TARGET_DIR=str(work / "build"))
    # No optimisation: it more than doubles the time to build, and the stage that catches most takes seconds without it.
    # CARGO_PROFILE_DEV_OPT_LEVEL=1 is for the dear stages on a large machine.
    environment.setdefault("CARGO_PROFILE_DEV_DEBUG", "0")
    # What cargo tells integration tests only; in the unit tests nobody runs the command.
    environment.setdefault("CARGO_BIN_EXE_jobsim", "jobsim")
    environment.setdefault("CARGO_TARGET_TMPDIR", str(work / "files"))
    command = ["cargo", "test", "--no-run", "--message-format=json-render-diagnostics", "--lib"]
    command += ["--test", "it"] if commands else []
    built = subprocess.run(command, cwd=copy, env=environment, stdout=subprocess.PIPE)
    if built.returncode != 0:
        sys.exit("the copy with the mutants does not compile")
    programs = {}
    for line in built.stdout.decode().splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            programs["lib" if "lib" in message["target"]["kind"] else message["target"]["name"]] = message["executable"]
    return programs


class Runner:
    """Runs stages on the programs of the copy."""

    def __init__(self, copy, programs, threads, stages):
        self.copy, self.programs, self.threads = copy, programs, threads
        self.stages = [stage for stage in STAGES if stage[1] in programs][:stages]
        self.usual, self.lock, self.left_out = {}, threading.Lock(), []

    def stage(self, number, stage, room):
        """Runs the tests of a stage. Gives the first that failed, or None, and how long it took."""
        name, program, filters = stage
        usual = self.usual.get((name, room if "{room}" in "".join(filters) else None))
        limit = None if usual is None else max(LEAST_TIMEOUT, SLOWER * usual)
        with tempfile.TemporaryDirectory(prefix="jobsim-mutant-") as folder:
            environment = dict(os.environ, TMPDIR=folder, JOBSIM_MUTANT=str(number))
            command = [self.programs[program], f"--test-threads={self.threads}"]
            command += [text.format(room=room) for text in filters] + [f"--skip={test}" for test in self.left_out]
            begun = time.monotonic()
            process = subprocess.Popen(
                command, cwd=self.copy, env=environment, text=True, errors="replace", stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=bound_memory,
            )
            hangs = threading.Event()
            timer = threading.Timer(limit, lambda: (hangs.set(), stop(process))) if limit else None
            if timer:
                timer.start()
            failed = None
            for line in process.stdout:
                if line.startswith("test ") and line.rstrip().endswith("FAILED"):
                    failed = line.split()[1]
                    break
            stop(process)
            code = process.wait()
            if timer:
                timer.cancel()
            if failed is None and hangs.is_set():
                failed = "(hangs)"
            elif failed is None and code != 0:
                failed = f"(ends with {code})"
            return failed, time.monotonic() - begun

    def measure(self, rooms):
        """Runs all stages without a mutant: they give the usual times. A test that fails is left out, and named."""
        for stage in self.stages:
            name, _, filters = stage
            for room in sorted(rooms) if "{room}" in "".join(filters) else [None]:
                failed, took = self.stage(0, stage, room)
                while failed:
                    print(f"left out, as it fails without a mutant: {failed}", flush=True)
                    if failed.startswith("(") or len(self.left_out) == 20:
                        sys.exit("too much fails without a mutant")
                    self.left_out.append(failed)
                    failed, took = self.stage(0, stage, room)
                print(f"{took:6.1f} s  {name}{f' ({room})' if room else ''}", flush=True)
                self.usual[(name, room)] = took

    def judge(self, mutant):
        """What catches a mutant: the stage and the test; None if it survives."""
        for stage in self.stages:
            failed, _ = self.stage(mutant.number, stage, room_of(mutant))
            if failed:
                return [stage[0], failed]
        return None


def bound_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def stop(process):
    """Stops a test program and what it has started, if it has not ended."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def room_of(mutant):
    return mutant.path.split("/")[1]


def digest(mutant):
    """Changes when the mutant does, so that an old result is not taken for a new one."""
    return hashlib.sha256("\0".join([mutant.path, mutant.around, mutant.old, mutant.new]).encode()).hexdigest()[:12]


def read_results(work, mutants):
    """Results by number: what caught the mutant, or None."""
    file, known = work / "results.jsonl", {mutant.number: digest(mutant) for mutant in mutants}
    results = {}
    for line in file.read_text().splitlines() if file.is_file() else []:
        result = json.loads(line)
        if known.get(result["mutant"]) == result["digest"]:
            results[result["mutant"]] = result["caught"]
    return results


def run(arguments, work, mutants):
    results = read_results(work, mutants)
    chosen = [mutant for mutant in mutants if mutant.number in arguments.numbers or not arguments.numbers]
    if arguments.again:
        chosen = [mutant for mutant in chosen if results.get(mutant.number, True) is None]
    elif not arguments.numbers:
        chosen = [mutant for mutant in chosen if mutant.number not in results]
    chosen = [mutant for mutant in chosen if not mutant.equivalent or arguments.numbers]
    copy = make_copy(work, mutants)
    runner = Runner(copy, build(work, copy, arguments.commands), arguments.threads, arguments.stages)
    runner.measure({room_of(mutant) for mutant in chosen})

    def judge(mutant):
        caught = runner.judge(mutant)
        with runner.lock, open(work / "results.jsonl", "a") as file:
            file.write(json.dumps({"mutant": mutant.number, "digest": digest(mutant), "caught": caught}) + "\n")
            how = f"caught by {caught[0]}: {caught[1]}" if caught else "SURVIVES"
            print(f"{mutant.number:4} {mutant.path}: {how}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(judge, chosen))
    report(work, mutants)


def report(work, mutants):
    results = read_results(work, mutants)
    rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
    for mutant in mutants:
        open_or = 3 if mutant.number not in results else 0 if results[mutant.number] else 1
        place = 2 if mutant.equivalent else open_or
        for name in (room_of(mutant), "all"):
            rooms[name][place] += 1
    print(f"{'room':12} caught survive equivalent not run")
    for name in sorted(rooms, key=lambda name: (name == "all", name)):
        print("{:12} {:6} {:7} {:10} {:7}".format(name, *rooms[name]))
    caught, survived = rooms["all"][:2]
    if caught + survived:
        print(f"{caught} of {caught + survived} that are not equivalent are caught: {100 * caught / (caught + survived):.1f} %")
    stages = collections.Counter(result[0] for result in results.values() if result)
    for name, count in stages.most_common():
        print(f"{count:4} caught by {name}")
    for mutant in mutants:
        if not mutant.equivalent and results.get(mutant.number, True) is None:
            print(f"{mutant.number:4} survives in {mutant.path}: {mutant.what}\n       {mutant.old}  ->  {mutant.new}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check", "run", "report"])
    parser.add_argument("numbers", nargs="*", type=int, help="numbers of mutants")
    parser.add_argument("--again", action="store_true", help="only those that survived before")
    parser.add_argument("--commands", action="store_true", help="run the tests of commands too, which takes longer to build")
    parser.add_argument("--stages", type=int, help="only the first so many stages; --again runs the others for what survives")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="test threads of each")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/mutations", help="folder for the copy")
    arguments = parser.parse_intermixed_args()
    mutants, work = read_mutants(), arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if arguments.what == "check":
        places_by_file(mutants)
        print(f"{len(mutants)} mutants, each stands in its file once")
    elif arguments.what == "run":
        run(arguments, work, mutants)
    else:
        report(work, mutants)


if __name__ == "__main__":
    main()
