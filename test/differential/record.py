"""Runs the programs of this folder on CPython's asyncio in virtual time and writes down what they do.

    python3.13 test/differential/record.py                  records everything into traces/
    python3.13 test/differential/record.py --out FOLDER     the same, into another folder
    python3.13 test/differential/record.py --seeds 1-50     only these random programs, to standard output
    python3.13 test/differential/record.py --show NAME      one program of programs/, to standard output

Plain CPython 3.13 or later, no packages; the random programs come from `node random-programs.mjs`.
See README.md for the format of the traces, and virtual_loop.py for what is done to CPython's loop.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import asyncio
import importlib.util
import inspect
import json
import pathlib
import platform
import subprocess
import warnings

import random_interpreter
from log import Log
from virtual_loop import make_repeatable

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = (1, 2000)


def programs_of(path):
    """The public functions of a file, in the order in which they stand in it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == path.stem and not name.startswith("_")
    }


def run_program(program):
    """Runs one program and gives its steps. A coroutine function is run by `asyncio.run`, a function by itself."""
    log = Log()
    try:
        if inspect.iscoroutinefunction(program):
            result = asyncio.run(program(log), loop_factory=log.new_loop)
        else:
            result = program(log)
        log("returned", result)
    except BaseException as error:
        log("raised", error)
    return log.steps


def record_programs(path):
    """The traces of a file, each as its name and its indented steps."""
    for name, program in programs_of(path).items():
        yield "".join([f"{name}\n", *(f"  {step}\n" for step in run_program(program))])


def record_random(first, last):
    generator = ["node", str(HERE / "random-programs.mjs"), str(first), str(last)]
    lines = subprocess.run(generator, check=True, capture_output=True, encoding="utf-8").stdout
    for line in lines.splitlines():
        seed, spec_hash, spec = line.split("\t")
        yield f"{seed}\t{spec_hash}\t{random_interpreter.run_spec(json.loads(spec))}"


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")


def record_everything(folder):
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "recorded-by.txt", f"CPython {platform.python_version()}\n")
    for path in sorted((HERE / "programs").glob("*.py")):
        write(folder / f"{path.stem}.txt", "\n".join(record_programs(path)))
    write(folder / "random.txt", "".join(line + "\n" for line in record_random(*SEEDS)))


def main():
    parser = argparse.ArgumentParser(description="Records what CPython's asyncio does.")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "traces")
    parser.add_argument("--seeds")
    parser.add_argument("--show")
    options = parser.parse_args()
    # Programs that drop coroutines do so on purpose.
    warnings.simplefilter("ignore", RuntimeWarning)
    make_repeatable()
    if options.seeds:
        first, _, last = options.seeds.partition("-")
        for line in record_random(int(first), int(last or first)):
            print(line)
    elif options.show:
        for path in sorted((HERE / "programs").glob("*.py")):
            program = programs_of(path).get(options.show)
            if program is not None:
                print("\n".join(run_program(program)))
    else:
        record_everything(options.out)


if __name__ == "__main__":
    main()
