"""Eagerly started tasks."""

import asyncio
import contextvars

from log import Boom

variable = contextvars.ContextVar("variable", default="unset")


def _go_eager():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)


async def eager_tasks_run_to_their_first_wait(log):
    async def work(name, waits):
        log(name, "starts")
        for _ in range(waits):
            await asyncio.sleep(0)
        log(name, "ends")
        return name

    _go_eager()
    tasks = [asyncio.create_task(work(f"waits {waits}", waits)) for waits in (0, 2, 1)]
    log("done", [task.done() for task in tasks])
    for task in tasks:
        log("result", await task)


async def eager_tasks_are_current_while_they_start(log):
    async def work(left):
        me = asyncio.current_task()
        log(f"level {left}: another task", me not in current)
        current.append(me)
        if left > 0:
            await asyncio.create_task(work(left - 1))
        log(f"level {left}: the same", asyncio.current_task() is me)

    current = [asyncio.current_task()]
    _go_eager()
    await asyncio.create_task(work(2))
    log("main: the same", asyncio.current_task() is current[0])


async def eager_tasks_have_a_context_of_their_own(log):
    async def work(name):
        log(name, variable.get())
        variable.set(name)
        await asyncio.sleep(0)
        log(name, variable.get())

    _go_eager()
    variable.set("main")
    tasks = [asyncio.create_task(work("first")), asyncio.create_task(work("second"))]
    log("main", variable.get())
    for task in tasks:
        await task


async def eager_errors_are_stored(log):
    async def fail(waits):
        if waits:
            await asyncio.sleep(0)
        raise Boom(f"waits {waits}")

    _go_eager()
    for waits in (False, True):
        task = asyncio.create_task(fail(waits))
        log("done", task.done())
        try:
            await task
        except Boom as error:
            log("caught", error)


async def eager_tasks_and_cancel(log):
    async def quick():
        return "quick"

    async def slow():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError as error:
            log("slow", error)
            raise

    async def cancels_itself(waits):
        asyncio.current_task().cancel("self")
        if waits:
            await asyncio.sleep(0)
        return "lost"

    _go_eager()
    task = asyncio.create_task(quick())
    log("cancel gives", task.cancel())
    log("result", await task)
    task = asyncio.create_task(slow())
    log("cancel gives", task.cancel("at once"))
    await asyncio.wait([task])
    for waits in (False, True):
        task = asyncio.create_task(cancels_itself(waits))
        log("done", task.done())
        await asyncio.wait([task])
        log("cancelled", task.cancelled())


async def eager_gather(log):
    async def quick(name):
        return name

    async def slow(name):
        await asyncio.sleep(0.1)
        return name

    async def fail():
        raise Boom("failed")

    _go_eager()
    gathered = asyncio.gather(quick("a"), quick("b"))
    log("done", gathered.done())
    log("results", await gathered)
    gathered = asyncio.gather(quick("a"), slow("b"))
    log("done", gathered.done())
    log("results", await gathered)
    gathered = asyncio.gather(fail(), quick("b"), return_exceptions=True)
    log("done", gathered.done())
    log("results", await gathered)
    try:
        await asyncio.gather(fail(), quick("b"))
    except Boom as error:
        log("caught", error)


async def eager_groups(log):
    async def work(name, waits):
        log(name, "starts")
        for _ in range(waits):
            await asyncio.sleep(0)
        log(name, "ends")
        return name

    _go_eager()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(f"waits {waits}", waits)) for waits in (2, 1)]
        log("body ends")
    log("results", [task.result() for task in tasks])


async def eager_tasks_without_the_factory(log):
    async def work():
        log("starts")
        await asyncio.sleep(0)
        log("ends")

    loop = asyncio.get_running_loop()
    log("before")
    task = asyncio.Task(work(), loop=loop, eager_start=True)
    log("between")
    other = asyncio.create_task(work())
    await task
    await other


async def eager_locks_and_queues(log):
    async def worker(name):
        async with lock:
            log(name, "has the lock")
            item = await queue.get()
            log(name, item)

    _go_eager()
    lock = asyncio.Lock()
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(worker(name)) for name in "ab"]
    log("locked", lock.locked())
    queue.put_nowait(1)
    queue.put_nowait(2)
    for task in tasks:
        await task
