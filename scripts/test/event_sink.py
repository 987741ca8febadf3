"""A real receiver of events for tests: checks what it takes with libraries of others and prints it, a JSON object a line. Lines on its
standard input say how it answers from then on: a status, `slow`, or `redirect URL`. It ends with its standard input.

    event_sink.py --webhook SECRET                 Standard Webhooks, checked by their own library
    event_sink.py --ocsf                           OCSF events, a line each, checked against the schema
    event_sink.py --ocsf --tls CERTIFICATE KEY     by HTTPS
    event_sink.py --check FILE                     checks the events of a file, and ends
"""

import argparse
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "1.8.0"


class Schema:
    """Judges events by the schema's own text; each class is read once."""

    def __init__(self):
        from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

        text = get_ocsf_schema(VERSION)
        self.schemas = OcsfJsonSchemaEmbedded(text)
        self.names = {one["uid"]: name for name, one in text["classes"].items() if one.get("uid")}
        self.judges = {}

    def problem(self, event):
        from jsonschema import Draft202012Validator

        uid = event.get("class_uid")
        if event.get("type_uid") != uid * 100 + event["activity_id"]:
            return "type_uid isn't its class and activity"
        if event["metadata"]["version"] != VERSION:
            return "another version"
        if uid not in self.judges:
            self.judges[uid] = Draft202012Validator(self.schemas.get_class_schema(self.names[uid], []))
        found = next(self.judges[uid].iter_errors(event), None)
        return found and f"{event['metadata'].get('event_code')}: {found.json_path}: {found.message}"[:500]


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--webhook")
    asked.add_argument("--ocsf", action="store_true")
    asked.add_argument("--tls", nargs=2)
    asked.add_argument("--check")
    asked = asked.parse_args()
    schema = Schema() if asked.ocsf or asked.check else None
    if asked.check:
        with open(asked.check, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        problems = [problem for problem in map(schema.problem, events) if problem]
        print(json.dumps({"events": len(events), "problems": problems}))
        return
    answer, printing = ["200"], threading.Lock()

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            now = answer[0]
            if now == "slow":
                time.sleep(20)
            for said in taken(asked, schema, self.headers, body):
                with printing:
                    print(json.dumps(said | {"answered": now}), flush=True)
            status = now.split()[0]
            self.send_response({"redirect": 307, "slow": 200}.get(status) or int(status))
            if status == "redirect":
                self.send_header("location", now.split()[1])
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self):
            with printing:
                print(json.dumps({"get": self.path}), flush=True)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    server.daemon_threads = True
    if asked.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*asked.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        answer[0] = line.strip()


def taken(asked, schema, headers, body):
    if asked.webhook:
        from standardwebhooks import Webhook

        problem = None
        try:
            Webhook(asked.webhook).verify(body, {name.lower(): value for name, value in headers.items()})
        except Exception as error:  # whatever the library says is what is wrong
            problem = f"{type(error).__name__}: {error}"
        size = {"bytes": len(body), "problem": problem, "id": headers["webhook-id"]}
        return [json.loads(body) | size]
    events = [json.loads(line) for line in body.splitlines()]
    token = headers.get("authorization")
    return [{"event": event, "problem": schema.problem(event), "token": token} for event in events]


main()
