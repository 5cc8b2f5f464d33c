"""Standard MIDI files, byte by byte, so that tests can write what no library would."""

import struct


def number(value):
    """A variable-length number."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def chunk(content, name=b"MTrk", announced=None):
    return name + struct.pack(">I", len(content) if announced is None else announced) + content


def header(tracks, kind=1, division=480):
    return chunk(struct.pack(">HHH", kind, tracks, division), b"MThd")


def meta(kind, content=b""):
    return bytes([0xFF, kind]) + number(len(content)) + content


END = meta(0x2F)


def on(pitch, channel=0):
    return bytes([0x90 | channel, pitch, 80])


def off(pitch, channel=0):
    return bytes([0x80 | channel, pitch, 64])


def track(*events, end=0, **options):
    """A track of (ticks since the last, message); its end mark comes end ticks after the last, None for no mark."""
    content = b"".join(number(wait) + message for wait, message in events)
    return chunk(content + (b"" if end is None else number(end) + END), **options)


def notes(pitches, length=480, every=480, channel=0):
    """The events of one note after the other."""
    out, wait = [], 0
    for pitch in pitches:
        out += [(wait, on(pitch, channel)), (length, off(pitch, channel))]
        wait = max(every - length, 0)
    return out


def midi(*tracks, kind=1, division=480, counted=None):
    return header(len(tracks) if counted is None else counted, kind, division) + b"".join(tracks)
