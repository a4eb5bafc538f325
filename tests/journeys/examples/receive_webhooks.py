"""A receiver of webhooks, in plain Python with the official `standardwebhooks` package.

    python receive_webhooks.py PORT FILE

FILE holds the endpoint's secret (whsec_…); it is read at every request, so it may be put there later.
Prints one line for every event that it takes: once, also when it comes again.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

PORT, SECRET = int(sys.argv[1]), Path(sys.argv[2])
seen: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what is signed by us, and 401 to anything else."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = Webhook(SECRET.read_text().strip()).verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.send_response(401)
        else:
            if event["id"] not in seen:
                # Keep what you have seen where it survives a restart: at least once means perhaps twice.
                seen.add(event["id"])
                what = event["data"].get("status", "test")
                print(event["type"], event["subject"], what, flush=True)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing of a request in a log."""


server = ThreadingHTTPServer(("127.0.0.1", PORT), Receiver)
print("ready", flush=True)
server.serve_forever()
