#!/usr/bin/env python3
"""Stands in for mimar-train in tests: `mimar-train fit SCRIPT` runs a shell script, either executed
or by `mimar-train --fork-server=FD` (docs/formats/fork-server.md).

FAKE_SERVER=broken makes the server end at once, FAKE_SERVER=refusing makes it refuse every trial.
"""
import array
import json
import os
import select
import signal
import socket
import sys


def run_script(argv):
    os.execvp("sh", ["sh", "-c", argv[2]])


def receive(server):
    data, ancillary, _, _ = server.recvmsg(1 << 20, socket.CMSG_SPACE(64))
    descriptors = array.array("i")
    for _, _, content in ancillary:
        descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    return data, list(descriptors)


def start(server, request, descriptors):
    child = os.fork()
    if child == 0:
        server.close()
        os.setpgid(0, 0)
        os.environ.update(request.get("env", {}))
        os.environ["BY"] = "fork"
        if "cpus" in request:
            os.sched_setaffinity(0, request["cpus"])
        if "cwd" in request:
            os.chdir(request["cwd"])
        os.dup2(descriptors[0], 1)
        os.dup2(descriptors[0], 2)
        os.dup2(descriptors[1], 9)
        os.environ["MIMAR_METRICS_FD"] = "9"
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        run_script(request["argv"])
    try:
        os.setpgid(child, child)  # by whoever comes first
    except PermissionError:
        pass  # the child did, and has gone on
    return child


def reply(server, **body):
    server.send(json.dumps(body).encode())


def serve(number):
    server = socket.socket(fileno=number)
    children = {}
    while True:
        if select.select([server], [], [], 0.005)[0]:
            data, descriptors = receive(server)
            if not data:
                break
            request = json.loads(data)
            if request["op"] == "run" and os.environ.get("FAKE_SERVER") == "refusing":
                reply(server, id=request["id"], error="refused by the test")
            elif request["op"] == "run":
                children[request["id"]] = start(server, request, descriptors)
                reply(server, id=request["id"], started=children[request["id"]])
            elif request["id"] in children:
                os.killpg(children[request["id"]], request["signal"])
            else:
                reply(server, id=request["id"], error="no such trial")
            for descriptor in descriptors:
                os.close(descriptor)
        for name, child in list(children.items()):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid == 0:
                continue
            del children[name]
            end = {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {
                "code": os.WEXITSTATUS(status)}
            reply(server, id=name, exited=end)
    for child in children.values():
        os.killpg(child, signal.SIGKILL)


if sys.argv[1].startswith("--fork-server="):
    if os.environ.get("FAKE_SERVER") == "broken":
        sys.exit("this build has no fork server")
    serve(int(sys.argv[1].split("=")[1]))
else:
    os.environ["BY"] = "exec"
    run_script(sys.argv)
