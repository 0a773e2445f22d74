"""Callbacks and timers of the loop."""

import asyncio
import contextvars

variable = contextvars.ContextVar("variable", default="unset")


async def call_soon_is_fifo_and_waits_for_the_next_pass(log):
    loop = asyncio.get_running_loop()

    def again(name, left):
        log(name)
        if left > 0:
            loop.call_soon(again, f"{name}'", left - 1)

    for name in "abc":
        loop.call_soon(again, name, 2)
    for _ in range(5):
        log("main")
        await asyncio.sleep(0)


async def timers_fire_behind_what_is_ready(log):
    loop = asyncio.get_running_loop()
    loop.call_later(-1, log, "timer of -1")
    loop.call_later(-2, log, "timer of -2")
    loop.call_later(0.003, log, "timer of 3 ms")
    loop.call_soon(log, "soon")
    await asyncio.sleep(0)
    log("main after sleep(0)")
    await asyncio.sleep(0.002)
    log("main after 2 ms")
    await asyncio.sleep(0.002)
    log("main after 4 ms")


async def a_timer_of_a_timer_waits_for_the_next_pass(log):
    loop = asyncio.get_running_loop()

    def first():
        log("first")
        loop.call_at(loop.time() - 1, log, "in the past")
        loop.call_soon(log, "soon of first")

    loop.call_later(0.001, first)
    loop.call_later(0.001001, log, "a microsecond later")
    await asyncio.sleep(0.002)
    log("main")


async def a_handle_cancelled_in_its_own_batch_is_skipped(log):
    loop = asyncio.get_running_loop()
    handles = []

    def first():
        log("first")
        handles[0].cancel()
        handles[0].cancel()
        handles[1].cancel()

    loop.call_soon(first)
    handles.append(loop.call_soon(log, "second"))
    handles.append(loop.call_later(0.001, log, "timer"))
    loop.call_soon(log, "third")
    await asyncio.sleep(0)
    log("cancelled", [handle.cancelled() for handle in handles])
    await asyncio.sleep(0.002)
    log("main")


async def many_cancelled_timers_leave_the_others_in_order(log):
    loop = asyncio.get_running_loop()
    handles = [loop.call_later((i * 37 % 300 + 1) / 1000, log, "timer", i * 37 % 300) for i in range(300)]
    for i, handle in enumerate(handles):
        if i % 25:
            handle.cancel()
    await asyncio.sleep(0.5)
    log("main")


async def callbacks_run_in_the_context_of_their_call(log):
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def show(name):
        log(name, variable.get())
        variable.set(f"set by {name}")

    def done(_future):
        show("done callback")

    variable.set("one")
    loop.call_soon(show, "soon")
    future.add_done_callback(done)
    variable.set("two")
    loop.call_later(0.001, show, "later")
    other = contextvars.copy_context()
    other.run(variable.set, "three")
    future.add_done_callback(done, context=other)
    variable.set("four")
    future.set_result(None)
    await asyncio.sleep(0.002)
    log("main", variable.get())
    log("other", other.run(variable.get))


async def call_at_takes_the_time_of_the_loop(log):
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.25)
    log("time", log.ms(loop.time()))
    handle = loop.call_at(1, lambda: log("at one second", log.ms(loop.time())))
    log("when", log.ms(handle.when()))
    await asyncio.sleep(1)
    log("time", log.ms(loop.time()))


async def callbacks_that_wake_tasks_interleave_with_others(log):
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(3)]

    async def waiter(number):
        log("waits", number)
        await futures[number]
        log("woken", number)
        await asyncio.sleep(0)
        log("again", number)

    tasks = [asyncio.create_task(waiter(number)) for number in range(3)]
    await asyncio.sleep(0)
    loop.call_soon(log, "before")
    futures[2].set_result(None)
    loop.call_soon(log, "between")
    futures[0].set_result(None)
    loop.call_soon(futures[1].set_result, None)
    loop.call_soon(log, "after")
    for task in tasks:
        await task
        log("awaited")
