"""Runs the specs of random-programs.mjs on CPython. random-interpreter.ts does the same in TypeScript.

A trace is a line of words, separated by spaces:

    +2          two passes of the loop went by
    ~512        512 microseconds went by
    7           operation 7 begins
    7=value     it is done; the value is left out where there is none
    7!error     it ends with this error
    7^error     the `try` of operation 7 catches this error
    7@state     a callback of operation 7 is called; with the state of the future that called it, if one did
    H!error     the loop's exception handler is told of this error
    W           the watchdog has been waited for
    1.0:state   at the end, for each task: what has become of it
"""

import asyncio
import contextvars

from log import show
from virtual_loop import VirtualLoop

MICROSECOND = 1e-6
#: Longer than all delays of a program together.
WATCHDOG = 2**26
ROUNDS = 12


class Failure(Exception):
    """What the operation `raise` raises."""


def run_spec(spec):
    """Runs a program and gives its trace."""
    interpreter = Interpreter(spec)
    try:
        asyncio.run(interpreter.main(), loop_factory=interpreter.new_loop)
    finally:
        interpreter.closed = True
    return " ".join(interpreter.words)


class Place:
    """What surrounds an operation: the timeouts, innermost last, and the group."""

    def __init__(self, scopes=(), group=None):
        self.scopes = scopes
        self.group = group


class Interpreter:
    def __init__(self, spec):
        self.spec = spec
        self.words = []
        self.closed = False
        self.passes = 0
        self.ticks = 0
        self.tasks = {}
        self.handles = {}
        self.locks = [asyncio.Lock() for _ in range(2)]
        self.events = [asyncio.Event() for _ in range(2)]
        self.semaphores = [asyncio.Semaphore(1), asyncio.BoundedSemaphore(2)]
        self.condition = asyncio.Condition(self.locks[0])
        self.queues = [asyncio.Queue(), asyncio.Queue(1), asyncio.LifoQueue(2), asyncio.PriorityQueue(2)]
        self.barrier = asyncio.Barrier(2)
        self.futures = []
        self.variable = contextvars.ContextVar("variable", default=None)

    def new_loop(self):
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(self.handler)
        if self.spec["eager"]:
            self.loop.set_task_factory(asyncio.eager_task_factory)
        self.futures = [self.loop.create_future() for _ in range(3)]
        return self.loop

    def write(self, word):
        if self.closed:
            return
        if self.loop.passes != self.passes:
            self.words.append(f"+{self.loop.passes - self.passes}")
            self.passes = self.loop.passes
        if self.loop.ticks != self.ticks:
            self.words.append(f"~{self.loop.ticks - self.ticks}")
            self.ticks = self.loop.ticks
        self.words.append(word)

    def handler(self, _loop, context):
        # These depend on when objects are collected.
        if "was never retrieved" not in context["message"]:
            self.write(f"H!{code(context.get('exception'))}")

    async def main(self):
        for number, ops in enumerate(self.spec["tasks"]):
            self.make_task(str(number), ops, Place())
        for round_ in range(ROUNDS):
            pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            if not pending:
                break
            _, late = await asyncio.wait(pending, timeout=WATCHDOG * 2**round_ * MICROSECOND)
            self.write("W")
            for task in late:
                task.cancel("W")
            # Condition.wait() takes the lock again at any price: no cancel gets it out while the lock is held.
            for lock in self.locks if round_ > 1 else ():
                if lock.locked():
                    lock.release()
        for name in sorted(self.tasks):
            self.write(f"{name}:{state(self.tasks[name])}")

    def make_task(self, name, ops, place, create=asyncio.create_task):
        task = create(self.run_named(name, ops, place), name=name)
        self.tasks[name] = task

    async def run_named(self, name, ops, place):
        self.tasks[name] = asyncio.current_task()
        await self.run(ops, place)
        return f"r{name}"

    async def run(self, ops, place):
        for op in ops:
            await self.run_one(op, place)

    async def run_one(self, op, place):
        number = op["id"]
        act = getattr(self, f"act_{op['op']}", None)
        if act is not None:
            self.act(op, act)
            return
        self.write(f"{number}")
        try:
            value = await getattr(self, f"do_{op['op']}")(op, place)
        except BaseException as error:
            self.write(f"{number}!{code(error)}")
            raise
        self.write(f"{number}={code(value)}")

    def act(self, op, act=None):
        try:
            value = (act or getattr(self, f"act_{op['op']}"))(op)
        except BaseException as error:
            self.write(f"{op['id']}!{code(error)}")
            if op.get("safe"):
                return
            raise
        self.write(f"{op['id']}={code(value)}")

    def callback(self, op, future=None):
        self.write(f"{op['id']}@{code(self.variable.get())}{'' if future is None else state(future)}")
        if op["act"] is not None:
            self.act(op["act"])

    def bodies(self, op, place):
        return [self.run_named(f"{op['id']}.{k}", ops, place) for k, ops in enumerate(op["bodies"])]

    # Operations that do not wait

    def act_raise(self, op):
        raise Failure(op["id"])

    def act_cancel(self, op):
        task = self.tasks.get(op["t"])
        return None if task is None else task.cancel(op["m"])

    def act_uncancel(self, op):
        return asyncio.current_task().uncancel()

    def act_probe(self, op):
        task = self.tasks.get(op["t"])
        return None if task is None else f"{state(task)}{task.cancelling()}"

    def act_look(self, op):
        return [
            *(lock.locked() for lock in self.locks),
            *(semaphore.locked() for semaphore in self.semaphores),
            *(event.is_set() for event in self.events),
            *(queue.qsize() for queue in self.queues),
            self.barrier.n_waiting,
            self.barrier.broken,
            len(asyncio.all_tasks()),
        ]

    def act_settle(self, op):
        future = self.futures[op["n"]]
        if op["how"] == "result":
            future.set_result(op["id"])
        elif op["how"] == "exception":
            future.set_exception(Failure(op["id"]))
        else:
            return future.cancel(f"m{op['id']}")

    def act_eventSet(self, op):
        self.events[op["n"]].set()

    def act_eventClear(self, op):
        self.events[op["n"]].clear()

    def act_release(self, op):
        self.locks[op["n"]].release()

    def act_semRelease(self, op):
        self.semaphores[op["n"]].release()

    def act_notify(self, op):
        if op["all"]:
            self.condition.notify_all()
        else:
            self.condition.notify(op["k"])

    def act_putNowait(self, op):
        self.queues[op["n"]].put_nowait(op["id"])

    def act_getNowait(self, op):
        return self.queues[op["n"]].get_nowait()

    def act_taskDone(self, op):
        self.queues[op["n"]].task_done()

    def act_shutdown(self, op):
        self.queues[op["n"]].shutdown(op["immediate"])

    def act_setVar(self, op):
        before = self.variable.get()
        self.variable.set(op["id"])
        return before

    def act_callSoon(self, op):
        self.handles[op["id"]] = self.loop.call_soon(self.callback, op)

    def act_callLater(self, op):
        self.handles[op["id"]] = self.loop.call_later(op["d"] * MICROSECOND, self.callback, op)

    def act_cancelHandle(self, op):
        handle = self.handles.get(op["h"])
        return None if handle is None else handle.cancel()

    def act_doneCallback(self, op):
        task = self.tasks.get(op["t"])
        if task is not None:
            task.add_done_callback(lambda task: self.callback(op, task))

    def act_futureCallback(self, op):
        self.futures[op["n"]].add_done_callback(lambda future: self.callback(op, future))

    # Operations that may wait

    async def do_sleep0(self, op, place):
        await asyncio.sleep(0)

    async def do_sleep(self, op, place):
        await asyncio.sleep(op["d"] * MICROSECOND)

    async def do_awaitTask(self, op, place):
        if op["t"] in self.tasks:
            return await self.tasks[op["t"]]

    async def do_awaitFuture(self, op, place):
        return await self.futures[op["n"]]

    async def do_eventWait(self, op, place):
        return await self.events[op["n"]].wait()

    async def do_acquire(self, op, place):
        return await self.locks[op["n"]].acquire()

    async def do_withLock(self, op, place):
        async with self.locks[op["n"]]:
            await self.run(op["body"], place)

    async def do_semAcquire(self, op, place):
        return await self.semaphores[op["n"]].acquire()

    async def do_withSem(self, op, place):
        async with self.semaphores[op["n"]]:
            await self.run(op["body"], place)

    async def do_withCond(self, op, place):
        async with self.condition:
            await self.run(op["body"], place)

    async def do_condWait(self, op, place):
        return await self.condition.wait()

    async def do_condWaitFor(self, op, place):
        return await self.condition.wait_for(self.events[op["n"]].is_set)

    async def do_put(self, op, place):
        await self.queues[op["n"]].put(op["id"])

    async def do_get(self, op, place):
        return await self.queues[op["n"]].get()

    async def do_join(self, op, place):
        await self.queues[op["n"]].join()

    async def do_barrierWait(self, op, place):
        return await self.barrier.wait()

    async def do_barrierReset(self, op, place):
        await self.barrier.reset()

    async def do_barrierAbort(self, op, place):
        await self.barrier.abort()

    async def do_try(self, op, place):
        kinds = {None: (), "error": Exception, "cancel": asyncio.CancelledError, "all": BaseException}
        try:
            await self.run(op["body"], place)
        except kinds[op["catch"]] as error:
            self.write(f"{op['id']}^{code(error)}")
            await self.run(op["handler"], place)
            if op["rethrow"]:
                raise
        finally:
            await self.run(op["final"], place)

    async def do_timeout(self, op, place):
        scope = asyncio.timeout(seconds(op["d"]))
        try:
            async with scope:
                await self.run(op["body"], Place((*place.scopes, scope), place.group))
        finally:
            if scope.expired():
                self.write(f"{op['id']}=expired")

    async def do_reschedule(self, op, place):
        delay = seconds(op["d"])
        place.scopes[op["s"]].reschedule(None if delay is None else self.loop.time() + delay)

    async def do_gather(self, op, place):
        return await asyncio.gather(*self.bodies(op, place), return_exceptions=op["rx"])

    async def do_gatherTasks(self, op, place):
        tasks = [self.tasks[name] for name in op["ts"] if name in self.tasks]
        return await asyncio.gather(*tasks, return_exceptions=op["rx"])

    async def do_group(self, op, place):
        async with asyncio.TaskGroup() as group:
            inner = Place(place.scopes, group)
            for k, ops in enumerate(op["bodies"]):
                self.make_task(f"{op['id']}.{k}", ops, inner, group.create_task)
            await self.run(op["body"], inner)

    async def do_child(self, op, place):
        self.make_task(f"{op['id']}.0", op["bodies"][0], place, place.group.create_task)

    async def do_spawn(self, op, place):
        self.make_task(f"{op['id']}.0", op["bodies"][0], place)

    async def do_waitFor(self, op, place):
        return await asyncio.wait_for(self.bodies(op, place)[0], seconds(op["d"]))

    async def do_waitForTask(self, op, place):
        if op["t"] in self.tasks:
            return await asyncio.wait_for(self.tasks[op["t"]], seconds(op["d"]))

    async def do_waitForFuture(self, op, place):
        return await asyncio.wait_for(self.futures[op["n"]], seconds(op["d"]))

    async def do_waitForShield(self, op, place):
        if op["t"] in self.tasks:
            return await asyncio.wait_for(asyncio.shield(self.tasks[op["t"]]), seconds(op["d"]))

    async def do_gatherFutures(self, op, place):
        return await asyncio.gather(*(self.futures[n] for n in op["ns"]), return_exceptions=op["rx"])

    async def do_waitFutures(self, op, place):
        sets = await asyncio.wait([self.futures[n] for n in op["ns"]], return_when=op["mode"])
        return [[self.futures.index(future) for future in futures] for futures in sets]

    async def do_shieldFuture(self, op, place):
        return await asyncio.shield(self.futures[op["n"]])

    async def do_wait(self, op, place):
        names = [name for name in dict.fromkeys(op["ts"]) if name in self.tasks]
        if names:
            tasks = {self.tasks[name]: name for name in names}
            done, pending = await asyncio.wait(tasks, timeout=seconds(op["d"]), return_when=op["mode"])
            return [[tasks[task] for task in done], [tasks[task] for task in pending]]

    async def do_shield(self, op, place):
        return await asyncio.shield(self.bodies(op, place)[0])

    async def do_shieldTask(self, op, place):
        if op["t"] in self.tasks:
            return await asyncio.shield(self.tasks[op["t"]])

    async def do_asCompleted(self, op, place):
        results = []
        for coroutine in asyncio.as_completed(self.bodies(op, place), timeout=seconds(op["d"])):
            try:
                results.append(await coroutine)
            except Exception as error:
                results.append(error)
        return results

    async def do_forCompleted(self, op, place):
        results = []
        bodies = [asyncio.create_task(body) for body in self.bodies(op, place)]
        async for task in asyncio.as_completed(bodies, timeout=seconds(op["d"])):
            results.append(bodies.index(task))
            results.append(state(task))
        return results


def seconds(ticks):
    return None if ticks is None else ticks * MICROSECOND


def state(future):
    if not future.done():
        return "pending"
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    return f"!{code(error)}" if error is not None else f"={code(future.result())}"


def code(value):
    """A value in few characters and without spaces."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return f"[{','.join(code(item) for item in value)}]"
    if isinstance(value, BaseExceptionGroup):
        return f"Group{code(value.exceptions)}"
    if isinstance(value, Failure):
        return f"E{value.args[0]}"
    if isinstance(value, asyncio.CancelledError):
        return f"C{value.args[0] if value.args else ''}"
    if isinstance(value, asyncio.TimeoutError):
        return "T"
    return show(value).replace(" ", "_")
