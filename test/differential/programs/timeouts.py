"""timeout and wait_for."""

import asyncio

from log import Boom


async def _slow(log, name="slow", delay=1):
    try:
        await asyncio.sleep(delay)
    except asyncio.CancelledError as error:
        log(name, error)
        raise
    log(name, "ends")
    return name


async def _fail():
    raise Boom("failed")


async def a_timeout_that_fires(log):
    try:
        async with asyncio.timeout(0.1) as scope:
            log("when", log.ms(scope.when()))
            await _slow(log)
    except TimeoutError as error:
        log("caught", error)
        log("cause", error.__cause__)
    log("expired", scope.expired())
    log("cancelling", asyncio.current_task().cancelling())
    await asyncio.sleep(0.1)
    log("goes on")


async def a_timeout_that_does_not_fire(log):
    async with asyncio.timeout(0.5) as scope:
        await _slow(log, "quick", 0.1)
    log("expired", scope.expired())
    await asyncio.sleep(1)
    log("goes on")


async def a_timeout_of_zero_or_less(log):
    for delay in (0, -11):
        try:
            async with asyncio.timeout(delay) as scope:
                await asyncio.sleep(0)
                log("one pass")
                await asyncio.sleep(0)
                log("never")
        except TimeoutError as error:
            log("caught", error)
    async with asyncio.timeout(0) as scope:
        log("a body without an await")
    log("expired", scope.expired())
    await asyncio.sleep(0)
    log("goes on")


async def nested_timeouts_the_outer_first(log):
    try:
        async with asyncio.timeout(0.1) as outer:
            try:
                async with asyncio.timeout(0.2) as inner:
                    await _slow(log)
            except asyncio.CancelledError as error:
                log("inner lets through", error)
                raise
    except TimeoutError as error:
        log("caught", error)
    log("expired", [inner.expired(), outer.expired()])


async def nested_timeouts_the_inner_first(log):
    async with asyncio.timeout(0.2) as outer:
        try:
            async with asyncio.timeout(0.1) as inner:
                await _slow(log)
        except TimeoutError as error:
            log("caught", error)
        await _slow(log, "rest", 0.05)
    log("expired", [inner.expired(), outer.expired()])


async def nested_timeouts_in_the_past(log):
    try:
        async with asyncio.timeout(0) as outer:
            async with asyncio.timeout(-1) as inner:
                await _slow(log)
    except TimeoutError as error:
        log("caught", error)
    log("expired", [inner.expired(), outer.expired()])
    log("cancelling", asyncio.current_task().cancelling())


async def a_cancel_from_outside_wins(log):
    async def work(delay):
        try:
            async with asyncio.timeout(0.1) as scope:
                try:
                    await asyncio.sleep(1)
                finally:
                    await asyncio.sleep(delay)
        except TimeoutError as error:
            log("work", error)
        finally:
            log("expired", scope.expired())
            log("cancelling", asyncio.current_task().cancelling())

    for at, cleanup in ((0.05, 0), (0.05, 0.2), (0.15, 0.2)):
        task = asyncio.create_task(work(cleanup))
        await asyncio.sleep(at)
        task.cancel("outside")
        await asyncio.wait([task])
        log("cancelled", task.cancelled())


async def timeout_and_cancel_in_one_pass(log):
    future = asyncio.get_running_loop().create_future()

    async def work():
        try:
            async with asyncio.timeout(0.1) as scope:
                await future
        except TimeoutError as error:
            log("work", error)
        finally:
            log("expired", scope.expired())
            log("cancelling", asyncio.current_task().cancelling())

    task = asyncio.create_task(work())
    # It is told of the timeout's cancel first: in the same pass comes the other one.
    future.add_done_callback(lambda _: task.cancel("outside"))
    await asyncio.wait([task])
    log("cancelled", task.cancelled())


async def a_swallowed_timeout_raises_nothing(log):
    async with asyncio.timeout(0.1) as scope:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError as error:
            log("swallowed", error)
        log("cancelling", asyncio.current_task().cancelling())
        await asyncio.sleep(0.5)
    log("expired", scope.expired())
    log("cancelling", asyncio.current_task().cancelling())


async def an_error_in_the_block_stays(log):
    try:
        async with asyncio.timeout(0.1) as scope:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                raise Boom("in the cleanup")
    except Boom as error:
        log("caught", error)
    log("expired", scope.expired())
    log("cancelling", asyncio.current_task().cancelling())


async def reschedule_moves_the_deadline(log):
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(0.1) as scope:
        scope.reschedule(loop.time() + 0.5)
        await asyncio.sleep(0.3)
        scope.reschedule(None)
        log("when", scope.when())
        await asyncio.sleep(0.7)
    try:
        async with asyncio.timeout(None) as scope:
            await asyncio.sleep(0.1)
            scope.reschedule(loop.time() + 0.2)
            log("when", log.ms(scope.when()))
            await _slow(log)
    except TimeoutError as error:
        log("caught", error)
    try:
        async with asyncio.timeout_at(loop.time() + 5) as scope:
            scope.reschedule(loop.time() - 1)
            await _slow(log)
    except TimeoutError as error:
        log("caught", error)


async def reschedule_in_other_states(log):
    def attempt():
        try:
            scope.reschedule(7)
        except RuntimeError as error:
            log("refused", error)

    scope = asyncio.timeout(0.1)
    attempt()
    try:
        async with scope:
            try:
                await asyncio.sleep(1)
            finally:
                attempt()
    except TimeoutError:
        attempt()
    scope = asyncio.timeout(0.1)
    async with scope:
        pass
    attempt()
    try:
        async with scope:
            log("never")
    except RuntimeError as error:
        log("refused", error)


async def a_timeout_around_a_group(log):
    try:
        async with asyncio.timeout(0.1):
            async with asyncio.TaskGroup() as group:
                group.create_task(_slow(log, "child"))
                await _slow(log, "body")
    except TimeoutError as error:
        log("caught", error)


async def wait_for_in_time(log):
    log("result", await asyncio.wait_for(_slow(log, "quick", 0.1), 0.5))
    log("no limit", await asyncio.wait_for(_slow(log, "slow", 2), None))
    task = asyncio.create_task(_slow(log, "task", 0.1))
    log("task", await asyncio.wait_for(task, 0.5))
    try:
        await asyncio.wait_for(asyncio.create_task(_fail()), 0.5)
    except Boom as error:
        log("caught", error)


async def wait_for_too_late(log):
    task = asyncio.create_task(_slow(log))
    try:
        await asyncio.wait_for(task, 0.1)
    except TimeoutError as error:
        log("caught", error)
        log("cause", error.__cause__)
    log("cancelled", task.cancelled())


async def wait_for_waits_for_the_cleanup(log):
    async def cleanup(how):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            log("cleanup begins")
            await asyncio.sleep(0.5)
            log("cleanup ends")
            if how == "fails":
                raise Boom("in the cleanup")
            if how == "cancels":
                raise
        return "suppressed"

    for how in ("fails", "cancels", "returns"):
        for make in (cleanup, lambda how: asyncio.create_task(cleanup(how))):
            try:
                log("result", await asyncio.wait_for(make(how), 0.1))
            except (Boom, TimeoutError) as error:
                log("caught", error)


async def wait_for_at_once(log):
    async def never():
        log("never")

    done = asyncio.get_running_loop().create_future()
    done.set_result("done")
    asyncio.get_running_loop().call_soon(log, "a pass later")
    log("result", await asyncio.wait_for(done, 0))
    failed = asyncio.get_running_loop().create_future()
    failed.set_exception(Boom("failed"))
    pending = asyncio.create_task(_slow(log))
    await asyncio.sleep(0)
    for awaitable in (failed, pending, never()):
        try:
            await asyncio.wait_for(awaitable, 0)
        except (Boom, TimeoutError) as error:
            log("caught", error)
            log("cause", error.__cause__)


async def wait_for_cancelled_from_outside(log):
    async def waiter():
        try:
            await asyncio.wait_for(inner, 1)
        except asyncio.CancelledError as error:
            log("waiter", error)
            raise

    inner = asyncio.create_task(_slow(log))
    task = asyncio.create_task(waiter())
    await asyncio.sleep(0.1)
    task.cancel("outside")
    await asyncio.wait([task])
    log("cancelled", [task.cancelled(), inner.cancelled()])


async def wait_for_cancelled_as_the_inner_ends(log):
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(asyncio.wait_for(future, 1))
    await asyncio.sleep(0)
    future.set_result("kept")
    task.cancel("at the same time")
    await asyncio.wait([task])
    log("cancelled", task.cancelled())
    log("result", future.result())


async def wait_for_a_shield(log):
    task = asyncio.create_task(_slow(log, "task", 0.5))
    try:
        await asyncio.wait_for(asyncio.shield(task), 0.1)
    except TimeoutError as error:
        log("caught", error)
    log("result", await task)


async def wait_for_in_wait_for(log):
    async def inner():
        try:
            return await asyncio.wait_for(_slow(log), 0.2)
        except TimeoutError as error:
            log("inner", error)
            return "late"
        except asyncio.CancelledError as error:
            log("inner", error)
            raise

    for limit in (0.1, 0.3):
        try:
            log("result", await asyncio.wait_for(inner(), limit))
        except TimeoutError as error:
            log("caught", error)
