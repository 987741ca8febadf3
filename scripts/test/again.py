"""Runs `cargo test`; what failed beside other tests is run once more alone, and both are told.

    again.py LOG cargo test …

Many tests here start real servers and have deadlines; on a machine with few processors one may starve another. A test that passes
alone is named as flaked, here and at the end of ./test, and wants mending; more than TOLERATED of them, or a test that fails alone
too, fail the step. What each failure said is printed last, where it is found.
"""

import re
import subprocess
import sys
from pathlib import Path

TOLERATED = 2
FAILED = re.compile(r"^failures:\n((?:    .+\n)+)", re.MULTILINE)
# What cargo says after the output of each target that failed, whether by a test or by crashing.
RERUN = re.compile(r"^error: .*to rerun pass `(.+)`$", re.MULTILINE)
PASSED = re.compile(r"^test result: ok\. (\d+) passed", re.MULTILINE)
SAID = re.compile(r"^---- (\S+) stdout ----\n(.*?)(?=^---- |^failures:)", re.MULTILINE | re.DOTALL)
MUCH = 1_500


def run(command, log):
    """Runs it, shows what it says as it comes, keeps it; its code and what it said."""
    with log.open("w") as kept, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as child:
        for line in child.stdout:
            sys.stdout.write(line)
            kept.write(line)
        code = child.wait()
    return code, log.read_text(errors="replace")


def failures(said):
    """Of each target that failed, its flags and the tests that did; none where it crashed."""
    found, start = [], 0
    for rerun in RERUN.finditer(said):
        blocks = FAILED.findall(said, start, rerun.start())
        found.append((rerun[1], sorted({name.strip() for block in blocks for name in block.splitlines()})))
        start = rerun.end()
    return found


def alone(command, target, names, log):
    """Do all these tests of a target pass with nothing beside them?"""
    until = command.index("--") if "--" in command else len(command)
    # Which packages and targets are tested is said by the target's own flags.
    kept = re.sub(r" (-p \S+|--test \S+|--workspace)", "", " ".join(command[:until])).split(" ")
    again = [*kept, *target.split(), "--", "--exact", "--test-threads=1", *names, *command[until + 1 :]]
    code, said = run(again, log)
    return code == 0 and sum(int(many) for many in PASSED.findall(said)) == len(names)


def main():
    log, command = Path(sys.argv[1]), sys.argv[2:]
    code, said = run(command, log)
    if code == 0:
        return 0
    failed = failures(said)
    names = [name for _, tests in failed for name in tests]
    # A target that failed without naming a test crashed, or its tests are documents': that is no flake.
    fine = 0 < len(names) <= TOLERATED and all(tests for _, tests in failed)
    if fine:
        print(f"\nfailed beside others, run alone now: {' '.join(names)}", flush=True)
        fine = all(
            alone(command, target, tests, log.with_suffix(f".again{at}.log"))
            for at, (target, tests) in enumerate(failed)
        )
    for name, words in SAID.findall(said):
        start = max(words.find("panicked at"), 0)
        print(f"\nwhat {name} said:\n{words[start : start + MUCH]}")
    if not fine:
        return code
    for name in names:
        print(f"flaked: {name} failed beside other tests and passed alone")
        with log.with_name("flaked.txt").open("a") as flaked:
            flaked.write(name + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
