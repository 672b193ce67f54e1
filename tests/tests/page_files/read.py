"""Reads a page file by docs/page-files.md alone, in another language: prints its counters, levels, gauges, texts, and the
counts and whole sums of its distributions, as JSON by path."""

import json
import struct
import sys

data = open(sys.argv[1], "rb").read()  # of a process that is gone, so nothing changes


def u32(at):
    return struct.unpack_from("=I", data, at)[0]


def u64(at):
    return struct.unpack_from("=Q", data, at)[0]


assert data[:8] == b"CALIPERS" and u32(8) == 1 and u32(12) == 0x0A0B0C0D
address = u64(16)


def series(root):
    place = u64(root)
    assert u64(place) != 0
    return data[place + 72 : place + 72 + u64(place + 64)]


pages = {}
entries = series(56)
for at in range(0, len(entries), 16):
    index, part, place = struct.unpack_from("=IIQ", entries, at)
    if part:
        pages.setdefault(index, []).append((part, place))


def words(cell):
    return [(part, u64(place + 8 * (cell % 256))) for part, place in pages.get(cell // 256, [])]


def total(cell):
    return sum(-word if part == 3 else word for part, word in words(cell)) % 2**64


def was_set(cell):
    return next((word for part, word in words(cell) if part == 2), 0)


def distribution(cell):
    count = whole = 0
    for part, pointer in words(cell):
        if part == 3 or pointer == 0:
            continue
        block = pointer - address
        assert u64(block - 64) != 0
        length, spilled = u32(block + 4), data[block + 8]
        buckets = block + 64
        count += u64(block + 16) + sum(u32(buckets + 4 * k) for k in range(length))
        if spilled:
            carried = (buckets + 4 * length + 7) // 8 * 8
            count += sum(u64(carried + 8 * k) for k in range(length))
        whole += u64(block + 40)
    return {"count": count, "whole": whole}


class Record:
    def __init__(self, contents):
        self.contents, self.at = contents, 0

    def take(self, form):
        values = struct.unpack_from("=" + form, self.contents, self.at)
        self.at += struct.calcsize("=" + form)
        return values if len(values) > 1 else values[0]

    def text(self):
        length = self.take("I")
        self.at += length
        return self.contents[self.at - length : self.at].decode()

    def maybe_text(self):
        return self.text() if self.take("B") else None


specs, stats, totals = {}, {}, {}
description = series(64)
at = 0
while at < len(description):
    length, sort = struct.unpack_from("=IB", description, at)
    record = Record(description[at + 8 : at + length])
    at += length
    if sort == 1:
        number, _cap, _hides = record.take("IIB")
        kind, _unit, _help, _key = (record.text() for _ in range(4))
        specs[number] = kind, record.take("B")
    elif sort == 2:
        key, owner, spec, source, flags, _, _, cell, _, slot, _born = record.take("QQIBBBBIIQQ")
        place, name = record.text(), record.text()
        for _ in range(record.take("I")):
            record.text(), record.text()
        states = [record.text() for _ in range(record.take("I"))]
        kind, merged = specs[spec]
        stats[key] = (owner, kind, merged, source, cell, slot, place, name, states)
    elif sort == 3:
        key = record.take("Q")
        stats.pop(key, None)
        totals.pop(key, None)
    elif sort == 4:
        key, member = record.take("Q"), record.maybe_text()
        kind = record.take("B")
        if kind == 1:
            totals.setdefault(key, {})[member] = record.take("Q")


def value(source, cell, slot, states):
    if source == 1:
        return total(cell)
    if source == 2:
        level = (total(cell) - total(cell + 1)) % 2**64
        return level - 2**64 if level >= 2**63 else level
    if source == 3:
        return distribution(cell)
    if source == 4:
        return struct.unpack("=d", struct.pack("=Q", was_set(cell)))[0]
    if source == 8:
        place = was_set(cell)
        return states[place - 1] if place else None
    if source == 9:
        held = u64(slot + 64)
        if held == 0:
            return None
        size = u64(held + 8)
        record = Record(data[held + 64 : held + size])
        record.take("Q")
        return record.maybe_text() if record.take("B") == 3 else "?"
    return "?"


shown = {"merged": {}}
for key, (owner, kind, merged, source, cell, slot, place, name, states) in stats.items():
    if owner:
        _, _, _, _, _, _, place, family, _ = stats[owner]
        path = f"{place}/{family}/{name}"
    else:
        path = f"{place}/{name}"
    if merged:
        shown["merged"][path] = merged
    if source == 12:
        shown[path] = {"retired": totals.get(key, {}).get(None, 0)}
    elif source != 11:
        shown[path] = value(source, cell, slot, states)
json.dump(shown, sys.stdout)
