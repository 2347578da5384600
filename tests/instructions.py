#!/usr/bin/env python3
"""instructions.py: the instructions that a run on the sample corpus takes, against the recorded figure.

usage: instructions.py PATH/TO/dechaff [--write]

Counts with valgrind's callgrind, which is exact where time is not, one thread, and compares with
benches/instructions.json. Exit status 1 where the count is more than a tenth above the record. The record is of the
tests' build (target/debug): of other builds it says nothing.

--write   makes the count the record
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "benches" / "instructions.json"
RUN = ["clean", "data/pages", "--threads", "1", "--quiet", "--no-progress"]
SLACK = 1.1


def counted(program):
    with tempfile.TemporaryDirectory() as folder:
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/profile"]
        run = subprocess.run(
            [*callgrind, program, *RUN, "--output", f"{folder}/out"], cwd=ROOT, capture_output=True, text=True
        )
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        sys.exit(f"the run failed with {run.returncode}:\n{run.stderr[-2000:]}")
    return int(found.group(1))


def main(arguments):
    programs = [argument for argument in arguments if argument != "--write"]
    if len(programs) != 1:
        sys.exit(__doc__)
    if not shutil.which("valgrind"):
        print("instructions: skipped, there is no valgrind")
        return
    count = counted(pathlib.Path(programs[0]).resolve())
    if "--write" in arguments:
        RECORD.write_text(json.dumps({" ".join(RUN[:2]): count}) + "\n")
    recorded = json.loads(RECORD.read_text())[" ".join(RUN[:2])]
    print(f"instructions: {count / 1e6:,.0f} million, recorded {recorded / 1e6:,.0f} million")
    if count > SLACK * recorded:
        sys.exit(f"{count / recorded:.2f} times the recorded count: find what grew, or record it with --write")


main(sys.argv[1:])
