"""Threads that share the work of one network's step, and wait for each other inside the kernels."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import NamedTuple, TypeVar

import llvmlite.binding as llvm
import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from glassy_core.network.compiled.blocks import intrinsic

_Result = TypeVar("_Result")

_APART = 16  # numbers between two threads' places: no two of them in one line of a cache
_PATIENCE = 2000  # looks, some microseconds, before a thread leaves its core to others
_BROKEN = 2**62  # more meetings than there will be
_give_way = types.ExternalFunction("glassy_give_way", types.int32())


def _name_give_way() -> None:
    """Kernels call the system's function that leaves the rest of a time slice to others by one name everywhere."""
    system = vars(ctypes)["windll"].kernel32.SwitchToThread if os.name == "nt" else ctypes.CDLL(None).sched_yield
    llvm.add_symbol("glassy_give_way", ctypes.cast(system, ctypes.c_void_p).value)


_name_give_way()


class Share(NamedTuple):
    """Which of several threads this is, and how far its sums lie from the next one's."""

    thread: int
    threads: int
    stride: int  # numbers


class Places(NamedTuple):
    """Where threads see who has come to a meeting."""

    meeting: NDArray[np.int64]  # (threads * _APART,), the latest one that each has come to


ALONE = Share(0, 1, 0)
NOWHERE = Places(np.zeros(1, dtype=np.int64))


@intrinsic
def _arrive(typingctx, places, at, meeting):  # type: ignore[no-untyped-def]
    """places[at] = meeting, after all that this thread has written before."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        builder.store_atomic(args[2], builder.gep(args[0], [args[1]]), "release", 8)
        return context.get_dummy_value()

    return types.void(places, types.int64, types.int64), emit


@intrinsic
def _seen(typingctx, places, at):  # type: ignore[no-untyped-def]
    """places[at], before anything that this thread reads after."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.load_atomic(builder.gep(args[0], [args[1]]), "acquire", 8)

    return types.int64(places, types.int64), emit


@njit
def meet(by, places, meeting):  # type: ignore[no-untyped-def]
    """Wait until all threads of a call have come to its first, second, ... meeting."""
    if by.threads == 1:
        return
    _arrive(places.meeting, by.thread * _APART, meeting)
    for other in range(by.threads):
        looks = 0
        while _seen(places.meeting, other * _APART) < meeting:
            looks += 1
            if looks > _PATIENCE:
                _give_way()


@njit
def taker(l, by):  # type: ignore[no-untyped-def]
    """The thread that takes layer l of what the threads share."""
    return by.threads - 1 - l % by.threads


@njit
def add_up(x, first, to, length, by):  # type: ignore[no-untyped-def]
    """x[to : to + length] = the sum over threads of theirs, the first one's from x[first] on; always in one order."""
    if by.threads == 1:
        return
    for i in range(length):
        total = x[first + i]
        for thread in range(1, by.threads):
            total += x[first + thread * by.stride + i]
        x[to + i] = total


class Crew:
    """So many threads, the caller's among them; places is where their kernels meet."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.places = Places(np.zeros(threads * _APART, dtype=np.int64))
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def share(self, work: Callable[[int], _Result]) -> list[_Result]:
        """work(thread) of every thread, the first one's on the caller's."""
        if self._pool is None:
            return [work(0)]
        self.places.meeting[:] = 0

        def honest(thread: int) -> _Result:
            try:
                return work(thread)
            except BaseException:
                self.places.meeting[:] = _BROKEN  # nobody waits for it at a meeting
                raise

        others = [self._pool.submit(honest, thread) for thread in range(1, self.threads)]
        try:
            first = honest(0)
        finally:
            wait(others)
        return [first, *(other.result() for other in others)]
