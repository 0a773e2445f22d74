"""Running, stopping and closing a loop by hand."""

import asyncio

from log import Boom


def stop_before_run_forever_gives_one_pass(log):
    loop = log.new_loop()
    loop.call_soon(log, "first")
    loop.call_soon(lambda: loop.call_soon(log, "second"))
    loop.stop()
    loop.run_forever()
    log("stopped")
    loop.stop()
    loop.run_forever()
    log("stopped again")
    loop.close()


def stop_lets_the_batch_finish(log):
    loop = log.new_loop()

    def stop():
        log("stop")
        loop.stop()
        loop.call_soon(log, "after the stop, in the next run")

    loop.call_soon(log, "before")
    loop.call_soon(stop)
    loop.call_soon(log, "behind, in the same batch")
    loop.call_later(0.001, log, "timer")
    loop.run_forever()
    log("stopped")
    loop.call_later(0.002, loop.stop)
    loop.run_forever()
    log("stopped again")
    loop.close()


def stop_in_the_middle_of_a_task(log):
    loop = log.new_loop()

    async def work():
        log("work: one")
        await asyncio.sleep(0)
        log("work: two")
        loop.stop()
        await asyncio.sleep(0)
        log("work: three")
        await asyncio.sleep(0.5)
        log("work: four")
        return "result"

    task = loop.create_task(work())
    try:
        loop.run_until_complete(task)
    except RuntimeError as error:
        log("caught", error)
    log("done", task.done())
    log("result", loop.run_until_complete(task))
    log("result of a done task", loop.run_until_complete(task))
    loop.close()


def run_until_complete_takes_futures_and_coroutines(log):
    loop = log.new_loop()

    async def work():
        log("work")
        return 7

    async def fail():
        raise Boom("failed")

    log("result", loop.run_until_complete(work()))
    future = loop.create_future()
    loop.call_later(0.002, future.set_result, "later")
    log("result", loop.run_until_complete(future))
    try:
        loop.run_until_complete(fail())
    except Boom as error:
        log("caught", error)
    cancelled = loop.create_future()
    cancelled.cancel("gone")
    try:
        loop.run_until_complete(cancelled)
    except asyncio.CancelledError as error:
        log("caught", error)
    loop.close()


def an_interrupt_leaves_the_loop_at_once(log):
    loop = log.new_loop()

    def interrupt():
        log("interrupt")
        raise KeyboardInterrupt("from a callback")

    loop.call_soon(log, "before")
    loop.call_soon(interrupt)
    loop.call_soon(log, "behind")
    try:
        loop.run_forever()
    except KeyboardInterrupt as error:
        log("caught", error)
    log("running", loop.is_running())
    loop.call_soon(log, "new")
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()


def an_exit_of_a_task_is_stored_too(log):
    loop = log.new_loop()

    async def leave():
        await asyncio.sleep(0.001)
        log("leave")
        raise SystemExit("out")

    async def other():
        try:
            await asyncio.sleep(0.002)
            log("other: slept")
        finally:
            log("other: finally")

    leaving = loop.create_task(leave())
    staying = loop.create_task(other())
    try:
        loop.run_until_complete(staying)
    except SystemExit as error:
        log("caught", error)
    log("states", [leaving.done(), staying.done()])
    log("exception", leaving.exception())
    loop.run_until_complete(staying)
    loop.close()


def an_interrupt_of_the_main_task(log):
    loop = log.new_loop()

    async def interrupt():
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    try:
        loop.run_until_complete(interrupt())
    except KeyboardInterrupt as error:
        log("caught", error)
    # No stop is left over from it.
    loop.call_soon(log, "still running")
    loop.call_later(0.001, loop.stop)
    loop.run_forever()
    log("stopped")
    loop.close()


def a_closed_loop_refuses(log):
    loop = log.new_loop()
    loop.call_soon(log, "never")
    loop.call_later(0.001, log, "never")
    log("closed", loop.is_closed())
    loop.close()
    loop.close()
    log("closed", loop.is_closed())
    for call in (
        lambda: loop.call_soon(log),
        lambda: loop.call_later(0, log),
        lambda: loop.call_at(0, log),
        lambda: loop.call_soon_threadsafe(log),
        lambda: loop.run_forever(),
    ):
        try:
            call()
        except RuntimeError as error:
            log("refused", error)


async def a_running_loop_refuses_to_run_or_close(log):
    loop = asyncio.get_running_loop()
    log("running", loop.is_running())
    for call in (loop.close, lambda: loop.run_until_complete(loop.create_future())):
        try:
            call()
        except RuntimeError as error:
            log("refused", error)


def two_loops_take_turns(log):
    first = log.new_loop()

    async def work(name):
        for step in range(2):
            log(name, step)
            await asyncio.sleep(0.001)
        return name

    log("result", first.run_until_complete(work("first")))
    second = log.new_loop()
    log("result", second.run_until_complete(work("second")))
    first.close()
    second.close()
