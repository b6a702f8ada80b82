"""Katib's messages in Python, made from its proto by protoc."""
import importlib
import subprocess
import sys
import tempfile


def load(source):
    """The module of `source`/proto/katib/api.proto."""
    with tempfile.TemporaryDirectory(prefix="mimar-proto-") as folder:
        subprocess.run(["protoc", f"--proto_path={source}/proto/katib", f"--python_out={folder}",
                        f"{source}/proto/katib/api.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("api_pb2")
        finally:
            sys.path.remove(folder)
