"""Steps, awaits, done callbacks and contexts of tasks and futures."""

import asyncio
import contextvars

from log import Boom

variable = contextvars.ContextVar("variable", default="unset")


async def nested_awaits_cost_no_pass(log):
    async def depth(left):
        log("down", left)
        if left > 0:
            await depth(left - 1)
        else:
            await asyncio.sleep(0)
        log("up", left)
        return left

    log("result", await depth(3))


async def awaiting_what_is_done_does_not_yield(log):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.set_result("value")
    loop.call_soon(log, "a pass later")
    log("future", await future)

    async def work():
        return "work"

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    loop.call_soon(log, "another pass later")
    log("task", await task)
    log("coroutine", await work())


async def a_fresh_task_takes_two_passes(log):
    async def step():
        log("step")
        return 1

    log("before")
    log("result", await asyncio.create_task(step()))
    log("result", await asyncio.create_task(step()))


async def a_waiter_resumes_between_the_callbacks_around_it(log):
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    async def waiter():
        future.add_done_callback(lambda _: log("callback before the await"))
        log("waiter: got", await future)

    task = asyncio.create_task(waiter())
    future.add_done_callback(lambda _: log("first callback"))
    await asyncio.sleep(0)
    future.add_done_callback(lambda _: log("callback after the await"))
    future.set_result(1)
    log("main goes on")
    future.add_done_callback(lambda _: log("callback of a done future"))
    await task


async def removed_done_callbacks_are_not_called(log):
    future = asyncio.get_running_loop().create_future()

    def twice(_future):
        log("twice")

    def kept(_future):
        log("kept")
        log("too late to remove", future.remove_done_callback(last))

    def last(_future):
        log("last")

    future.add_done_callback(twice)
    future.add_done_callback(kept)
    future.add_done_callback(twice)
    future.add_done_callback(last)
    log("removed", future.remove_done_callback(twice))
    log("removed", future.remove_done_callback(twice))
    future.set_result(None)
    await asyncio.sleep(0)


async def done_callbacks_that_add_callbacks(log):
    future = asyncio.get_running_loop().create_future()

    def first(_future):
        log("first")
        future.add_done_callback(lambda _: log("added by first"))

    future.add_done_callback(first)
    future.add_done_callback(lambda _: log("second"))
    future.set_result(None)
    await asyncio.sleep(0)
    log("main")
    await asyncio.sleep(0)
    log("main")


async def sleep_zero_takes_turns(log):
    async def work(name, steps):
        for step in range(steps):
            log(name, step)
            await asyncio.sleep(0)
        log(name, "ends")

    tasks = [asyncio.create_task(work(name, steps)) for name, steps in (("a", 3), ("b", 1), ("c", 2))]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(work("d", 1)))
    for task in tasks:
        await task
        log("awaited", task.done())


async def sleeps_end_in_order_of_their_time(log):
    async def work(delay):
        log(f"{delay} ms:", await asyncio.sleep(delay / 1000, f"result {delay}"))

    tasks = [asyncio.create_task(work(delay)) for delay in (30, 10, 40, 20, 15, -1)]
    for task in tasks:
        await task
    log("main")


async def awaiting_itself_is_an_error(log):
    async def work():
        try:
            await asyncio.current_task()
        except RuntimeError as error:
            log("caught", error)

    await asyncio.create_task(work())


async def states_that_do_not_allow_it(log):
    future = asyncio.get_running_loop().create_future()
    for ask in (future.result, future.exception):
        try:
            ask()
        except asyncio.InvalidStateError as error:
            log("refused", error)
    future.set_result(1)
    for change in (lambda: future.set_result(2), lambda: future.set_exception(Boom("late"))):
        try:
            change()
        except asyncio.InvalidStateError:
            log("refused")
    log("cancel gives", future.cancel())
    log("result", future.result())
    log("exception", future.exception())

    async def work():
        return 3

    task = asyncio.create_task(work())
    for change in (lambda: task.set_result(2), lambda: task.set_exception(Boom("late"))):
        try:
            change()
        except RuntimeError as error:
            log("refused", error)
    log("result", await task)


async def an_error_goes_to_everyone_who_awaits(log):
    async def fail():
        await asyncio.sleep(0)
        raise Boom("failed")

    async def waiter(name):
        try:
            await task
        except Boom as error:
            log(name, error)

    task = asyncio.create_task(fail())
    waiters = [asyncio.create_task(waiter(name)) for name in ("one", "two")]
    for one in waiters:
        await one
    await waiter("late")


async def an_error_climbs_a_chain_of_tasks(log):
    async def fail():
        raise Boom("deep")

    async def climb(level):
        try:
            if level == 0:
                await asyncio.create_task(fail())
            else:
                await asyncio.create_task(climb(level - 1))
        finally:
            log("leaves level", level)

    try:
        await climb(2)
    except Boom as error:
        log("caught", error)


async def tasks_copy_the_context_of_their_creator(log):
    async def work(name):
        log(name, variable.get())
        variable.set(f"set by {name}")
        await asyncio.sleep(0)
        log(name, variable.get())

    variable.set("one")
    first = asyncio.create_task(work("first"))
    variable.set("two")
    second = asyncio.create_task(work("second"))
    shared = contextvars.copy_context()
    third = asyncio.create_task(work("third"), context=shared)
    fourth = asyncio.create_task(work("fourth"), context=shared)
    variable.set("three")
    for task in (first, second, third, fourth):
        await task
    log("main", variable.get())
    log("shared", shared.run(variable.get))


async def a_task_knows_itself_and_the_others(log):
    async def work():
        log("current", asyncio.current_task().get_name())
        await asyncio.sleep(0)
        log("all", [task.get_name() for task in asyncio.all_tasks()])

    asyncio.current_task().set_name("main")
    first = asyncio.create_task(work(), name="first")
    second = asyncio.create_task(work(), name="second")
    second.set_name("renamed")
    log("all", [task.get_name() for task in asyncio.all_tasks()])
    await first
    await second
    log("all", [task.get_name() for task in asyncio.all_tasks()])


async def a_bare_future_is_settled_by_anyone(log):
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(3)]

    async def waiter(future):
        try:
            log("got", await future)
        except (Boom, asyncio.CancelledError) as error:
            log("caught", error)

    tasks = [asyncio.create_task(waiter(future)) for future in futures]
    loop.call_later(0.003, futures[0].set_result, "value")
    loop.call_later(0.002, futures[1].set_exception, Boom("set"))
    loop.call_later(0.001, futures[2].cancel, "message")
    for task in tasks:
        await task


async def a_future_wakes_its_waiters_in_order(log):
    future = asyncio.get_running_loop().create_future()

    async def waiter(name):
        log(name, await future)

    tasks = [asyncio.create_task(waiter(name)) for name in "abc"]
    await asyncio.sleep(0)
    late = asyncio.create_task(waiter("late"))
    future.set_result("value")
    for task in (*tasks, late):
        await task


async def tasks_made_in_cleanup(log):
    async def cleanup():
        log("cleanup")
        await asyncio.sleep(0.1)
        log("cleanup done")

    async def work():
        try:
            await asyncio.sleep(1)
        finally:
            await asyncio.create_task(cleanup())
            log("work: finally")

    task = asyncio.create_task(work())
    await asyncio.sleep(0.2)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        log("cancelled")
