"""A session proposes what single calls of ask and tell propose, and survives wrong requests.

usage: ask_session_test.py MIMAR SOURCE_DIR
"""
import json
import os
import subprocess
import sys
import tempfile

mimar, source = sys.argv[1:]
experiment = os.path.join(source, "examples", "ask-tell", "experiment.yaml")


class Session:
    def __init__(self, state, name):
        command = [mimar, "--state-dir", state, "ask", name, "--session"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


def run(state, *words):
    return subprocess.run(
        [mimar, "-q", "--state-dir", state, *words], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def loss(assignment):
    return (float(assignment["x1"]) - 2) ** 2 + float(assignment["x2"])


def by_session(state):
    """The points proposed, one at a time, by two sessions one after the other."""
    run(state, "create", experiment)
    points = []
    while True:
        session = Session(state, "ask-tell")
        for _ in range(25):
            asked = session.say('{"ask": 1}')
            if not asked["trials"]:
                assert asked["phase"] == "Succeeded", asked
                assert asked["reason"] == "ExperimentMaxTrialsReached", asked
                assert session.close() == 0
                return points
            trial = asked["trials"][0]
            points.append(trial["assignments"])
            told = session.say(
                json.dumps({"tell": trial["name"], "metrics": {"loss": loss(trial["assignments"])}})
            )
            assert told["state"] == "Succeeded", told
        assert session.close() == 0


def by_calls(state):
    run(state, "create", experiment)
    points = []
    while trials := json.loads(run(state, "ask", "ask-tell", "-o", "json"))["items"]:
        pairs = trials[0]["spec"]["parameterAssignments"]
        assignment = {pair["name"]: float(pair["value"]) for pair in pairs}
        points.append(assignment)
        run(state, "tell", trials[0]["metadata"]["name"], f"loss={loss(assignment)!r}")
    return points


def wrong_requests(state):
    run(state, "create", experiment, "--name", "wrong")
    session = Session(state, "wrong")
    for line, part in {
        "hello": "one line of JSON",
        "[1]": "one line of JSON",
        "{}": '"ask" or "tell"',
        '{"ask": "two"}': '"ask" has the wrong type',
        '{"ask": 0}': "at least one",
        '{"tell": "wrong-aaaaaaaa", "metrics": {"loss": 1}}': "has no trial",
    }.items():
        error = session.say(line)["error"]
        assert part in error, (line, error)
    name = session.say('{"ask": 1}')["trials"][0]["name"]
    for metrics, part in {
        '{"los": 1}': '"loss" was not told',
        '{"loss": [1]}': "a number, or a text",
        "3": "an object of names and values",
    }.items():
        error = session.say(f'{{"tell": "{name}", "metrics": {metrics}}}')["error"]
        assert part in error, (metrics, error)
    busy = subprocess.run(
        [mimar, "--state-dir", state, "resume", "wrong"], stderr=subprocess.PIPE, text=True
    )
    assert busy.returncode == 4, busy
    assert session.say(f'{{"tell": "{name}", "metrics": {{"loss": "nan"}}}}')["state"] == "Succeeded"
    assert session.close() == 0


with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
    expected, actual = by_calls(first), by_session(second)
    assert len(expected) == 60, len(expected)
    assert actual == expected, next(pair for pair in zip(actual, expected) if pair[0] != pair[1])
    wrong_requests(second)
print("60 proposals equal, wrong requests answered")
