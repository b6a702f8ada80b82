"""Every verb's --help has an example, and every example runs.

usage: help_examples_test.py MIMAR SOURCE_DIR

Each runs in a copy of one state directory: the experiments of examples/fashion-mnist, asked for a
few trials and told some, and the ask-and-tell example as `bowl`.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

mimar, source = (pathlib.Path(argument) for argument in sys.argv[1:])

# What has to happen first, so that the example has something to work on.
BEFORE = {
    "logs": "mimar tell fashion-joint/3 --failed",
    "retry": "mimar tell fashion-joint/3 --failed",
    "import": "mimar clone fashion-joint --name fashion-joint-2; "
              "mimar export fashion-joint > trials.csv",
    "compare": "mimar clone fashion-joint --name fashion-joint-2",
    "completion": "mkdir -p ~/.local/share/bash-completion/completions",
    "restart": "mimar ask fashion-hpo; mimar tell fashion-hpo/0 validation-loss=0.5",
}
# What would take too long: text of the example and what stands in for it.
INSTEAD = {
    "run": ("--parallel 2", "--parallel 2 --name other --timeout 1s"),
    "resume": ("--max-trials 60", "--max-trials 60 --timeout 1s"),
    "restart": ("--max-trials 60", "--max-trials 60 --timeout 1s"),
    "wait": ("--timeout 1h", "--timeout 1s"),
    "best": ("mimar-train fit", "echo"),
    "serve": ("mimar serve --katib --addr 127.0.0.1:6789",
              "timeout --preserve-status 2 mimar serve --katib --addr 127.0.0.1:0"),
}
if shutil.which("dot") is None:
    INSTEAD["arch export"] = ("| dot -Tpdf -o network.pdf", "| grep -q digraph")
if shutil.which("man") is None:
    INSTEAD["man"] = ("| man -l -", "| grep -q SYNOPSIS")
# Codes other than 0 with which the example may end here: time is up, trials without mimar-train
# fail, networks differ, this machine lacks something.
MAY_END_WITH = {"run": {5, 6}, "resume": {5, 6}, "restart": {5, 6}, "wait": {6}, "arch diff": {1}, "doctor": {1}}


def shell(command, folder):
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60)


def must(command, folder):
    done = shell(command, folder)
    if done.returncode != 0:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def verbs(*before):
    """All verbs below `before` as tuples of words."""
    for name in must(" ".join(["mimar __complete", *before, "''"]), source).split():
        inner = [] if before else list(verbs(name)) if name in ("arch", "controllers", "store") else []
        yield from inner or [(*before, name)]


def examples(verb):
    text = must(" ".join(["mimar", *verb, "--help"]), source)
    lines = text[text.index("Example:"):].splitlines()[1:]
    return [line.strip() for line in lines if line.startswith("  ")]


def prepare(folder):
    (folder / "examples").symlink_to(source / "examples")
    for name in ("joint", "nas-only"):
        must(f"mimar -q create examples/fashion-mnist/{name}.yaml", folder)
    must("mimar -q create examples/fashion-mnist/hpo-only.yaml --set maxTrialCount=1 --set "
         "parallelTrialCount=1 --set maxFailedTrialCount=1 --set resumePolicy=LongRunning", folder)
    must("mimar -q create examples/ask-tell/experiment.yaml --name bowl", folder)
    must("mimar -q ask fashion-joint -k 13; mimar -q ask fashion-nas -k 3; mimar -q ask bowl -k 4",
         folder)
    for number in (0, 1, 2, 4, 5, 12):
        must(f"mimar -q tell fashion-joint/{number} validation-accuracy=0.{number + 10} "
             f"validation-loss=1.{number}", folder)
    must("mimar -q tell fashion-nas/0 validation-accuracy=0.5", folder)
    must("mimar -q create examples/ask-tell/experiment.yaml --name fashion-enas "
         "--set algorithm.algorithmName=enas; "
         "mimar -q ask fashion-enas; mimar -q tell fashion-enas/0 loss=0.5; "
         "mimar -q controllers save fashion-enas fashion-policy; "
         "mimar -q controllers export fashion-policy fashion-policy.safetensors", folder)


def main():
    failures = []
    count = 0
    with tempfile.TemporaryDirectory(prefix="mimar-help-") as scratch:
        os.environ.update(HOME=scratch, LC_ALL="C.UTF-8",
                          PATH=f"{mimar.parent}:{os.environ['PATH']}")
        base = pathlib.Path(scratch, "base")
        base.mkdir()
        os.environ["MIMAR_STATE_DIR"] = ".state"
        prepare(base)
        for verb in verbs():
            name = " ".join(verb)
            for example in examples(verb):
                count += 1
                folder = pathlib.Path(scratch, str(count))
                shutil.copytree(base, folder, symlinks=True)
                for command in BEFORE.get(name, "true").split("; "):
                    must(command, folder)
                old, new = INSTEAD.get(name, ("", ""))
                assert old in example, (name, example)
                done = shell(example.replace(old, new, 1) if old else example, folder)
                if done.returncode not in MAY_END_WITH.get(name, set()) | {0}:
                    failures.append(f"{example}: exit code {done.returncode}\n{done.stdout[-2000:]}"
                                    f"{done.stderr[-2000:]}")
    if failures:
        sys.exit("\n".join(failures))
    print(f"{count} examples run")


main()
