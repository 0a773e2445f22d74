"""Cancellation of a task in each of its states."""

import asyncio


async def cancel_before_the_first_step(log):
    async def never():
        log("never: runs")
        try:
            await asyncio.sleep(1)
        finally:
            log("never: finally")

    task = asyncio.create_task(never())
    log("cancel gives", task.cancel("early"))
    log("cancelling", task.cancelling())
    try:
        await task
    except asyncio.CancelledError as error:
        log("caught", error)
    log("cancelled", task.cancelled())
    log("cancel of a done task gives", task.cancel())


async def cancel_while_waiting(log):
    async def waiter():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError as error:
            log("waiter: caught", error)
            await asyncio.sleep(0.25)
            log("waiter: cleaned up")
            raise

    task = asyncio.create_task(waiter())
    task.add_done_callback(lambda task: log("done callback", task.cancelled()))
    await asyncio.sleep(0.5)
    task.cancel("late")
    log("done at once", task.done())
    try:
        await task
    except asyncio.CancelledError as error:
        log("main: caught", error)


async def cancel_through_a_chain_of_tasks(log):
    async def inner():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            log("inner: finally")

    async def middle():
        try:
            await asyncio.create_task(inner())
        finally:
            log("middle: finally")

    async def outer():
        try:
            await asyncio.create_task(middle())
        finally:
            log("outer: finally")

    task = asyncio.create_task(outer())
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel("chain")
    for _ in range(4):
        log("done", task.done())
        await asyncio.sleep(0)
    try:
        await task
    except asyncio.CancelledError as error:
        log("caught", error)


async def cancel_while_ready(log):
    future = asyncio.get_running_loop().create_future()

    async def waiter():
        try:
            log("waiter: got", await future)
        except asyncio.CancelledError as error:
            log("waiter: caught", error)
            raise

    task = asyncio.create_task(waiter())
    await asyncio.sleep(0)
    future.set_result("value")
    log("cancel gives", task.cancel("too late for the future"))
    log("future", future.result())
    try:
        await task
    except asyncio.CancelledError as error:
        log("main: caught", error)


async def cancel_of_a_yielding_task(log):
    async def spin():
        try:
            for step in range(5):
                log("spin", step)
                await asyncio.sleep(0)
        finally:
            log("spin: finally")

    task = asyncio.create_task(spin())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    log("cancelled at once", task.cancelled())
    await asyncio.sleep(0)
    log("cancelled a pass later", task.cancelled())


async def self_cancel_meets_the_next_await(log):
    async def work():
        asyncio.current_task().cancel("self")
        log("goes on")
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError as error:
            log("caught", error)
            raise

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    log("cancelled", task.cancelled())


async def self_cancel_before_the_end_discards_the_result(log):
    async def work():
        asyncio.current_task().cancel("at the end")
        return "lost"

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    log("cancelled", task.cancelled())
    try:
        task.result()
    except asyncio.CancelledError as error:
        log("result", error)


async def self_cancel_before_an_error_keeps_the_error(log):
    async def work():
        asyncio.current_task().cancel()
        raise ValueError("kept")

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    log("cancelled", task.cancelled())
    log("exception", task.exception())


async def self_cancel_cancels_what_is_awaited_next(log):
    async def inner():
        try:
            await asyncio.sleep(1)
        finally:
            log("inner: finally")

    async def work(task):
        asyncio.current_task().cancel("passed on")
        await task

    inner_task = asyncio.create_task(inner())
    await asyncio.sleep(0)
    task = asyncio.create_task(work(inner_task))
    await asyncio.wait([task])
    log("cancelled", [task.cancelled(), inner_task.cancelled()])
    try:
        await inner_task
    except asyncio.CancelledError as error:
        log("inner", error)


async def two_cancels_in_one_pass(log):
    async def work():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError as error:
            log("first", error)
        try:
            await asyncio.sleep(0.5)
            log("slept")
        except asyncio.CancelledError as error:
            log("second", error)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    log("cancel gives", [task.cancel("one"), task.cancel("two")])
    log("cancelling", task.cancelling())
    await task
    log("done", task.cancelled())


async def a_second_cancel_reaches_the_cleanup(log):
    async def work():
        try:
            await asyncio.sleep(1)
        finally:
            log("cleanup begins")
            try:
                await asyncio.sleep(0.5)
            except asyncio.CancelledError as error:
                log("cleanup: caught", error)
                raise
            finally:
                log("cleanup ends")

    task = asyncio.create_task(work())
    await asyncio.sleep(0.1)
    task.cancel("one")
    await asyncio.sleep(0.2)
    task.cancel("two")
    log("cancelling", task.cancelling())
    try:
        await task
    except asyncio.CancelledError as error:
        log("caught", error)


async def messages_of_any_type(log):
    async def wait():
        await asyncio.get_running_loop().create_future()

    for message in (None, "text", 7, ("a", "pair")):
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel(message)
        try:
            await task
        except asyncio.CancelledError as error:
            log("args", list(error.args))


async def the_error_is_handed_out_once(log):
    async def wait():
        await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(wait())
    future = asyncio.get_running_loop().create_future()
    await asyncio.sleep(0)
    task.cancel("message")
    future.cancel("message")
    await asyncio.sleep(0)
    for name, one in (("task", task), ("future", future)):
        for _ in range(2):
            try:
                one.result()
            except asyncio.CancelledError as error:
                log(name, error)
            try:
                one.exception()
            except asyncio.CancelledError as error:
                log(name, error)
            try:
                await one
            except asyncio.CancelledError as error:
                log(name, error)


async def a_swallowed_cancel_stays_counted(log):
    async def stubborn():
        for _ in range(2):
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError as error:
                log("swallowed", error)
                log("cancelling", asyncio.current_task().cancelling())
        log("uncancel", asyncio.current_task().uncancel())
        log("uncancel", asyncio.current_task().uncancel())
        log("uncancel", asyncio.current_task().uncancel())
        await asyncio.sleep(0.5)
        return "survived"

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0.1)
    task.cancel("one")
    await asyncio.sleep(0.2)
    task.cancel("two")
    log("result", await task)
    log("cancelling", task.cancelling())


async def uncancel_to_zero_disarms(log):
    future = asyncio.get_running_loop().create_future()

    async def work():
        log("got", await future)
        return "undisturbed"

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    future.set_result("value")
    task.cancel()
    task.cancel()
    log("uncancel", task.uncancel())
    log("uncancel", task.uncancel())
    log("result", await task)


async def cancel_of_the_awaited_future(log):
    future = asyncio.get_running_loop().create_future()

    async def work():
        await future

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    future.cancel("inner")
    log("cancelling", task.cancelling())
    try:
        await task
    except asyncio.CancelledError as error:
        log("caught", error)
    log("cancelled", task.cancelled())


async def cancel_turned_into_an_error(log):
    async def work():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            raise ValueError("instead")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    log("cancelled", task.cancelled())
    log("exception", task.exception())
    log("cancelling", task.cancelling())


async def a_raised_cancelled_error_cancels(log):
    async def work():
        raise asyncio.CancelledError("raised", "twice")

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    log("cancelled", task.cancelled())
    log("cancelling", task.cancelling())
    try:
        await task
    except asyncio.CancelledError as error:
        log("args", list(error.args))


async def cancel_from_a_done_callback(log):
    async def first():
        await asyncio.sleep(0.1)

    async def second():
        try:
            await asyncio.sleep(1)
        finally:
            log("second: finally")

    one = asyncio.create_task(first())
    two = asyncio.create_task(second())
    one.add_done_callback(lambda _task: log("cancel gives", two.cancel("from a callback")))
    try:
        await two
    except asyncio.CancelledError as error:
        log("caught", error)


async def cancel_of_a_task_that_awaits_a_done_task(log):
    async def quick():
        return "quick"

    async def waiter(task):
        try:
            log("waiter: got", await task)
        except asyncio.CancelledError as error:
            log("waiter: caught", error)
            raise

    inner = asyncio.create_task(quick())
    outer = asyncio.create_task(waiter(inner))
    await asyncio.sleep(0)
    log("inner done", inner.done())
    log("cancel gives", outer.cancel("between"))
    await asyncio.wait([outer])
    log("cancelled", outer.cancelled())


async def canceller_and_cancelled_in_one_batch(log):
    async def victim(name):
        try:
            log(name, "starts")
            await asyncio.sleep(0)
            log(name, "goes on")
            await asyncio.sleep(0)
            log(name, "ends")
        except asyncio.CancelledError:
            log(name, "cancelled")
            raise

    async def canceller():
        log("canceller: starts")
        await asyncio.sleep(0)
        log("cancels", [victim.cancel() for victim in victims])

    victims = [asyncio.create_task(victim("early"))]
    middle = asyncio.create_task(canceller())
    victims.append(asyncio.create_task(victim("late")))
    await asyncio.wait([*victims, middle])
    log("cancelled", [victim.cancelled() for victim in victims])
