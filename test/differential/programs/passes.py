"""How many passes of the loop each kind of wait takes."""

import asyncio


async def _nothing():
    return "nothing"


async def _step():
    await asyncio.sleep(0)
    return "step"


async def passes_of_tasks(log):
    log("begin")
    await asyncio.sleep(0)
    log("sleep(0)")
    await _nothing()
    log("a coroutine")
    await asyncio.create_task(_nothing())
    log("a task of one step")
    await asyncio.create_task(_step())
    log("a task of two steps")
    await asyncio.ensure_future(asyncio.sleep(0, "slept"))
    log("a task of sleep(0)")


async def passes_of_combinators(log):
    log("begin")
    await asyncio.wait([asyncio.create_task(_nothing())])
    log("wait")
    await asyncio.gather(_nothing(), _nothing())
    log("gather")
    await asyncio.gather(_nothing(), _step())
    log("gather of different lengths")
    await asyncio.shield(_nothing())
    log("shield")
    for coroutine in asyncio.as_completed([_nothing(), _step()]):
        log("as_completed gives", await coroutine)
    async for task in asyncio.as_completed([_nothing(), _step()]):
        log("async as_completed gives", await task)
    async with asyncio.TaskGroup() as group:
        group.create_task(_nothing())
    log("a group of one")


async def passes_of_limits(log):
    log("begin")
    log("wait_for", await asyncio.wait_for(_nothing(), 1))
    log("wait_for", await asyncio.wait_for(_step(), 1))
    log("wait_for a task", await asyncio.wait_for(asyncio.create_task(_nothing()), 1))
    async with asyncio.timeout(1):
        log("timeout")
    for limit in (0.1, 0):
        try:
            async with asyncio.timeout(limit):
                await asyncio.sleep(1)
        except TimeoutError:
            log("timeout, over")
        try:
            await asyncio.wait_for(asyncio.sleep(1), limit)
        except TimeoutError:
            log("wait_for, over")


async def passes_of_locks(log):
    lock, event, semaphore, condition = asyncio.Lock(), asyncio.Event(), asyncio.Semaphore(), asyncio.Condition()
    queue = asyncio.Queue(1)
    loop = asyncio.get_running_loop()
    log("begin")
    for one in (lock, semaphore, condition):
        await one.acquire()
        log("acquire")
        if one is not condition:
            loop.call_soon(one.release)
            await one.acquire()
            log("acquire after a release")
    loop.call_soon(event.set)
    await event.wait()
    log("event")
    loop.call_soon(_notify, condition)
    await condition.wait()
    log("condition")
    loop.call_soon(queue.put_nowait, 1)
    log("get", await queue.get())
    await queue.put(2)
    log("put")
    loop.call_soon(queue.get_nowait)
    await queue.put(3)
    log("put after a get")


def _notify(condition):
    # The waiter has let go of the lock; take it for a moment.
    coroutine = condition.acquire()
    try:
        coroutine.send(None)
    except StopIteration:
        condition.notify()
        condition.release()
