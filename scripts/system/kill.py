"""Kills of export, repair and import at random moments: what follows goes on, nothing stays behind, nothing wrong is taken.

    kill.py LSREPO HOME WORK KILLS

HOME is a store with something to export.
"""

import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

LSREPO, HOME, WORK, KILLS = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), int(sys.argv[4])
chance = random.Random(int(os.environ.get("SEED", "1")))
# What may be done twice of a piece that is under way.
TWICE = 8 << 20


def run(home, *words, kill=None):
    """Runs lsrepo; with `kill`, for so many seconds at most. Says whether it came to its end."""
    child = subprocess.Popen([LSREPO, "--no-progress", *map(str, words)], env={**os.environ, "LSREPO_HOME": str(home)},
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, said = child.communicate(timeout=kill)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
        return None
    if child.returncode:
        sys.exit(f"{words}: exit code {child.returncode}\n{said}")
    return said


def digest(*paths):
    state = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while part := file.read(1 << 20):
                state.update(part)
    return state.hexdigest()


def fresh(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def orphans(folder, *allowed):
    """Everything below a folder that has no business there."""
    return [path for path in folder.rglob("*") if path.is_file() and (path.name.startswith(".") or path.suffix in (".part", ".new"))
            and path.name not in allowed]


def until_done(what, once, left, seconds, kills):
    """Runs `once` again and again, killed at random moments, until it comes to its end; counts the kills."""
    done = 0
    while True:
        moment = chance.uniform(0.001, seconds)
        if done >= kills:
            moment = None
        if once(moment) is not None:
            break
        done += 1
    if stay := left():
        sys.exit(f"{what}: {len(stay)} files stayed: {stay[:5]}")
    return done


def timed(once):
    started = time.monotonic()
    once(None)
    return time.monotonic() - started


good = fresh("good")
run(HOME, "export", "-o", good / "b.tar.zst", "--split", "20MB", "--parity", "10", "--no-tools")
volumes = sorted(good.glob("b.tar.zst.0*"))
whole = digest(*volumes)
size = sum(path.stat().st_size for path in volumes)
run(HOME, "key", "export", "-o", WORK / "key.asc")

kills = {"export": 0, "export --move": 0, "repair": 0, "import": 0, "import --move": 0}
seconds = {}
while sum(kills.values()) < KILLS:
    # As many kills in a round as leave it a chance to end.
    out = fresh("out")

    def export(moment):
        return run(HOME, "export", "-o", out / "b.tar.zst", "--split", "20MB", "--no-tools", kill=moment)

    if "export" not in seconds:
        seconds["export"] = timed(export)
        out = fresh("out")
    kills["export"] += until_done("export", export, lambda: orphans(out), seconds["export"] * 1.2, 8)
    if digest(*sorted(out.glob("b.tar.zst.0*"))) != whole:
        sys.exit("export: other bytes")

    giving, out = fresh("giving"), fresh("out")
    shutil.copytree(HOME, giving, dirs_exist_ok=True)

    def give(moment):
        # Where the store uses already what it gave away, it had come to its end.
        if list((giving / "bundles").glob("*.json")):
            return ""
        return run(giving, "export", "-o", out / "b.tar.zst", "--split", "20MB", "--no-tools", "--move", kill=moment)

    kills["export --move"] += until_done("export --move", give, lambda: orphans(out), seconds["export"] * 1.2, 8)
    if digest(*sorted(out.glob("b.tar.zst.0*"))) != whole:
        sys.exit("export --move: other bytes")
    if left := [path for path in (giving / "tmp").iterdir()] + [path for path in (giving / "blobs/sha256").iterdir()
                                                                if path.stat().st_size > TWICE]:
        sys.exit(f"export --move: still in the store: {left}")
    run(giving, "verify", "--full", out)

    media = fresh("media")
    for path in good.iterdir():
        shutil.copy(path, media)
    lost = chance.choice(volumes).name

    def repair(moment):
        return run(HOME, "repair", media, kill=moment)

    (media / lost).unlink()
    if "repair" not in seconds:
        seconds["repair"] = timed(repair)
        (media / lost).unlink()
    kills["repair"] += until_done("repair", repair, lambda: orphans(media), seconds["repair"] * 1.2, 8)
    if digest(*sorted(media.glob("b.tar.zst.0*"))) != whole:
        sys.exit("repair: other bytes")

    for what, words in [("import", []), ("import --move", ["--move"])]:
        far = fresh("far")
        run(far, "key", "trust", WORK / "key.asc")
        given = fresh("given")
        for path in volumes:
            shutil.copy(path, given)
        files = [given / path.name for path in volumes]

        def take(moment):
            # What was moved goes last: whoever was killed then had everything.
            if not all(path.exists() for path in files):
                return ""
            return run(far, "import", *words, *files, kill=moment)

        if what not in seconds:
            seconds[what] = timed(take)
            for path in volumes:
                shutil.copy(path, given)
            shutil.rmtree(far)
            run(far, "key", "trust", WORK / "key.asc")
        kills[what] += until_done(what, take, lambda: [], seconds[what] * 1.2, 8)
        # Whoever works in the store next sweeps what was left in the last moment.
        run(far, "gc")
        if stay := orphans(far):
            sys.exit(f"{what}: {len(stay)} files stayed: {stay[:5]}")
        # Every blob is what its name says, and all of them are there.
        for blob in (far / "blobs/sha256").iterdir():
            if digest(blob) != blob.name:
                sys.exit(f"{what}: {blob} is wrong")
        again = fresh("again")
        run(far, "export", "-o", again / "b.tar.zst", "--no-tools")
        print(f"{sum(kills.values())} kills: {kills}", flush=True)
print(f"{size / 1e6:.0f} MB, {sum(kills.values())} kills, nothing stayed behind, nothing wrong was taken")
