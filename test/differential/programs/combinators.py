"""gather, wait, shield and as_completed."""

import asyncio

from log import Boom


async def _after(log, delay, name, error=None):
    """Sleeps milliseconds, then gives its name or raises."""
    try:
        log(name, "starts")
        await asyncio.sleep(delay / 1000)
    except asyncio.CancelledError as cancelled:
        log(name, cancelled)
        raise
    log(name, "ends")
    if error is not None:
        raise error
    return name


async def gather_gives_results_in_order_of_arguments(log):
    log("results", await asyncio.gather(_after(log, 3, "a"), _after(log, 1, "b"), _after(log, 2, "c")))
    log("one pass each", await asyncio.gather(_after(log, 0, "d"), _after(log, 0, "e")))


async def gather_of_nothing_and_of_what_is_done(log):
    future = asyncio.get_running_loop().create_future()
    future.set_result("future")
    asyncio.get_running_loop().call_soon(log, "a pass later")
    log("nothing", await asyncio.gather())
    done = asyncio.gather(future, future)
    log("done at once", done.done())
    log("results", await done)


async def gather_leaves_the_siblings_of_a_failure_running(log):
    tasks = [
        asyncio.create_task(_after(log, 2, "a")),
        asyncio.create_task(_after(log, 1, "b", Boom("b failed"))),
        asyncio.create_task(_after(log, 3, "c", Boom("c failed"))),
    ]
    try:
        await asyncio.gather(*tasks)
    except Boom as error:
        log("caught", error)
    log("done", [task.done() for task in tasks])
    await asyncio.sleep(0.005)
    log("done", [task.done() for task in tasks])


async def gather_with_return_exceptions(log):
    cancelled = asyncio.create_task(_after(log, 5, "cancelled"))
    asyncio.get_running_loop().call_later(0.0005, cancelled.cancel, "message")
    results = await asyncio.gather(
        _after(log, 2, "a"), _after(log, 1, "b", Boom("b failed")), cancelled, return_exceptions=True
    )
    log("results", results)


async def gather_of_a_cancelled_child(log):
    child = asyncio.create_task(_after(log, 5, "child"))
    gathered = asyncio.gather(child, _after(log, 1, "other"))
    await asyncio.sleep(0)
    child.cancel("child")
    await asyncio.wait([gathered])
    log("cancelled", gathered.cancelled())
    log("exception", gathered.exception())
    await asyncio.sleep(0.002)


async def gather_cancelled_by_its_waiter(log):
    async def waiter():
        try:
            return await asyncio.gather(_after(log, 2, "a"), _after(log, 1, "b"))
        except asyncio.CancelledError as error:
            log("waiter", error)
            raise

    task = asyncio.create_task(waiter())
    await asyncio.sleep(0.0005)
    task.cancel("all of you")
    try:
        await task
    except asyncio.CancelledError as error:
        log("main", error)


async def gather_cancelled_with_return_exceptions(log):
    children = [asyncio.create_task(_after(log, delay, f"after {delay}")) for delay in (2, 1)]
    gathered = asyncio.gather(*children, return_exceptions=True)
    await asyncio.sleep(0)
    log("cancel gives", gathered.cancel("gathered"))
    log("done at once", gathered.done())
    try:
        await gathered
    except asyncio.CancelledError as error:
        log("caught", error)
    log("cancelled", [child.cancelled() for child in children])


async def gather_cancelled_too_late(log):
    children = [asyncio.create_task(_after(log, 0, name)) for name in "ab"]
    gathered = asyncio.gather(*children)
    for _ in range(4):
        if all(child.done() for child in children):
            break
        await asyncio.sleep(0)
    log("gathered is done", gathered.done())
    log("cancel gives", gathered.cancel())
    log("results", await gathered)
    log("cancel gives", gathered.cancel())


async def gather_of_a_child_that_refuses(log):
    async def refuse():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError as error:
            log("refuse", error)
        return "refused"

    gathered = asyncio.gather(refuse(), _after(log, 1, "other"))
    await asyncio.sleep(0)
    gathered.cancel("please")
    try:
        log("results", await gathered)
    except asyncio.CancelledError as error:
        log("caught", error)


async def gather_runs_a_duplicate_once(log):
    coroutine = _after(log, 1, "twice")
    log("results", await asyncio.gather(coroutine, _after(log, 0, "once"), coroutine))


async def gather_in_gather(log):
    async def waiter():
        inner = asyncio.gather(_after(log, 3, "a"), _after(log, 1, "b", Boom("b failed")))
        return await asyncio.gather(inner, _after(log, 2, "c"), return_exceptions=True)

    log("results", await waiter())
    task = asyncio.create_task(waiter())
    await asyncio.sleep(0.0005)
    task.cancel("deep")
    try:
        await task
    except asyncio.CancelledError as error:
        log("caught", error)


async def wait_for_all(log):
    tasks = [asyncio.create_task(_after(log, delay, f"after {delay}")) for delay in (2, 1, 3)]
    done, pending = await asyncio.wait(tasks)
    log("done", [task.result() for task in done])
    log("pending", len(pending))
    asyncio.get_running_loop().call_soon(log, "a pass later")
    done, _ = await asyncio.wait(tasks)
    log("again", len(done))


async def wait_for_the_first(log):
    tasks = [asyncio.create_task(_after(log, delay, f"after {delay}")) for delay in (3, 0, 0, 1)]
    while tasks:
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        log("done", [task.result() for task in done])
        tasks = [task for task in tasks if task in pending]


async def wait_for_the_first_exception(log):
    tasks = [
        asyncio.create_task(_after(log, 1, "cancelled")),
        asyncio.create_task(_after(log, 2, "ends")),
        asyncio.create_task(_after(log, 3, "fails", Boom("failed"))),
        asyncio.create_task(_after(log, 4, "late")),
    ]
    await asyncio.sleep(0)
    tasks[0].cancel()
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    log("done", [tasks.index(task) for task in done])
    log("pending", [tasks.index(task) for task in pending])
    log("exception", tasks[2].exception())
    await asyncio.wait(pending)


async def wait_with_a_timeout(log):
    tasks = [asyncio.create_task(_after(log, delay, f"after {delay}")) for delay in (1, 5)]
    done, pending = await asyncio.wait(tasks, timeout=0.003)
    log("lengths", [len(done), len(pending)])
    log("cancelled", [task.cancelled() for task in pending])
    done, pending = await asyncio.wait(tasks, timeout=1)
    log("lengths", [len(done), len(pending)])
    log("time", log.ms(asyncio.get_running_loop().time()))


async def wait_cancelled(log):
    tasks = [asyncio.create_task(_after(log, 2, "goes on"))]
    waiter = asyncio.create_task(asyncio.wait(tasks, timeout=1))
    await asyncio.sleep(0.001)
    waiter.cancel("waiter")
    try:
        await waiter
    except asyncio.CancelledError as error:
        log("caught", error)
    log("result", await tasks[0])


async def wait_refuses(log):
    future = asyncio.get_running_loop().create_future()
    coroutine = _after(log, 0, "never")
    for awaitables, options in (
        ([], {}),
        ([future], {"return_when": "SOMETIME"}),
        ([coroutine], {}),
        (future, {}),
    ):
        try:
            await asyncio.wait(awaitables, **options)
        except (ValueError, TypeError) as error:
            log("refused", type(error).__name__)
    coroutine.close()


async def shield_passes_the_outcome_on(log):
    log("result", await asyncio.shield(_after(log, 1, "inner")))
    try:
        await asyncio.shield(_after(log, 1, "fails", Boom("failed")))
    except Boom as error:
        log("caught", error)
    inner = asyncio.create_task(_after(log, 1, "cancelled"))
    outer = asyncio.shield(inner)
    await asyncio.sleep(0)
    inner.cancel("inner")
    await asyncio.wait([outer])
    log("outer cancelled", outer.cancelled())
    done = asyncio.get_running_loop().create_future()
    done.set_result(1)
    log("what is done comes back itself", asyncio.shield(done) is done)


async def shield_keeps_the_cancel_away(log):
    inner = asyncio.create_task(_after(log, 3, "inner"))

    async def waiter():
        try:
            await asyncio.shield(inner)
        except asyncio.CancelledError as error:
            log("waiter", error)
            raise

    task = asyncio.create_task(waiter())
    await asyncio.sleep(0.001)
    task.cancel("shielded")
    await asyncio.wait([task])
    log("states", [task.cancelled(), inner.done()])
    log("result", await inner)


async def shield_cancelled_in_the_pass_in_which_inner_ends(log):
    future = asyncio.get_running_loop().create_future()

    async def waiter():
        try:
            log("waiter", await asyncio.shield(future))
        except asyncio.CancelledError as error:
            log("waiter", error)

    task = asyncio.create_task(waiter())
    await asyncio.sleep(0)
    future.set_result("value")
    task.cancel("at the same time")
    await task
    log("future", future.result())


async def as_completed_in_order_of_completion(log):
    for coroutine in asyncio.as_completed([_after(log, 3, "a"), _after(log, 1, "b"), _after(log, 2, "c")]):
        log("next", await coroutine)


async def as_completed_of_what_is_done(log):
    async def quick(name):
        return name

    tasks = [asyncio.create_task(quick(name)) for name in "abc"]
    await asyncio.sleep(0)
    for coroutine in asyncio.as_completed(tasks):
        log("next", await coroutine)


async def as_completed_with_errors_and_a_timeout(log):
    awaitables = [
        _after(log, 1, "a", Boom("a failed")),
        _after(log, 2, "b"),
        _after(log, 50, "c"),
        _after(log, 60, "d"),
    ]
    for coroutine in asyncio.as_completed(awaitables, timeout=0.01):
        try:
            log("next", await coroutine)
        except (Boom, TimeoutError) as error:
            log("error", error)


async def as_completed_awaited_out_of_order(log):
    first, second, third = asyncio.as_completed([_after(log, delay, f"after {delay}") for delay in (3, 1, 2)])
    log("third", await third)
    log("first", await first)
    log("second", await second)


async def as_completed_gives_the_futures(log):
    tasks = {asyncio.create_task(_after(log, delay, f"after {delay}")): delay for delay in (3, 0, 0.5, 2)}
    async for task in asyncio.as_completed(tasks):
        log("task", [tasks[task], task.done()])
        log("result", await task)


async def as_completed_async_with_a_timeout(log):
    tasks = [asyncio.create_task(_after(log, delay, f"after {delay}")) for delay in (3, 1, 20)]
    try:
        async for task in asyncio.as_completed(tasks, timeout=0.005):
            log("task", tasks.index(task))
    except TimeoutError as error:
        log("caught", error)
    log("done", [task.done() for task in tasks])
