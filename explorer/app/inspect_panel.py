"""The panel of one inspection: its controls change what is looked at, and the figures come as they are made."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from explorer.app.measured import measured
from explorer.app.show import give_page, with_about
from explorer.app.worker import FAILED, Worker
from explorer.compiler.inspection import Inspection
from explorer.compiler.options_known import FIELD, refused
from explorer.compiler.problem import problem_of
from explorer.compiler.shown import ALONE, ON_DEMAND, ONCE, is_large, issue_of, late_records_of
from explorer.compiler.snapshot import Snapshot
from explorer.compiler.subject import Subject
from explorer.compiler.targets.process import cancellable
from explorer.errors import FieldError
from explorer.records import Record
from explorer.views.panel import Panel

LOOKING = "Looking again …"
COMPILING = "Compiling for {} …"
PATIENCE_S = 2.0  # for a screen to draw; there may be none


def follow(inspection: Inspection, panel: Panel) -> None:
    """Fill in the panel of an inspection, and change it as its controls say, while it lives."""
    InspectPanel(inspection, panel)  # which hears the panel's commands, and lives as long


class InspectPanel:
    """What a panel of an inspection shows now, and the thread that changes it; the kernel is never blocked.

    Args:
      inspection: what is shown first.
      panel: where; only a weak reference is kept.
    """

    def __init__(self, inspection: Inspection, panel: Panel) -> None:
        self.inspection = inspection
        self.subject: Subject | None = inspection.subject
        self._panel = weakref.ref(panel)
        self._lock = threading.Lock()
        self._wanted = 0  # counts the changes: what was begun for an older one is not shown
        self._cancel = threading.Event()
        self._before: Snapshot | None = None
        self._earlier: Inspection | None = None  # the look before, where both can be measured
        self._asked: list[str] = []  # of what is made on demand: once asked for, it comes with every later look
        self._made: list[str] = []  # its keys on screen
        self._worker = Worker("inspect", self._failed)
        panel.on_command(self.command)
        give_page(panel, lambda: self.inspection)
        self._worker.submit("figures", self._begin)

    def wait(self, timeout: float | None = None) -> bool:
        """Return whether everything asked for was done within `timeout` seconds."""
        return self._worker.wait(timeout)

    def command(self, name: str, args: Mapping[str, Any]) -> None:
        """Do what a control of the panel asks; returns at once."""
        changes: dict[str, tuple[str, Callable[[Subject], Subject]]] = {
            "set_transforms": ("transforms", lambda s: s.with_transforms(args["transforms"])),
            "set_dtype": ("dtype", lambda s: s.with_dtype(args.get("dtype"))),
            "set_compiler_options": (FIELD, lambda s: s.with_compiler_options(args["options"])),
            "set_passes_off": (FIELD, lambda s: s.with_passes_off(args["passes"])),
            "set_target": ("target", lambda s: s.with_target(args.get("target"))),
            "set_sharding": ("mesh", lambda s: s.with_sharding(str(args["mesh"]), str(args["specs"]))),
            "set_mesh": ("mesh", lambda s: s.with_mesh(str(args["mesh"]))),
            "set_split": ("specs", lambda s: s.with_split(args["argument"], int(args["axis"]), str(args["names"]))),
            "set_axis": (
                str(args.get("argument")),
                lambda s: s.with_size(args["argument"], args["axis"], args["size"]),
            ),
        }
        if name in changes and self.subject is not None:
            with self._lock:
                self._wanted += 1
                wanted = self._wanted
                self._cancel.set()  # what compiles for a machine that is not here is not wanted any more
                self._cancel = threading.Event()
            field, change = changes[name]
            self._show_subject(busy=LOOKING)
            # Of the same control only the last position counts; changes of different controls add up.
            control = f"{name} {args.get('argument')} {args.get('axis')}"
            self._worker.submit(control, lambda: self._change(field, change, wanted))
        elif name == "cancel":
            self._cancel.set()
        elif name == "measure":
            self._show_subject(busy="Measuring …")
            self._worker.submit("measure", self._measure)
        elif name == "measure_both":
            self._show_subject(busy="Measuring both …")
            self._worker.submit("measure", self._measure_both)
        elif name == "compare":
            self._worker.submit("compare", self._compare)
        elif name in ON_DEMAND:
            if name not in ONCE:
                self._asked = [*(asked for asked in self._asked if asked != name), name]
            with self._lock:
                if self._cancel.is_set():  # that was for something else
                    self._cancel = threading.Event()
            more = {key: value for key, value in args.items() if key != "function"}
            self._worker.submit(f"{name} {more}", partial(self._demand, name, **more))
        elif name == "issue":
            self._worker.submit("issue", self._issue)

    def _change(self, field: str, change: Callable[[Subject], Subject], wanted: int) -> None:
        assert self.subject is not None
        problem, before = None, self.subject
        try:
            self.subject = change(self.subject)
        except FieldError as error:
            problem = error
        with self._lock:
            newest = wanted == self._wanted
        if newest:  # else another change is waiting, and looks
            target = self.subject.options.target
            self._show_subject(busy=LOOKING if target is None else COMPILING.format(target.title))
            self._look(field, problem, before)

    def _look(self, field: str, problem: FieldError | None, before: Subject) -> None:
        assert self.subject is not None
        try:
            with cancellable(self._cancel):
                looked = self.subject.look()
        except FieldError as error:
            return self._show_subject(problem or error)
        except Exception as error:  # whatever the function raises for these choices
            return self._show_subject(problem or FieldError(field, problem_of(error, self.subject.fn)["text"], ""))
        if field == FIELD and looked.compiled is None and self.inspection.compiled is not None:
            self.subject = before  # what XLA refuses is said at the field, and all stays as it is
            return self._show_subject(problem or FieldError(FIELD, refused(looked.stages["hlo"].reason), ""))
        # Only where the same program is compiled otherwise both are kept, to be measured side by side.
        self._earlier = self.inspection if field == FIELD else None
        self._before, self.inspection = self.inspection.snapshot(), looked
        panel = self._panel()
        if panel is not None:
            for key in self._made:  # of another program
                panel.drop(key)
        for key, record in with_about(looked, looked.first_records()).items():
            if key != f"subject/{ALONE}":  # of which this panel knows more
                self._put(key, record)
        if problem is None and looked.compiled is None and self.subject.options.target is not None:
            problem = FieldError("target", str(looked.stages["hlo"].known_reason), "")
        self._show_subject(problem)
        self._fill_in()

    def _begin(self) -> None:
        """Fill in what costs time once the first text is on screen, which it would hold up."""
        panel = self._panel()
        if panel is not None and is_large(self.inspection):
            panel.wait_drawn(PATIENCE_S)
        del panel
        self._fill_in()

    def _fill_in(self) -> None:
        for records in late_records_of(self.inspection):
            self._put_all(records)
        self._put_all(self.inspection.figures())
        self._compare()
        for name in self._asked:
            self._worker.submit(name, partial(self._demand, name))

    def _demand(self, name: str, **more: Any) -> None:
        looked = self.inspection
        with cancellable(self._cancel):
            made = ON_DEMAND[name](looked, ALONE, **more)
        if looked is self.inspection:
            self._made = list(dict.fromkeys([*self._made, *made]))
            self._put_all(made)

    def _compare(self) -> None:
        """Show what changed since the choices were others, or else since the last look at this function."""
        looked = self.inspection
        told = looked.since if self._before is None else looked.compare(self._before)
        if told is not None:
            self._put(f"comparison/{ALONE}", told.record(ALONE))

    def _measure(self) -> None:
        try:
            self._put_all(measured(self.inspection, ALONE, self._notify))
        finally:
            self._show_subject()

    def _measure_both(self) -> None:
        """Measure this look and the one before, and compare them again."""
        earlier, looked = self._earlier, self.inspection
        try:
            if earlier is not None:
                measured(earlier, ALONE, self._notify)
                self._before = earlier.snapshot()
            self._put_all(measured(looked, ALONE, self._notify))
            self._compare()
        finally:
            self._show_subject()

    def _issue(self) -> None:
        self._put_all(issue_of(self.inspection, ALONE))

    def _show_subject(self, problem: FieldError | None = None, busy: str | None = None) -> None:
        if self.subject is not None:
            self._put(f"subject/{ALONE}", self.subject.record(ALONE, problem, busy))

    def _put(self, key: str, record: Record) -> None:
        panel = self._panel()
        if panel is not None:
            panel.put(key, record)

    def _put_all(self, records: Mapping[str, Record]) -> None:
        for key, record in records.items():
            self._put(key, record)

    def _notify(self, title: str, text: str) -> None:
        panel = self._panel()
        if panel is not None:
            panel.notify(title, text)

    def _failed(self, error: Exception) -> None:
        self._show_subject()
        panel = self._panel()
        if panel is not None:
            panel.failed(FAILED, error)
