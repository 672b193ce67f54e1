"""A receiver of OTLP over HTTP that takes nothing the protocol does not allow, and fails as it is told to.

    otlp-receiver.py PORT [ANSWER…]

It decodes with OpenTelemetry's own definitions. The requests are answered in turn with what is given: a status (`503`),
a status with Retry-After (`429:1`), `partial:3` (a success but for three points), `hang` (no answer until the client
goes), `reset` (the connection breaks). Whatever comes after that is answered 200, or 400 where something is wrong with
it. Each request is a line of JSON: how it was answered, what was wrong, who sent it, and all its points.
"""

import gzip
import http.server
import json
import socket
import struct
import sys
import threading
import time

from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service

TEMPORALITIES = {0: "unspecified", 1: "delta", 2: "cumulative"}
answers = sys.argv[2:]
lock = threading.Lock()


def attributes(pairs):
    return {pair.key: pair.value.string_value for pair in pairs}


def strangers(message):
    """Fields that the definitions do not have, at any depth."""
    found = len(UnknownFieldSet(message))
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            found += sum(strangers(inner) for inner in (value if hasattr(value, "add") else [value]))
    return found


def points(metric, wrong):
    """The points of a metric, flat; what is wrong with them goes to `wrong`."""
    kind = metric.WhichOneof("data")
    if not metric.name or not metric.name[0].isascii() or not metric.name[0].isalpha():
        wrong.append(f"{metric.name!r} is no name")
    if kind not in ("gauge", "sum", "exponential_histogram"):
        wrong.append(f"{metric.name}: {kind} is not expected")
        return
    data = getattr(metric, kind)
    temporality = TEMPORALITIES[getattr(data, "aggregation_temporality", 2)]
    if temporality == "unspecified":
        wrong.append(f"{metric.name}: no temporality")
    seen = set()
    for point in data.data_points:
        labels = attributes(point.attributes)
        identity = json.dumps(labels, sort_keys=True)
        if identity in seen:
            wrong.append(f"{metric.name}: two points of {identity}")
        seen.add(identity)
        if len(labels) != len(point.attributes) or "" in labels:
            wrong.append(f"{metric.name}: keys of attributes are empty or not apart")
        if not point.time_unix_nano or (kind != "gauge" and not point.start_time_unix_nano):
            wrong.append(f"{metric.name}: no time")
        if point.start_time_unix_nano > point.time_unix_nano:
            wrong.append(f"{metric.name}: starts after it ends")
        shown = {
            "name": metric.name,
            "kind": kind,
            "unit": metric.unit,
            "description": metric.description,
            "attributes": labels,
            "temporality": temporality,
            "monotonic": getattr(data, "is_monotonic", None),
            "start": point.start_time_unix_nano,
            "time": point.time_unix_nano,
        }
        if kind == "exponential_histogram":
            counts = list(point.positive.bucket_counts)
            if sum(counts) + sum(point.negative.bucket_counts) + point.zero_count != point.count:
                wrong.append(f"{metric.name}: the buckets do not add up to the count")
            if counts and (counts[0] == 0 or counts[-1] == 0):
                wrong.append(f"{metric.name}: empty buckets at an end")
            shown.update(count=point.count, sum=point.sum, scale=point.scale, zeros=point.zero_count)
            shown.update(offset=point.positive.offset, counts=counts)
            shown.update({end: getattr(point, end) for end in ("min", "max") if point.HasField(end)})
        else:
            value = point.WhichOneof("value")
            if value is None:
                wrong.append(f"{metric.name}: no value")
            else:
                shown["value"] = getattr(point, value)
        yield shown


def read(headers, path, body):
    """What a request holds, and what is wrong with it."""
    wrong = []
    request = service.ExportMetricsServiceRequest()
    if path != "/v1/metrics":
        wrong.append(f"nothing is at {path}")
    if headers.get("Content-Type") != "application/x-protobuf":
        wrong.append(f"content type {headers.get('Content-Type')}")
    try:
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request.ParseFromString(body)
    except Exception as error:  # whatever it is, the client is told
        wrong.append(f"not read: {error!r}")
    if strangers(request):
        wrong.append("fields that are not defined")
    found = {"resource": {}, "scope": {}, "points": []}
    for resource in request.resource_metrics:
        found["resource"] = attributes(resource.resource.attributes)
        if len(found["resource"]) != len(resource.resource.attributes):
            wrong.append("keys of the resource are not apart")
        if not found["resource"].get("service.name"):
            wrong.append("no service.name")
        for scope in resource.scope_metrics:
            found["scope"] = {"name": scope.scope.name, **attributes(scope.scope.attributes)}
            names = [metric.name for metric in scope.metrics]
            if len(names) != len(set(names)):
                wrong.append("a metric stands twice")
            for metric in scope.metrics:
                found["points"] += points(metric, wrong)
    return found, wrong


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        at = time.monotonic()
        found, wrong = read(self.headers, self.path, body)
        with lock:
            answer = answers.pop(0) if answers else "200"
            if wrong:
                answer = "400"
            headers = {name.lower(): value for name, value in self.headers.items()}
            line = {"at": at, "answer": answer, "wrong": wrong, "headers": headers, **found}
            print(json.dumps(line), flush=True)
        if answer == "hang":
            self.connection.recv(1)
            self.close_connection = True
        elif answer == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        else:
            self.answer(answer, wrong)

    def answer(self, answer, wrong):
        status, _, more = answer.partition(":")
        response = service.ExportMetricsServiceResponse()
        if status == "partial":
            response.partial_success.rejected_data_points = int(more)
            response.partial_success.error_message = "these are too old"
            status = "200"
        body = response.SerializeToString()
        if status != "200":
            # google.rpc.Status: field 2 is the message.
            message = ("; ".join(wrong) or "told to fail").encode()[:127]
            body = bytes([0x12, len(message)]) + message
        self.send_response(int(status))
        if more and status != "200":
            self.send_header("Retry-After", more)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a connection that was told to break


Server(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
