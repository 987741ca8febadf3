#!/usr/bin/env python3
"""Plants changes that break a defence, one at a time, and asks the tests whether they notice.

    run.py --check              every planted change fits its file exactly once, and the last run's results cover all of them
    run.py --small              runs those whose tests are compiled in seconds, and keeps no results
    run.py [--sample N] [--seed S] [--only ID …] [--in-place]
                                run them, or some, in a copy of the tree; results go to results.json, which keeps those of earlier runs

A planted change is caught if the tests named for it fail, or, where those pass, any other of their target. It is not compiling if it is
no program any more (then it is no good and counts as not caught), and survives if all of them pass. Tests that fail without any change
are found first and catch nothing. At least 95 % of those that ran must be caught. Build settings are cargo's own variables, such as
CARGO_TARGET_DIR (usually the tree's own, so that dependencies are there), and MUTATION_CARGO (words put before cargo's, such as a lock).
"""

import argparse
import datetime
import json
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
LEAST = 0.95
SMALL = {"ringfence-domain", "ringfence-keys", "ringfence-transparency"}


def catalogue():
    planted = tomllib.loads((HERE / "catalogue.toml").read_text())["planted"]
    ids = [one["id"] for one in planted]
    assert len(set(ids)) == len(ids) >= 40, "at least forty, each with an id of its own"
    for one in planted:
        assert set(one) == {"id", "breaks", "file", "find", "replace", "tests"}, one["id"]
        found = (ROOT / one["file"]).read_text().count(one["find"])
        assert found == 1, f"{one['id']}: what it looks for stands {found} times in {one['file']}"
        assert one["find"] != one["replace"] and one["breaks"].endswith("."), one["id"]
    return planted


def check(planted):
    told = json.loads(RESULTS.read_text())
    known = {one["id"]: one["result"] for one in told["results"]}
    missing = [one["id"] for one in planted if one["id"] not in known]
    gone = [one for one in known if one not in {one["id"] for one in planted}]
    assert not missing and not gone, f"results.json lacks {missing} and has {gone}: run scripts/mutation/run.py"
    ran = [one for one in known.values() if one != "not run"]
    caught = ran.count("caught")
    assert caught >= LEAST * len(ran), f"{caught} of {len(ran)} are caught"
    print(f"{len(planted)} planted changes apply; {len(ran)} have run, {caught} were caught, {len(planted) - len(ran)} haven't run yet")


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def copied():
    """The tree as it stands, with what isn't committed yet: files that are the same keep their times, so that little is compiled anew."""
    tree = ROOT / "target" / "mutation" / "tree"
    names = git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in names:
        source, to = ROOT / name, tree / name
        if not source.is_file():
            continue
        data = source.read_bytes()
        if not to.exists() or to.read_bytes() != data:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
    return tree


def cargo(tree, words):
    before = shlex.split(os.environ.get("MUTATION_CARGO", ""))
    venv = ROOT / "target" / "venv" / "bin" / "cvc5"
    environment = {"CARGO_TARGET_DIR": str(ROOT / "target"), **os.environ, "CVC5": str(venv)}
    done = subprocess.run([*before, "cargo", *words], cwd=tree, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def asked_of(target):
    """Cargo's words for the tests of a target (package, kind)."""
    package, kind = target
    return ["test", "--release", "--locked", "-p", package, *(["--lib"] if kind == "lib" else ["--test", kind])]


def skipped(names):
    return [word for name in ["compile_fail", *names] for word in ("--skip", name)]


def fails_anyway(tree, target):
    """The tests of a target that fail while nothing is planted, such as one about time in a slow build: they catch nothing."""
    code, said = cargo(tree, [*asked_of(target), "--", *skipped([])])
    names = sorted(set(re.findall(r"^test (\S+) \.\.\. FAILED$", said, re.MULTILINE)))
    if code != 0 and not names:
        sys.exit(f"{said[-2000:]}\nthe tests of {target} don't run")
    print(f"{'unchanged':14} {' '.join(target)}: {len(names)} fail {' '.join(names)}", flush=True)
    return names


def tried(tree, one, anyway):
    asked, name = asked_of(tuple(one["tests"][:2])), one["tests"][2]
    path = tree / one["file"]
    whole = path.read_text()
    path.write_text(whole.replace(one["find"], one["replace"]))
    try:
        code, said = cargo(tree, [*asked, "--no-run"])
        if code != 0:
            return "not compiling", said
        for some in [name] * bool(name) + [""]:
            code, said = cargo(tree, [*asked, "--", some, *skipped(anyway)])
            if code != 0:
                return "caught", said
        return "survived", said
    finally:
        path.write_text(whole)


def keep(planted, one, result):
    """Puts one result among those of earlier runs."""
    commit = git("rev-parse", "HEAD").strip()
    before = json.loads(RESULTS.read_text())["results"] if RESULTS.exists() else []
    results = {other["id"]: other for other in before}
    results[one["id"]] = {"id": one["id"], "breaks": one["breaks"], "result": result, "commit": commit}
    blank = {"result": "not run"}
    known = [results.get(one["id"], {"id": one["id"], "breaks": one["breaks"], **blank}) for one in planted]
    ran = [one for one in known if one["result"] != "not run"]
    told = {
        "commit": commit,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "planted": len(planted),
        "ran": len(ran),
        "caught": sum(one["result"] == "caught" for one in ran),
        "results": known,
    }
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--in-place", action="store_true", help="in this tree itself: each change is taken back, also when interrupted")
    asked = parser.parse_args()
    planted = catalogue()
    if asked.check:
        check(planted)
        return
    chosen = [one for one in planted if not asked.only or one["id"] in asked.only]
    if asked.small:
        chosen = [one for one in chosen if one["tests"][0] in SMALL]
    if asked.sample:
        chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))
    # By package, so that what is compiled for one serves the next.
    chosen.sort(key=lambda one: (one["tests"][0], one["tests"][1], one["file"]))
    tree = ROOT if asked.in_place else copied()
    anyway = {target: fails_anyway(tree, target) for target in sorted({tuple(one["tests"][:2]) for one in chosen})}
    caught = 0
    for one in chosen:
        result, said = tried(tree, one, anyway[tuple(one["tests"][:2])])
        print(f"{result:14} {one['id']}", flush=True)
        caught += result == "caught"
        if result != "caught":
            print(said[-2000:], file=sys.stderr)
        if not asked.small:
            keep(planted, one, result)
    if caught < LEAST * len(chosen):
        sys.exit(f"{caught} of {len(chosen)} planted changes were caught")


if __name__ == "__main__":
    main()
