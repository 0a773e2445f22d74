"""CPython's own event loop in virtual time, with the order of its sets fixed.

The loop is asyncio's BaseSelectorEventLoop; only its selector and its clock are ours. The clock counts integer
microseconds and moves when the loop asks the selector to wait, by exactly the time that it asks for.

Where CPython goes through a set, the order is open, and it shows: the children that a TaskGroup aborts, the futures
of `wait` and `as_completed`, the tasks that `run` cancels at its end. Here those sets keep the order of insertion.
See `make_repeatable` for that and for the one other change. Tasks and futures are those of the C extension.
"""

import ast
import asyncio
import collections
import inspect
import itertools
import math
import selectors
import textwrap
import weakref

TICKS_PER_SECOND = 1_000_000


class Deadlock(Exception):
    """Nothing is ready and no timer is left."""


class VirtualSelector(selectors.SelectSelector):
    """Waits for nothing: it moves the clock."""

    def __init__(self):
        super().__init__()
        self.ticks = 0

    def select(self, timeout=None):
        if timeout is None:
            raise Deadlock(f"nothing will ever happen, at {self.ticks} µs")
        if timeout > 0:
            self.ticks += math.ceil(timeout * TICKS_PER_SECOND - 1e-3)
        return []


class CountedQueue(collections.deque):
    """The loop's ready queue. It counts the iterations in which at least one callback was taken out."""

    def __init__(self):
        super().__init__()
        self.passes = 0
        self.fresh = True

    def popleft(self):
        if self.fresh:
            self.fresh = False
            self.passes += 1
        return super().popleft()


class VirtualLoop(asyncio.selector_events.BaseSelectorEventLoop):
    def __init__(self):
        selector = VirtualSelector()
        self._virtual = selector
        super().__init__(selector)
        self._ready = CountedQueue()
        self._clock_resolution = 0.5 / TICKS_PER_SECOND

    @property
    def ticks(self):
        return self._virtual.ticks

    @property
    def passes(self):
        return self._ready.passes

    def time(self):
        return self._virtual.ticks / TICKS_PER_SECOND

    def _run_once(self):
        self._ready.fresh = True
        super()._run_once()

    def _write_to_self(self):
        """There is nobody to wake: the selector never sleeps."""

    def create_task(self, coro, **options):
        number = next(_counter)
        task = super().create_task(coro, **options)
        _numbers[task] = number
        return task


_counter = itertools.count()
_numbers = weakref.WeakKeyDictionary()


class OrderedSet:
    """As much of a set as asyncio uses, in the order of insertion."""

    def __init__(self, items=()):
        self._items = dict.fromkeys(items)

    def add(self, item):
        self._items[item] = None

    def discard(self, item):
        self._items.pop(item, None)

    def remove(self, item):
        del self._items[item]

    def clear(self):
        self._items.clear()

    def __contains__(self, item):
        return item in self._items

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)


class _SetsByCall(ast.NodeTransformer):
    """`{f(x) for x in y}` becomes `set(f(x) for x in y)`, so that the name decides what kind of set it is."""

    def visit_SetComp(self, node):
        self.generic_visit(node)
        values = ast.GeneratorExp(elt=node.elt, generators=node.generators)
        return ast.Call(func=ast.Name("set", ast.Load()), args=[values], keywords=[])


class _OneCallback(ast.NodeTransformer):
    """Leaves `inner.add_done_callback(_inner_done_callback)`, and takes every other callback of `inner` out."""

    def visit_Expr(self, node):
        names = [name.id for name in ast.walk(node) if isinstance(name, ast.Name)]
        added = ast.unparse(node).startswith("inner.add_done_callback")
        return ast.Pass() if added and "_inner_done_callback" not in names else node


def _recompile(owner, name, module, transformer):
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(owner, name))))
    tree = ast.fix_missing_locations(transformer.visit(tree))
    scope = {}
    exec(compile(tree, module.__file__, "exec"), module.__dict__, scope)
    setattr(owner, name, scope[name])


def make_repeatable():
    """Fixes what CPython leaves open, or what its releases do differently.

    asyncio's modules get sets that keep the order of insertion, and `all_tasks` the order of creation. `shield` leaves
    nothing behind at the inner future when it is cancelled: 3.14.0 brought callbacks that stay there, which take a
    pass of the loop, and a later 3.14 took them away.
    """
    unordered = asyncio.tasks.all_tasks

    def all_tasks(loop=None):
        if loop is None:
            loop = asyncio.get_running_loop()
        return OrderedSet(sorted(unordered(loop), key=lambda task: _numbers.get(task, math.inf)))

    asyncio.tasks.set = OrderedSet
    asyncio.taskgroups.set = OrderedSet
    asyncio.tasks.all_tasks = asyncio.all_tasks = all_tasks
    _recompile(asyncio.tasks._AsCompletedIterator, "__init__", asyncio.tasks, _SetsByCall())
    _recompile(asyncio.tasks, "shield", asyncio.tasks, _OneCallback())
    asyncio.shield = asyncio.tasks.shield
