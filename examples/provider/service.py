"""service.py - the HTTP side of provider.py: POST anything, one request of the provider protocol in the body."""

import contextlib
import http.server
import json
import select
import signal
import socket
import ssl
import struct
import sys
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection, with one request after another."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave as one
    options = serve = None  # of the class that listen() makes

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        text = self.rfile.read(int(length)) if length.isdigit() else b""
        if self.options.secret and self.headers.get("Authorization") != f"Bearer {self.options.secret}":
            return self.answer(401, '{"error":"no such secret"}\n')
        if self.headers.get("Content-Type") != "application/json":
            return self.answer(415, '{"error":"application/json is wanted"}\n')
        if not self.key_fits(text):
            return self.answer(422, '{"error":"the header Idempotency-Key is not that of the request"}\n')
        return type(self).serve(self.options, self, text)

    def key_fits(self, text):
        """Is the key of the header, which is ASCII with %XX for the rest, the one in the body?"""
        with contextlib.suppress(ValueError, AttributeError):
            return json.loads(text).get("idempotencyKey", "") == urllib.parse.unquote(self.headers.get("Idempotency-Key", ""))
        return True  # there is none: serve() says so

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", f"{self.path}/elsewhere")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)
            self.wfile.flush()

    def refuse(self, refused):
        self.answer(refused.status, json.dumps({"error": str(refused)}) + "\n")

    def nothing(self):
        self.close_connection = True

    def crash(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def hang(self):
        select.select([self.connection], [], [])  # until the other side has gone
        self.close_connection = True

    def log_message(self, format, *arguments):  # noqa: A002 - its name there
        if self.options.verbose:
            super().log_message(format, *arguments)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # who hung up is no news
            super().handle_error(request, client_address)


def listen(options, serve):
    """Serves until SIGTERM or SIGINT; says on which port."""
    host, _, port = options.listen.rpartition(":")
    handler = type("Configured", (Handler,), {"options": options, "serve": staticmethod(serve)})
    server = Server((host.strip("[]"), int(port)), handler)
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(server.server_address[1], flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever(poll_interval=0.05)
