"""Peers of calipers' publishers and aggregators, written from docs/distributed.md and docs/distributed.proto alone.

    distributed-peer.py listen PROTO PORT [KEY]       an aggregator: a line of JSON for each message of a source
    distributed-peer.py publish PROTO ENDPOINT [KEY]  a source that counts to 7 and has a gauge, and a line of JSON for each answer
    distributed-peer.py strangers ENDPOINT FOLDER     sends what nobody should believe
    distributed-peer.py flood ENDPOINT                sends messages that never end, without knowing the key
"""

import hashlib
import hmac
import importlib
import json
import os
import pickle
import socket
import struct
import sys
import tempfile
import time

import zmq
import zmq.auth.thread

HEAD = struct.Struct("<8sHBBIQQQ")
WHOLE, CHANGE, TAKEN, WANTED = 1, 2, 3, 4
FIRST, LAST, SIGNED = 1, 2, 4


def definitions(path):
    from grpc_tools import protoc

    out = tempfile.mkdtemp()
    folder, name = os.path.split(os.path.abspath(path))
    assert protoc.main(["protoc", "-I", folder, "--python_out", out, name]) == 0
    sys.path.insert(0, out)
    return importlib.import_module(name.replace(".proto", "_pb2"))


def seal(sort, flags, incarnation, started, sequence, body, key):
    flags |= SIGNED if key else 0
    message = HEAD.pack(b"CALIWIRE", 1, sort, flags, len(body), incarnation, started, sequence) + body
    return message + (hmac.digest(key, message, hashlib.sha256) if key else b"")


def unseal(message, key):
    magic, schema, sort, flags, length, incarnation, started, sequence = HEAD.unpack_from(message)
    assert (magic, schema) == (b"CALIWIRE", 1)
    signed, tag = message[: HEAD.size + length], message[HEAD.size + length :]
    assert bool(flags & SIGNED) == bool(key), "signed, or not"
    assert tag == (hmac.digest(key, signed, hashlib.sha256) if key else b""), "the tag"
    return sort, flags, incarnation, started, sequence, signed[HEAD.size :]


def password(key):
    return hmac.digest(key, b"calipers connects", hashlib.sha256).hex().encode()


def say(what):
    print(json.dumps(what), flush=True)


def buckets(pairs):
    found, index = {}, 0
    for step, count in zip(pairs[::2], pairs[1::2]):
        index += (step >> 1) ^ -(step & 1)
        found[index] = count
    return found


def shown(value):
    sort = next(field.name for field, _ in value.ListFields())
    held = getattr(value, sort)
    if sort in ("histogram", "timer"):
        lifetime = held.lifetime
        return {
            "count": lifetime.zero + sum(buckets(lifetime.buckets).values()),
            "sum": lifetime.whole_low + (lifetime.whole_high << 64) + lifetime.rest,
            "buckets": buckets(lifetime.buckets),
        }
    if sort == "family":
        return {member.key: shown(member.value) for member in held.member}
    if sort == "gauge":
        return next((number for _, number in held.ListFields()), None)
    if sort == "text":
        return held.current
    return held if isinstance(held, int) else str(held)


def listen(proto, port, key=""):
    definition, key = definitions(proto), key.encode()
    router = zmq.Context().socket(zmq.ROUTER)
    if key:
        door = zmq.auth.thread.ThreadAuthenticator(router.context)
        door.start()
        door.configure_plain(domain="*", passwords={"calipers": password(key).decode()})
        router.plain_server = True
    router.bind(f"tcp://127.0.0.1:{port}")
    say({"listens": True})
    is_first = True
    while True:
        peer, message = router.recv_multipart()
        sort, flags, incarnation, started, sequence, body = unseal(message, key)
        state = definition.State.FromString(body)
        stats = {
            f"{place.path}/{stat.name}": {"kind": stat.kind, "unit": stat.unit, "help": stat.help, "merging": stat.merging, "value": shown(stat.value)}
            for place in state.place
            for stat in place.stat
        }
        say({"sort": sort, "flags": flags & 3, "sequence": sequence, "source": state.source, "stats": stats, "gone": list(state.gone)})
        # As if it had been started in the midst: the first message is never enough.
        answer = WANTED if is_first else TAKEN
        is_first = False
        if flags & LAST:
            router.send_multipart([peer, seal(answer, FIRST | LAST, incarnation, started, sequence, b"", key)])


def publish(proto, endpoint, key=""):
    definition, key = definitions(proto), key.encode()
    dealer = zmq.Context().socket(zmq.DEALER)
    if key:
        dealer.plain_username, dealer.plain_password = b"calipers", password(key)
    dealer.connect(endpoint)
    for sequence, (sort, count) in enumerate([(CHANGE, 1), (WHOLE, 5), (CHANGE, 7)], 1):
        state = definition.State(source="python", period_ms=1000, taken=time.time_ns())
        place = state.place.add(path="/from/python")
        stat = place.stat.add(name="count", value=definition.Value(counter=count))
        if sort == WHOLE:
            stat.kind, stat.help, stat.created = "counter", "What Python counted", time.time_ns()
            load = place.stat.add(name="load", kind="gauge", merging=definition.MAX, created=time.time_ns())
            load.value.gauge.double = 0.5
        body = state.SerializeToString()
        dealer.send(seal(sort, FIRST | LAST, 11, 12, sequence, body, key))
        answer, _, incarnation, _, answered, _ = unseal(dealer.recv(), key)
        say({"answer": answer, "incarnation": incarnation, "sequence": answered})


class Evil:
    """Would make a file where anybody unpickled it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def strangers(endpoint, folder):
    context = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.connect(endpoint)
    whole = seal(WHOLE, FIRST | LAST, 1, 1, 1, b"\x0a\x01x", b"")
    dealer.send(os.urandom(1 << 20))  # a megabyte of garbage
    dealer.send(pickle.dumps(Evil(os.path.join(folder, "executed"))))
    dealer.send(b"shutdown")
    dealer.send_multipart([b"shutdown", b"now"])
    dealer.send(b"")
    dealer.send(whole[:30])  # a truncated message
    dealer.send(whole[:-1])
    dealer.send(whole[:8] + b"\x63\x00" + whole[10:])  # schema 99
    dealer.send(seal(WHOLE, FIRST | LAST, 1, 1, 1, os.urandom(1000), b""))  # no State
    dealer.send(seal(TAKEN, FIRST | LAST, 1, 1, 1, b"", b""))  # an aggregator's word
    dealer.send(seal(9, FIRST | LAST, 1, 1, 1, b"", b""))
    request = context.socket(zmq.REQ)
    request.connect(endpoint)
    request.send(b"shutdown")
    # Without 0MQ: garbage, a greeting that asks for what is not there, and one whose frame claims more bytes than any machine has.
    address = endpoint.removeprefix("tcp://").split(":")
    raw = socket.create_connection((address[0], int(address[1])))
    raw.sendall(b"GET / HTTP/1.1\r\n\r\n" + os.urandom(1 << 16))
    huge = socket.create_connection((address[0], int(address[1])))
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
    ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
    huge.sendall(greeting + b"\x04" + bytes([len(ready)]) + ready)
    huge.sendall(b"\x02" + (1 << 62).to_bytes(8, "big") + b"x" * 1000)
    curve = socket.create_connection((address[0], int(address[1])))
    curve.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32))
    dealer.close(linger=10000)
    request.close(linger=10000)
    context.term()
    say({"sent": True})
    time.sleep(60)  # the raw ones stay open


def flood(endpoint):
    """Twice 256 MiB in parts of a message without an end, as far as anybody takes them."""
    address = endpoint.removeprefix("tcp://").split(":")
    command = lambda content: b"\x04" + bytes([len(content)]) + content
    part = b"\x03" + (1 << 20).to_bytes(8, "big") + bytes(1 << 20)
    metadata = b"\x0bSocket-Type\x00\x00\x00\x06DEALER"
    taken = {}
    for mechanism, commands in [
        (b"NULL", [command(b"\x05READY" + metadata)]),
        (b"PLAIN", [command(b"\x05HELLO\x08calipers\x05wrong"), command(b"\x08INITIATE" + metadata)]),
    ]:
        raw = socket.create_connection((address[0], int(address[1])))
        sent = 0
        try:
            raw.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32))
            raw.sendall(b"".join(commands))
            for sent in range(256):
                raw.sendall(part)
        except OSError:
            pass
        taken[mechanism.decode()] = sent
    say(taken)


if __name__ == "__main__":
    {"listen": listen, "publish": publish, "strangers": strangers, "flood": flood}[sys.argv[1]](*sys.argv[2:])
