#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stand-alone reader of cpx's telemetry file, format 1 (FORMAT.md); shares no code with cpx's own.
  cpx_telemetry.py FILE       prints every published metric as one JSON object
  Segment(FILE).snapshot()    the same as a dict, None where absent; refresh() once life() says "replaced"
"""
import fcntl, json, math, os, re, stat, struct, sys, time

SUPERBLOCK = struct.Struct("<8sIHHIIQ16sQQIIQQQIIQQQQQIIQQQQII")
FIELDS = ("magic order major minor sb_bytes entry_bytes file_size incarnation start_real start_mono "
          "pid lcores pid_ns tsc_hz dir_offset dir_capacity dir_count cat_offset cat_bytes zero "
          "beat_mono beat_real state flags generation pub0 pub1 pub_bytes lanes engines").split()
ENTRY, HEADER = struct.Struct("<48s16sHHIQIIQIIQIIiI"), struct.Struct("<6Q")
KINDS = " counter gauge_u64 gauge_i64 gauge_f64 enum text histogram events".split(" ")
SCOPES = " process engine lane lcore lcore_lane next_hop".split(" ")
STATES = " starting running draining stopped".split(" ")
TRIES, DEAD_NS, F_OFD_GETLK, ABSENT = 16, 3_000_000_000, 36, (1 << 64) - 1

class BadSegment(Exception):
    """A damaged file; the text names the rule of format.h that it breaks."""

def need(ok, rule):
    if not ok:
        raise BadSegment(rule)

def clean(string):  # '?' for each byte of a control character or of no character at all
    return re.sub("[\x80-\x9f]", "??", re.sub("[\0-\x1f\x7f\udc80-\udcff]", "?", string))

def text(raw):
    return clean(raw.split(b"\0")[0].decode("utf-8", "surrogateescape"))

class Segment:
    def __init__(self, path):
        self.path = path
        self.refresh()

    def refresh(self):
        self.file = open(self.path, "rb", 0, opener=lambda p, f: os.open(p, f | os.O_NONBLOCK))
        st = os.fstat(self.file.fileno())
        size, self.id = st.st_size, (st.st_dev, st.st_ino)
        need(stat.S_ISREG(st.st_mode) and size >= 256, "V1: no superblock")
        self.sb = s = self.superblock()
        need(s["magic"] == b"CPXTLM\0\1" and s["order"] == 0x01020304 and s["major"] == 1, "V2: magic")
        need(s["file_size"] == size <= 1 << 30, "V1, V4: file size")
        need(256 <= s["sb_bytes"] <= 4096 and 128 <= s["entry_bytes"] <= 4096 and
             s["sb_bytes"] % 64 == s["entry_bytes"] % 64 == 0, "V3: superblock, entry bytes")
        inside = lambda offset, n: s["sb_bytes"] <= offset and offset + n <= size
        need(s["dir_count"] <= s["dir_capacity"] <= 1 << 16 and s["dir_offset"] % 64 == 0 and
             inside(s["dir_offset"], s["dir_capacity"] * s["entry_bytes"]), "V5: directory")
        need(s["cat_bytes"] <= 16 << 20 and inside(s["cat_offset"], s["cat_bytes"]), "V6: catalogue")
        a, b, n = s["pub0"], s["pub1"], s["pub_bytes"]
        need(64 <= n <= 64 << 20 and n % 8 == a % 64 == b % 64 == 0 and inside(a, n) and
             inside(b, n) and abs(a - b) >= n, "V7: published buffers")
        need(max(s["lanes"], s["engines"], s["lcores"]) <= 1 << 20, "V8: instances")
        self.load_directory()

    def read(self, offset, n):
        data = os.pread(self.file.fileno(), n, offset)
        need(len(data) == n, "V1: the file became shorter")
        return data

    def superblock(self):
        return dict(zip(FIELDS, SUPERBLOCK.unpack(self.read(0, SUPERBLOCK.size))))

    def load_directory(self, tries=TRIES):
        s, size = self.superblock(), self.sb["entry_bytes"]
        need(s["dir_count"] <= self.sb["dir_capacity"] and s["cat_offset"] <= 1 << 30, "V5, V6")
        catalogue = self.read(s["cat_offset"], self.sb["cat_bytes"])
        if self.superblock()["dir_count"] != s["dir_count"]:  # not of one count: again
            need(tries, "the directory keeps changing")
            return self.load_directory(tries - 1)
        try:
            about = {m["name"]: m for m in json.loads(catalogue)["metrics"]}
        except (ValueError, TypeError, KeyError, RecursionError) as e:
            raise BadSegment("the catalogue is not the JSON it should be") from e
        raw = self.read(self.sb["dir_offset"], s["dir_count"] * size)
        self.count, self.metrics, self.room = s["dir_count"], {}, self.sb["pub_bytes"]
        for i in range(self.count):
            self.load_entry(ENTRY.unpack_from(raw, i * size), about)

    def load_entry(self, entry, about):
        name, unit, kind, scope, _, _, _, size, _, _, _, offset, stride, n, scale, _ = entry
        name, limit = name.split(b"\0")[0], 8 if kind in (3, 4, 5) else 1 << 20
        if (not re.fullmatch(b"[a-z0-9_]{1,47}", name) or b"\0" not in unit or not 1 <= kind <= 8 or
                not 1 <= scope <= 6 or size % 8 or not 8 <= size <= limit):
            return  # E1..E3: unknown to this version, or damaged
        if offset and (offset < 64 or offset % 8 or stride % 8 or stride < size or not 0 < n <= 1 << 20 or
                       offset + (n - 1) * stride + size > self.sb["pub_bytes"] or n * size > self.room):
            return  # E4, E6
        self.room -= n * size if offset else 0
        about = about.get(name.decode(), {})
        values = about["values"] if isinstance(about.get("values"), list) else []
        self.metrics.setdefault(name.decode(), dict(
            unit=text(unit), kind=kind, scope=SCOPES[scope], size=size, offset=offset, stride=stride,
            names=[clean(v) for v in values if isinstance(v, str)], n=n if offset else 0, scale=scale,
            array=size > 8 or "label" in about))

    def value(self, m, data, at):
        if m["kind"] == 6:
            return text(data[at:at + m["size"]])
        v = struct.unpack_from("<%d%s" % (m["size"] // 8, {3: "q", 4: "d"}.get(m["kind"], "Q")), data, at)
        v = [None if x == ABSENT and m["kind"] in (1, 2, 5) else x for x in v]
        name = lambda i: m["names"][i] if i < len(m["names"]) else str(i)
        if m["kind"] in (3, 4, 5) and v[0] is not None:
            scaled = v[0] * 10.0 ** max(-30, min(30, m["scale"])) if m["scale"] else v[0]
            return name(v[0]) if m["kind"] == 5 else scaled if math.isfinite(scaled) else None
        return {name(i): v[i] for i in range(len(v))} if m["array"] else v[0]

    def life(self):
        """running, stalled, stopped, dead or replaced (refresh() then finds the successor)."""
        st, s = os.stat(self.path) if os.path.exists(self.path) else None, self.superblock()
        if st is None or (st.st_dev, st.st_ino) != self.id:
            return "replaced"
        beats = time.monotonic_ns() - s["beat_mono"] <= DEAD_NS
        try:
            ask = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)
            held = struct.unpack("hhqqi4x", fcntl.fcntl(self.file, F_OFD_GETLK, ask))[0] != fcntl.F_UNLCK
        except OSError:  # the lock can not be tested here: the heartbeat decides
            held = beats
        return "stopped" if s["state"] == 4 else "dead" if not held else "running" if beats else "stalled"

    def snapshot(self, tries=TRIES):
        """One published pass as a dict; None while nothing was published."""
        s = self.superblock()
        if s["generation"] == 0:
            return None
        at = self.sb["pub%d" % (s["generation"] % 2)]
        before, data, after = (self.read(at, n) for n in (8, self.sb["pub_bytes"], 8))
        seq, generation, real, mono, duration, at = HEADER.unpack_from(data)
        if not before == data[:8] == after or seq % 2 or generation != s["generation"]:
            need(tries, "no whole copy in %d tries" % TRIES)
            return self.snapshot(tries - 1)
        if s["dir_count"] != self.count:
            self.load_directory()
        n, bits = self.sb["lanes"] + self.sb["lcores"], data[at:] if at >= 64 and at % 8 == 0 else b""
        return dict(
            incarnation=self.sb["incarnation"].hex(), pid=self.sb["pid"], life=self.life(),
            state=dict(enumerate(STATES)).get(s["state"], str(s["state"])),
            generation=generation, realtime_ns=real, monotonic_ns=mono, duration_ns=duration,
            kept=[i for i in range(min(n, len(bits) * 8)) if bits[i // 8] >> i % 8 & 1],
            metrics={name: dict(unit=m["unit"], kind=KINDS[m["kind"]], scope=m["scope"], values=[
                self.value(m, data, m["offset"] + i * m["stride"]) for i in range(m["n"])])
                for name, m in self.metrics.items() if m["n"]})

if __name__ == "__main__":
    try:
        print(json.dumps(Segment(sys.argv[1] if len(sys.argv) == 2 else "").snapshot(), indent=1))
    except (OSError, BadSegment) as e:
        sys.exit("%s: %s" % (sys.argv[1], e) if len(sys.argv) == 2 else "usage: cpx_telemetry.py FILE")
