"""Training stored runs: takes up their last checkpoints, drives the loop, keeps the store up to date."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from glassy_core.editions.encoding import Transitions
from glassy_core.editions.loading import Edition, load_edition
from glassy_core.errors import GlassyError, sentence
from glassy_core.files import age
from glassy_core.jobs import memory
from glassy_core.runs import scaling
from glassy_core.runs.recording import Recorder
from glassy_core.runs.resuming import ResumePoint, resume_point
from glassy_core.runs.run import STALE_AFTER, Run, RunBusyError, RunError
from glassy_core.runs.state import STATUSES, State, read_state
from glassy_core.settings import ConfigError, RunConfig, differences
from glassy_core.training.flow_trainer import FlowTrainer
from glassy_core.training.records import make_learner
from glassy_core.training.trainer import Trainer

_CONTROL_EVERY = 0.2  # seconds between looks into control/
_STATE_EVERY = 1.0  # seconds between heartbeats
_SLEPT = 15.0  # seconds without one, by the clock: this machine slept
MAY_DIFFER = ("name", "width", "seed", "eta")  # between runs trained in one batch

Report = Callable[[State], None]


def check_against(config: RunConfig, edition: Edition) -> None:
    """Say before a run is made what would make it fail: ChoraleError or ConfigError in one sentence."""
    P = sum(max(len(chorale) - 1, 0) for chorale in edition.first(config.chorales))
    if config.batch_size != "all" and config.batch_size > P:
        raise ConfigError(
            f"batch_size is {config.batch_size} but there are {P} transitions in {config.data_name()}: "
            "take a smaller one, more chorales, or 'all'."
        )


def load_data(config: RunConfig, edition: Edition) -> tuple[Transitions, Transitions | None]:
    """Training transitions of a run, and as many held-out chorales scaled like them, or None."""
    data = Transitions.pack(edition.first(config.chorales), config.scaling)
    held_out = edition.splits["valid"][: config.chorales]
    return data, Transitions.pack(held_out, data.scaling) if held_out else None


def execute(
    runs: Run | Sequence[Run], progress: Report | None = None, device: str = "cpu", only: Sequence[str] = STATUSES
) -> list[State]:
    """Train runs until they are finished, or asked to stop or pause; returns their last states.

    Several runs are trained in lockstep as one batch: they may differ in width, seed and eta only,
    and must be at the same step (RunError otherwise). Where one's status is not among `only`, once it is
    locked, nothing is trained: another process may have ended it since it was looked at.

    Raises RunBusyError, with nothing touched, where another process trains one. Every other failure is
    written into the states before it is raised; one of the file system as a RunError.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    with contextlib.ExitStack() as locks:
        for run in runs:
            run.check_writable()
            locks.enter_context(run.locked())
        states = [run.state() for run in runs]
        if any(state.status not in (*only, "running", "stalled") for state in states):
            return states
        try:
            for run in runs:
                started = replace(run.state(), status="running", heartbeat=time.time(), error=None, speed=None)
                run.write_state(replace(started, host=socket.gethostname(), pid=os.getpid()))
            return _Session(runs, progress, device).train()
        except RunBusyError:  # it is another's by now
            raise
        except Exception as error:
            for run in runs:
                message = str(error) if isinstance(error, GlassyError) else _unexpected(run, error)
                failed = replace(run.state(), status="failed", heartbeat=time.time(), error=message, speed=None)
                with contextlib.suppress(OSError):  # nothing can be written: the missing heartbeat will tell
                    run.write_failure(failed)
            if isinstance(error, OSError):
                raise RunError(message) from error
            raise


def _unexpected(run: Run, error: Exception) -> str:
    """One sentence for a failure that no check foresaw."""
    if not isinstance(error, OSError):
        return f"{type(error).__name__}: {error}"
    if not run.path.exists():
        return f"Run {run.id} was moved or deleted while it was trained: put {run.path} back to go on with it."
    return f"Run {run.id} could not be written; what is stored is whole, resume it then. {sentence(error)}"


@dataclass
class _Replica:
    """One run of a session: where it goes on, what writes it down, and how it ended."""

    run: Run
    point: ResumePoint
    recorder: Recorder
    ended: State | None = None


class _Session:
    """One stretch of training, from taking the locks to giving them back."""

    def __init__(self, runs: Sequence[Run], progress: Report | None, device: str) -> None:
        self.progress = progress
        configs = [run.config() for run in runs]
        _check_batch(configs)
        edition = load_edition(configs[0].edition)
        data, valid = load_data(configs[0], edition)
        if device == "cpu":
            memory.check(configs, data.P)
        points = [resume_point(run, edition.digest, data.P) for run in runs]
        if len({(point.snapshot.step, point.ending) for point in points}) > 1:
            raise RunError("Runs trained in one batch must be at the same step and end at the same one.")
        self.ending = points[0].ending
        self.replicas = [_Replica(run, point, Recorder(run, point)) for run, point in zip(runs, points, strict=True)]
        for run in runs:
            scaling.keep(run, data.scaling)
        self.trainer = _trainer(configs, points, data, valid, device, self._beat)
        self.started = time.monotonic()
        self.mark: tuple[float, int, float] | None = None  # when, at which step and log tau the speed was last taken
        self.written, self.beaten = 0.0, 0.0  # when the last heartbeat was, by two clocks: one stands in a sleep
        self.speed: float | None = None
        self.pace: float | None = None  # log tau per second

    def train(self) -> list[State]:
        try:
            self._loop()
            return [replica.ended for replica in self.replicas if replica.ended]
        finally:
            for replica in self.replicas:
                replica.recorder.close()

    def _loop(self) -> None:
        trainer, looked = self.trainer, 0.0
        while True:
            now = time.monotonic()
            endings: dict[int, tuple[str, str]] = {}
            if now - looked > _CONTROL_EVERY:
                looked = now
                endings = self._heed_control()
            at_end = trainer.is_over(self.ending)
            self._advance(move=not endings)
            for r, (status, request) in endings.items():
                self.replicas[r].run.clear_request(request)
                self._end(r, status)
            if at_end:
                for r in self._unended():
                    self._end(r, "finished")
            if not self._unended():
                return
            self._beat()

    def _beat(self) -> None:
        """A heartbeat, where one is due."""
        if time.monotonic() - self.written > _STATE_EVERY:
            slept = 0 < self.beaten < time.time() - _SLEPT
            self.written, self.beaten = time.monotonic(), time.time()
            for r in self._unended():
                if slept:
                    _check_not_taken(self.replicas[r].run)
                self._publish(r, self._state(r, "running"))

    def _unended(self) -> list[int]:
        """Replicas that go on; one that was stopped is still computed with the others, but not stored."""
        return [r for r, replica in enumerate(self.replicas) if replica.ended is None]

    def _advance(self, move: bool = True) -> None:
        for event in self.trainer.advance(self.ending, move=move):
            if self.replicas[event.replica].ended is None:
                self.replicas[event.replica].recorder.store(event, time.monotonic() - self.started)

    def _heed_control(self) -> dict[int, tuple[str, str]]:
        """Take up new etas; the ending status and the request's name of each run that is to end."""
        changed = [r for r in self._unended() if self._take_up_eta(r)]
        if changed:
            self._advance()
            for r in changed:
                self.replicas[r].run.clear_request("eta.json")  # only now that a checkpoint holds it
        endings = {}
        for r in self._unended():
            for request, status in (("stop", "stopped"), ("pause", "paused")):
                if self.replicas[r].run.requested(request):
                    endings[r] = (status, request)
        return endings

    def _take_up_eta(self, r: int) -> bool:
        run = self.replicas[r].run
        eta = run.requested_eta()
        trainer = self.trainer
        # Taken up already, before a kill; or of a flow, which has none.
        if eta is None or eta == trainer.etas[r] or isinstance(trainer, FlowTrainer):
            run.clear_request("eta.json")
            return False
        trainer.set_eta(eta, r)
        return True

    def _state(self, r: int, status: str) -> State:
        now, replica, trainer, ending = time.monotonic(), self.replicas[r], self.trainer, self.ending
        self._take_speed(now)
        tau = trainer.tau(r)
        if isinstance(trainer, FlowTrainer) and ending.until:  # its last step may reach beyond what it records
            tau = min(tau, ending.until)
        return State(
            status=status,
            step=trainer.step,
            steps=ending.steps,
            heartbeat=time.time(),
            speed=self.speed,
            eta=trainer.etas[r],
            tau=tau,
            nll=replica.recorder.nll,
            seconds=round(replica.point.seconds + now - self.started, 3),
            until=ending.until,
            stop_nll=ending.stop_nll,
            evaluations=trainer.evaluations,
            left=math.log(ending.until / tau) / self.pace if self.pace and ending.until > tau > 0 else None,
            notice=replica.point.notice,
            host=socket.gethostname(),
            pid=os.getpid(),
        )

    def _take_speed(self, now: float) -> None:
        """Running means of steps and log tau per second; the first look, after the engine's start, sets the mark."""
        step, log_tau = self.trainer.step, math.log(self.trainer.tau() or 1e-3)
        if self.mark is None:
            self.mark = (now, step, log_tau)
        elif (elapsed := now - self.mark[0]) > 0.5 and step > self.mark[1]:
            self.speed = _mean(self.speed, (step - self.mark[1]) / elapsed)
            self.pace = _mean(self.pace, (log_tau - self.mark[2]) / elapsed)
            self.mark = (now, step, log_tau)

    def _end(self, r: int, status: str) -> None:
        self.replicas[r].ended = state = self._state(r, status)
        self._publish(r, state)

    def _publish(self, r: int, state: State) -> None:
        self.replicas[r].run.write_state(state)
        if self.progress and r == self._progress_of():
            self.progress(state)

    def _progress_of(self) -> int:
        """The replica whose progress is shown: the first that goes on."""
        return next(iter(self._unended()), len(self.replicas) - 1)


def _check_not_taken(run: Run) -> None:
    """RunBusyError where another machine took the run up: a lock on a shared store is lost where its holder sleeps."""
    path = run.path / "state.json"
    state = read_state(path)
    is_others = state.status == "running" and (state.host, state.pid) != (socket.gethostname(), os.getpid())
    if is_others and age(path) < STALE_AFTER:
        raise RunBusyError(f"Run {run.id} was taken up on {state.host} while this machine slept: it goes on there.")


def _mean(before: float | None, recent: float) -> float:
    return recent if before is None else 0.7 * before + 0.3 * recent


def _trainer(
    configs: Sequence[RunConfig],
    points: Sequence[ResumePoint],
    data: Transitions,
    valid: Transitions | None,
    device: str,
    pulse: Callable[[], None],
) -> Trainer | FlowTrainer:
    """What trains these runs from where they go on; pulse: called in the middle of long steps."""
    snapshots = [point.snapshot for point in points]
    if configs[0].dynamics == "steps":
        learner = make_learner(configs[0], snapshots, data, device)
        return Trainer(configs, snapshots, data, valid, learner, [point.references for point in points])
    if device != "cpu" or len(configs) > 1:
        raise RunError("A flow is followed one run at a time, on the processor: leave the device out.")
    return FlowTrainer(configs[0], snapshots[0], data, valid, points[0].references, pulse)


def _check_batch(configs: Sequence[RunConfig]) -> None:
    for other in configs[1:]:
        different = [name for name in differences(configs[0], other) if name not in MAY_DIFFER]
        if different:
            raise RunError(
                f"Runs trained in one batch may differ in {', '.join(MAY_DIFFER)} only, not in {different[0]}."
            )
