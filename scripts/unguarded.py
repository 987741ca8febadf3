#!/usr/bin/env python3
"""Turns defences off, one at a time, in a throw-away copy of the program, and holds that each drill then finds its attack got through.

    unguarded.py --check            every switch fits the tree
    unguarded.py [--only ID …]      builds the copy and carries the drills out: held as it is, pierced without their defence

A drill that says "held" whatever the program does would prove nothing. crates/drills/switches.toml names the lines that make up each
defence; the copy has all of them at once, each asleep until RINGFENCE_OFF names it, so that one build serves all. The program itself has
no such switch. That every drill has one is a test of the drills' crate.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
SWITCHES = ROOT / "crates" / "drills" / "switches.toml"
COPY = ROOT / "target" / "unguarded"
SWITCH = "RINGFENCE_OFF"
# In a replacement: is one of these off?
ASKED = r'OFF\(("[a-z-]+"(?:, "[a-z-]+")*)\)'


def switches():
    """What can be off, and the changes to the source by which it is."""
    told = tomllib.loads(SWITCHES.read_text())
    ids = [one["id"] for one in told["off"]]
    assert len(set(ids)) == len(ids), "each switch has an id of its own"
    for one in told["off"]:
        assert set(one) == {"id", "off", "drills"} and one["off"].endswith(".") and one["drills"], one["id"]
    switched = set()
    for change in told["change"]:
        assert set(change) == {"file", "find", "replace"}, change
        count = (ROOT / change["file"]).read_text().count(change["find"])
        assert count == 1, f"it stands {count} times in {change['file']}:\n{change['find']}"
        assert change["find"] != change["replace"], change
        switched.update(named(change))
    assert switched == set(ids), f"ids and changes differ: {switched ^ set(ids)}"
    return told["off"], told["change"]


def named(change):
    return [name for names in re.findall(ASKED, change["replace"]) for name in re.findall(r'"([a-z-]+)"', names)]


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def changed(text, changes):
    """A file's text with the switches in it. Changes may touch, never overlap."""

    def asleep(asked):
        pattern = " | ".join(re.findall(r'"[a-z-]+"', asked.group(1)))
        return f'std::env::var_os("{SWITCH}").is_some_and(|off| matches!(off.to_str(), Some({pattern})))'

    for change in changes:
        assert text.count(change["find"]) == 1, f"another change overlaps {change}"
        text = text.replace(change["find"], re.sub(ASKED, asleep, change["replace"]))
    return text


def copied(changes):
    """The tree as it stands, with the switches in it; what is the same keeps its time, so that little is compiled anew."""
    tree = COPY / "tree"
    for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        source, to = ROOT / name, tree / name
        if not source.is_file():
            continue
        data = source.read_bytes()
        if here := [change for change in changes if change["file"] == name]:
            data = changed(data.decode(), here).encode()
        if not to.exists() or to.read_bytes() != data:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
            to.chmod(source.stat().st_mode)
    return tree


def built(tree):
    """The copy's program. What it depends on was compiled already; of its own crates nothing is optimised, since it runs once."""
    target = COPY / "target"
    if not (target / "release").exists() and (ROOT / "target" / "release").exists():
        target.mkdir(parents=True, exist_ok=True)
        # Links: nothing is copied, and cargo replaces files, never writes into them.
        subprocess.run(["cp", "-al", ROOT / "target" / "release", target / "release"], check=True)
    told = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=tree, check=True, capture_output=True, text=True
    ).stdout
    names = [package["name"] for package in json.loads(told)["packages"]]
    plain = [word for name in names for word in ("--config", f'profile.release.package."{name}".opt-level=0')]
    words = ["cargo", *plain, "build", "--release", "--locked", "--workspace", "--bin", "ringfence"]
    subprocess.run(words, cwd=tree, check=True, env={**os.environ, "CARGO_TARGET_DIR": str(target), "RUSTFLAGS": ""})
    return target / "release" / "ringfence"


def carried_out(program, drills, off):
    """What the drills came to, by name."""
    environment = {key: value for key, value in os.environ.items() if key != SWITCH}
    environment |= {SWITCH: off} if off else {}
    done = subprocess.run(
        [program, "drill", "run", *drills, "--output", "json"], env=environment, capture_output=True, text=True, timeout=600
    )
    try:
        return {one["drill"]: (one["verdict"], one["said"]) for one in json.loads(done.stdout)}
    except json.JSONDecodeError:
        sys.exit(f"{done.stderr[-2000:]}\nthe drills couldn't be carried out without {off}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    asked = parser.parse_args()
    found, changes = switches()
    if asked.check:
        print(f"{len(found)} defences can be turned off, by {len(changes)} changes")
        return
    program = built(copied(changes))
    wrong = []
    chosen = [one for one in found if not asked.only or one["id"] in asked.only]
    if not asked.only:
        for drill, (verdict, said) in carried_out(program, ["--all"], None).items():
            if verdict != "held":
                wrong.append(f"{drill} with every defence on: {verdict}, {said}")
    for one in chosen:
        results = carried_out(program, one["drills"], one["id"])
        blind = {drill: results.get(drill, ("no result", "")) for drill in one["drills"]}
        blind = {drill: told for drill, told in blind.items() if told[0] != "pierced"}
        print(f"{'noticed' if not blind else 'NOT NOTICED':12} {one['id']}: {one['off']} ({len(one['drills'])} drills)", flush=True)
        wrong += [f"{drill} without {one['id']}: {verdict}, {said}" for drill, (verdict, said) in blind.items()]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(chosen)} defences were turned off; each of their drills found its attack got through")


if __name__ == "__main__":
    main()
