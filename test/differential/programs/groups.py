"""TaskGroup."""

import asyncio

from log import Boom


async def _child(log, name, delay=1, error=None):
    try:
        log(name, "starts")
        await asyncio.sleep(delay)
    except asyncio.CancelledError as cancelled:
        log(name, cancelled)
        raise
    log(name, "ends")
    if error is not None:
        raise error
    return name


async def a_group_waits_for_its_tasks(log):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_child(log, f"after {delay}", delay)) for delay in (0.3, 0.1, 0.2)]
        log("body ends")
    log("results", [task.result() for task in tasks])


async def passes_of_small_groups(log):
    async with asyncio.TaskGroup():
        pass
    log("empty")
    async with asyncio.TaskGroup() as group:
        group.create_task(_child(log, "one", 0))
    log("one child")
    async with asyncio.TaskGroup() as group:
        await group.create_task(_child(log, "awaited", 0))
        log("in the body")
    log("awaited child")


async def a_failing_child_cancels_the_others(log):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_child(log, "a"))
            group.create_task(_child(log, "b", 0.1, Boom("b failed")))
            group.create_task(_child(log, "c"))
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError as error:
                log("body", error)
                log("cancelling", asyncio.current_task().cancelling())
                raise
    except* Boom as group_error:
        log("caught", group_error)
    log("cancelling", asyncio.current_task().cancelling())
    await asyncio.sleep(0.1)
    log("goes on")


async def a_failing_body_cancels_the_children(log):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_child(log, "a"))
            await asyncio.sleep(0.1)
            group.create_task(_child(log, "never starts"))
            raise Boom("body failed")
    except ExceptionGroup as error:
        log("caught", error)


async def many_errors_in_one_group(log):
    async def stubborn(name, delay):
        try:
            await asyncio.sleep(1)
        finally:
            await asyncio.sleep(delay)
            raise Boom(name)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(stubborn("slow", 0.3))
            group.create_task(_child(log, "first", 0.1, Boom("first")))
            group.create_task(stubborn("quick", 0.2))
            try:
                await asyncio.sleep(1)
            finally:
                raise Boom("body")
    except ExceptionGroup as error:
        log("caught", error)


async def errors_while_the_group_waits(log):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_child(log, "a", 0.1, Boom("a failed")))
            group.create_task(_child(log, "b"))
    except ExceptionGroup as error:
        log("caught", error)
        log("cancelling", asyncio.current_task().cancelling())


async def a_cancelled_child_is_no_error(log):
    async def give_up():
        raise asyncio.CancelledError("given up")

    async with asyncio.TaskGroup() as group:
        child = group.create_task(_child(log, "cancelled"))
        quitter = group.create_task(give_up())
        group.create_task(_child(log, "ends", 0.2))
        await asyncio.sleep(0.1)
        child.cancel("only you")
    log("cancelled", [child.cancelled(), quitter.cancelled()])


async def cancelled_from_outside(log):
    async def parent(in_body):
        async with asyncio.TaskGroup() as group:
            group.create_task(_child(log, "a"))
            group.create_task(_child(log, "b"))
            if in_body:
                await _child(log, "body")

    for in_body in (True, False):
        task = asyncio.create_task(parent(in_body))
        await asyncio.sleep(0.1)
        task.cancel("outside")
        try:
            await task
        except asyncio.CancelledError as error:
            log("caught", error)
        log("cancelling", task.cancelling())


async def cancelled_from_outside_while_children_fail(log):
    async def fails_in_cleanup():
        try:
            await asyncio.sleep(1)
        finally:
            raise Boom("in the cleanup")

    async def parent():
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fails_in_cleanup())
        except* Boom as error:
            log("parent", error)
            log("cancelling", asyncio.current_task().cancelling())
        try:
            await asyncio.sleep(0.5)
            log("parent: not cancelled again")
        except asyncio.CancelledError as error:
            log("parent", error)
            raise

    task = asyncio.create_task(parent())
    await asyncio.sleep(0.1)
    task.cancel("outside")
    await asyncio.wait([task])
    log("cancelled", task.cancelled())


async def cancelled_twice_while_it_waits(log):
    async def slow_cleanup():
        try:
            await asyncio.sleep(1)
        finally:
            await asyncio.sleep(0.5)
            log("cleaned up")

    async def parent():
        async with asyncio.TaskGroup() as group:
            group.create_task(slow_cleanup())

    task = asyncio.create_task(parent())
    await asyncio.sleep(0.1)
    task.cancel("one")
    await asyncio.sleep(0.1)
    task.cancel("two")
    try:
        await task
    except asyncio.CancelledError as error:
        log("caught", error)
    log("cancelling", task.cancelling())


async def nested_groups(log):
    async def inner():
        async with asyncio.TaskGroup() as group:
            group.create_task(_child(log, "inner a", 0.1, Boom("inner")))
            group.create_task(_child(log, "inner b"))

    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(_child(log, "outer a"))
            outer.create_task(inner())
            async with asyncio.TaskGroup() as middle:
                middle.create_task(_child(log, "middle"))
    except ExceptionGroup as error:
        log("caught", error)
    log("cancelling", asyncio.current_task().cancelling())


async def nested_groups_cancelled_from_outside(log):
    async def parent():
        async with asyncio.TaskGroup() as outer:
            outer.create_task(_child(log, "outer"))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(_child(log, "inner"))
                await _child(log, "body")

    task = asyncio.create_task(parent())
    await asyncio.sleep(0.1)
    task.cancel("outside")
    try:
        await task
    except asyncio.CancelledError as error:
        log("caught", error)


async def tasks_made_while_the_group_waits(log):
    async def chain(group, left):
        log("chain", left)
        await asyncio.sleep(0.1)
        if left > 0:
            group.create_task(chain(group, left - 1))

    async with asyncio.TaskGroup() as group:
        group.create_task(chain(group, 2))
        log("body ends")
    log("group ends")


async def tasks_refused_by_a_group(log):
    async def never():
        log("never")

    def attempt(group):
        try:
            group.create_task(never())
        except RuntimeError as error:
            log("refused", error)

    group = asyncio.TaskGroup()
    attempt(group)
    try:
        async with group:
            group.create_task(_child(log, "fails", 0.1, Boom("failed")))
            try:
                await asyncio.sleep(1)
            finally:
                attempt(group)
    except ExceptionGroup as error:
        log("caught", error)
    attempt(group)
    try:
        async with group:
            log("never")
    except RuntimeError as error:
        log("refused", error)


async def the_count_of_cancels_is_kept(log):
    async def parent():
        asyncio.current_task().cancel()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            log("cancelling", asyncio.current_task().cancelling())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_child(log, "fails", 0.1, Boom("failed")))
                await asyncio.sleep(1)
        except ExceptionGroup as error:
            log("caught", error)
        log("cancelling", asyncio.current_task().cancelling())

    task = asyncio.create_task(parent())
    await asyncio.wait([task])
    log("cancelled", task.cancelled())


async def a_body_that_swallows_the_cancel(log):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_child(log, "fails", 0.1, Boom("failed")))
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                log("swallowed")
            await asyncio.sleep(0.1)
            log("body ends")
    except ExceptionGroup as error:
        log("caught", error)
    log("cancelling", asyncio.current_task().cancelling())


async def a_group_within_a_timeout_and_around_one(log):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_child(log, "sibling"))
            async with asyncio.timeout(0.1):
                await _child(log, "too slow")
    except* TimeoutError as error:
        log("caught", error)


def an_interrupt_of_a_child_leaves_bare(log):
    async def interrupt():
        await asyncio.sleep(0.1)
        raise KeyboardInterrupt("in a child")

    async def main():
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_child(log, "sibling"))
                group.create_task(interrupt())
        except KeyboardInterrupt as error:
            log("main", error)

    try:
        asyncio.run(main(), loop_factory=log.new_loop)
    except KeyboardInterrupt as error:
        log("caught", error)
