"""Runs the steps in their order, and reports."""

import os
import pathlib
import sys
import time

import desk
from bench import STEPS, Bench, Skipped, name_of

import opening  # noqa: F401
import keyboard  # noqa: F401
import mouse  # noqa: F401
import reading  # noqa: F401
import exporting  # noqa: F401
import leaving  # noqa: F401
import whole  # noqa: F401
import desktop  # noqa: F401


def main(program):
    """Runs all steps; returns the exit code."""
    pictures = pathlib.Path(os.environ["E2E_PICTURES"])
    pictures.mkdir(parents=True, exist_ok=True)
    for old in pictures.glob("*.png"):
        old.unlink()
    pathlib.Path(os.environ["E2E_SCRATCH"]).mkdir()
    os.environ["BYLINE_CONFIG_DIR"] = os.path.join(os.environ["E2E_SCRATCH"], "settings")
    os.environ["USER"] = "zoë"

    desk.enable_accessibility()
    bench = Bench(program)
    passed = failed = skipped = 0
    missing = None
    try:
        for step in STEPS:
            name, start = name_of(step), time.monotonic()
            if missing:
                failed += 1
                print(f"FAILED {name}: not reached, because of “{missing}”", flush=True)
                continue
            try:
                step(bench)
            except Skipped as why:
                skipped += 1
                print(f"skipped: {name}: {why}", flush=True)
            except Exception as why:  # whatever it is, the other steps have something to say too
                failed += 1
                desk.picture(str(pictures / f"{step.__name__}.png"))
                missing = name if getattr(step, "essential", False) else None
                kind = "" if isinstance(why, desk.Failed) else f"{type(why).__name__}: "
                print(f"FAILED {name}: {kind}{why}", flush=True)
            else:
                passed += 1
                print(f"ok {name} ({time.monotonic() - start:.1f} s)", flush=True)
    finally:
        bench.stop()
    report(bench, pictures, passed, failed, skipped)
    return 1 if failed else 0


def report(bench, pictures, passed, failed, skipped):
    """What a person wants to know in the end."""
    if failed and bench.errors():
        print(f"the program said:\n{bench.errors()}")
    if failed:
        print(f"pictures: {pictures}")
    if bench.delays:
        print(f"on disk after the last key: {max(bench.delays):.2f} s at most, in {len(bench.delays)} actions")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))


if __name__ == "__main__":
    # Standard output belongs to the services of the session, which know no quiet mode.
    sys.stdout = os.fdopen(3, "w", encoding="utf-8")
    sys.exit(main(sys.argv[1]))
