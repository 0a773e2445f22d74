"""Errors of callbacks, exception handlers, and what `run` does at the end."""

import asyncio
import contextvars

from log import Boom

variable = contextvars.ContextVar("variable", default="unset")


class Unusual(BaseException):
    """Neither an ordinary error nor one that leaves the loop."""


async def an_error_of_a_callback_stops_nothing(log):
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def fail(*_args):
        log("fail")
        raise Boom("in a callback")

    loop.call_soon(fail)
    loop.call_soon(log, "behind")
    loop.call_later(0.001, fail)
    future.add_done_callback(fail)
    future.add_done_callback(lambda _: log("second done callback"))
    future.set_result(None)
    await asyncio.sleep(0.002)
    log("main")


async def errors_outside_exception_are_contained_too(log):
    loop = asyncio.get_running_loop()

    def fail():
        raise Unusual("in a callback")

    def cancelled():
        raise asyncio.CancelledError("in a callback")

    async def work():
        raise Unusual("in a task")

    loop.call_soon(fail)
    loop.call_soon(cancelled)
    task = asyncio.create_task(work())
    await asyncio.wait([task])
    log("exception", task.exception())
    try:
        await task
    except Unusual as error:
        log("caught", error)


async def a_failing_handler_is_demoted(log):
    loop = asyncio.get_running_loop()

    def handler(_loop, context):
        log("handler", sorted(context))
        raise Boom("in the handler")

    def default(context):
        log("default", [context["message"], sorted(context), sorted(context["context"])])
        log("default", context["exception"])

    loop.set_exception_handler(handler)
    loop.default_exception_handler = default
    loop.call_exception_handler({"message": "by hand", "exception": Boom("original")})
    await asyncio.sleep(0)
    log("main")


async def without_a_handler_the_default_is_called(log):
    loop = asyncio.get_running_loop()
    log("is set", loop.get_exception_handler() is not None)
    loop.set_exception_handler(None)
    loop.default_exception_handler = lambda context: log("default", [context["message"], context["other"]])
    loop.call_exception_handler({"message": "by hand", "other": 7})
    log("is set", loop.get_exception_handler() is not None)


async def a_handler_sees_the_context_of_what_failed(log):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _context: log("handler", variable.get()))

    def fail():
        variable.set("set by the callback")
        raise Boom

    variable.set("when it was queued")
    loop.call_soon(fail)
    variable.set("later")
    await asyncio.sleep(0)
    log("main", variable.get())


async def left_over_tasks_are_cancelled_together(log):
    async def work(name, cleanup):
        try:
            log(name, "starts")
            await asyncio.sleep(10)
        finally:
            log(name, "cancelled")
            await asyncio.sleep(cleanup)
            log(name, "cleaned up")

    for name, cleanup in (("a", 0.3), ("b", 0.1), ("c", 0.2)):
        asyncio.create_task(work(name, cleanup))
    await asyncio.sleep(0)
    asyncio.create_task(work("never starts", 1))
    return "result"


async def errors_of_left_over_tasks_are_reported(log):
    async def work(name):
        try:
            await asyncio.sleep(10)
        finally:
            log(name, "cancelled")
            raise Boom(name)

    async def refuse():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            log("refuses")
        await asyncio.sleep(0.5)
        log("ends by itself")

    for name in "ab":
        asyncio.create_task(work(name))
    asyncio.create_task(refuse())
    await asyncio.sleep(0)
    raise Boom("of main")


async def left_over_tasks_may_make_tasks(log):
    async def late():
        log("late: starts")
        await asyncio.sleep(0)
        log("late: ends")

    async def work():
        try:
            await asyncio.sleep(10)
        finally:
            log("cancelled")
            await asyncio.create_task(late())
            log("waited for the late one")

    asyncio.create_task(work())
    await asyncio.sleep(0)


async def main_cancelled_by_itself(log):
    async def work():
        try:
            await asyncio.sleep(10)
        finally:
            log("work: finally")

    asyncio.create_task(work())
    await asyncio.sleep(0)
    asyncio.current_task().cancel("gone")
    await asyncio.sleep(1)


def a_runner_keeps_loop_and_context(log):
    async def first():
        variable.set("set in the first run")
        asyncio.create_task(between())
        await asyncio.sleep(0)
        return "first"

    async def between():
        log("between: starts")
        try:
            await asyncio.sleep(0)
            log("between: goes on in the second run")
            await asyncio.sleep(10)
        finally:
            log("between: finally")

    async def second():
        log("variable", variable.get())
        await asyncio.sleep(0.5)
        return "second"

    with asyncio.Runner(loop_factory=log.new_loop) as runner:
        log("result", runner.run(first()))
        log("outside", variable.get())
        log("result", runner.run(second()))
        log("own context", runner.run(second(), context=contextvars.Context()))
    try:
        runner.get_loop()
    except RuntimeError as error:
        log("refused", error)


async def a_run_inside_a_run_is_refused(log):
    async def inner():
        log("never")

    coroutine = inner()
    try:
        asyncio.run(coroutine)
    except RuntimeError as error:
        log("refused", error)
    coroutine.close()
