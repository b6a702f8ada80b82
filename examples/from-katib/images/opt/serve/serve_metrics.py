"""A training that serves its metrics as a Prometheus page on port 8080 while it runs."""
import argparse
import http.server
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tiny_training import train

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--momentum", type=float, default=0.5)
args = parser.parse_args()
page = b""
asked = threading.Event()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(page)
        if page:
            asked.set()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
for epoch, _, loss, accuracy in train(args.lr, args.momentum, 3, 32):
    page = f"# TYPE loss gauge\nloss {loss:.6f}\n# TYPE accuracy gauge\naccuracy {accuracy:.6f}\n".encode()
# A page that nobody has read is lost with the process.
asked.wait(timeout=30)
time.sleep(0.1)
