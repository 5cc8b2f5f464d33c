"""Errors that a reader can cause or meet, and every such error as one sentence."""

from __future__ import annotations

import errno


class GlassyError(Exception):
    """What glassy itself refuses. The message is a sentence: what was wrong, what is allowed, what to do.

    The classes that derive from it stand in the modules that raise them.
    """


EXPECTED = (GlassyError, OSError)  # has a sentence for the page and the command line; anything else is a defect

# What to do about a file system's refusals; anything else: to look at the place it names.
_REMEDIES = {
    errno.ENOSPC: "make room on that disk, then try again",
    errno.EDQUOT: "make room within your quota, then try again",
    errno.EROFS: "this place can only be read; choose one that can be written, or mount it for writing",
    errno.EACCES: "give yourself the right to write there, then try again",
    errno.ENOLCK: "the file system there keeps no locks; mount it with them, or name another place",
    errno.ENOENT: "it was moved or deleted; put it back, or go on without it",
}


def sentence(error: BaseException) -> str:
    """An expected error in one sentence; the file system's: the place, what was wrong, what to do."""
    if not isinstance(error, OSError):
        return str(error)
    place = f"{error.filename}: " if error.filename else ""
    remedy = _REMEDIES.get(error.errno or 0, "look at that place, then try again")
    return f"{place}{error.strerror or str(error) or type(error).__name__}: {remedy}."
