"""Lock, Event, Condition, Semaphore and Barrier, and their races."""

import asyncio


async def _settle(passes=8):
    for _ in range(passes):
        await asyncio.sleep(0)


async def a_lock_is_handed_over_in_order(log):
    lock = asyncio.Lock()

    async def worker(name):
        async with lock:
            log(name, "has it")
            await asyncio.sleep(0.01)
        log(name, "gave it back")

    tasks = [asyncio.create_task(worker(name)) for name in "abc"]
    for task in tasks:
        await task
    log("locked", lock.locked())


async def nobody_overtakes_at_a_lock(log):
    lock = asyncio.Lock()

    async def waiter(name):
        await lock.acquire()
        log(name, "has it")
        lock.release()

    await lock.acquire()
    first = asyncio.create_task(waiter("first"))
    await asyncio.sleep(0)
    lock.release()
    log("locked", lock.locked())
    await waiter("main")
    await first


async def a_free_lock_costs_no_pass(log):
    lock = asyncio.Lock()
    asyncio.get_running_loop().call_soon(log, "a pass later")
    async with lock:
        log("one")
    async with lock:
        log("two")
    try:
        lock.release()
    except RuntimeError as error:
        log("refused", error)


async def a_waiter_at_a_lock_is_cancelled(log):
    lock = asyncio.Lock()

    async def worker(name):
        try:
            async with lock:
                log(name, "has it")
        except asyncio.CancelledError:
            log(name, "cancelled")
            raise

    await lock.acquire()
    tasks = [asyncio.create_task(worker(name)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    tasks[1].cancel()
    lock.release()
    log("locked", lock.locked())
    await asyncio.wait(tasks)
    log("locked", lock.locked())


async def lock_release_and_cancel_of_the_chosen(log):
    for cancel_first in (True, False):
        lock = asyncio.Lock()

        async def worker(name):
            async with lock:
                log(name, "has it")

        await lock.acquire()
        chosen = asyncio.create_task(worker("chosen"))
        following = asyncio.create_task(worker("following"))
        await asyncio.sleep(0)
        if cancel_first:
            chosen.cancel()
            lock.release()
        else:
            lock.release()
            chosen.cancel()
        late = asyncio.create_task(worker("late"))
        await asyncio.wait([chosen, following, late])
        log("cancelled", [chosen.cancelled(), following.cancelled()])
        log("locked", lock.locked())


async def an_event_wakes_everyone_without_reordering(log):
    event = asyncio.Event()

    async def waiter(number):
        await event.wait()
        log("woken", number)

    tasks = [asyncio.create_task(waiter(1)), asyncio.create_task(waiter(2))]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(waiter(3)))
    event.set()
    for task in tasks:
        await task
    asyncio.get_running_loop().call_soon(log, "a pass later")
    log("set already", await event.wait())


async def an_event_set_and_cleared_at_once(log):
    event = asyncio.Event()

    async def waiter(name):
        try:
            log(name, await event.wait())
        except asyncio.CancelledError:
            log(name, "cancelled")

    tasks = [asyncio.create_task(waiter(name)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    event.set()
    event.clear()
    late = asyncio.create_task(waiter("late"))
    await asyncio.wait(tasks)
    log("set", event.is_set())
    tasks[0].cancel()
    late.cancel()
    await late


async def a_condition_notifies_some_and_all(log):
    condition = asyncio.Condition()

    async def waiter(name):
        async with condition:
            log(name, "waits")
            await condition.wait()
            log(name, "notified")
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(waiter(name)) for name in "abcde"]
    await _settle()
    async with condition:
        condition.notify(2)
        log("notified two")
    await _settle()
    async with condition:
        condition.notify()
        condition.notify_all()
    for task in tasks:
        await task
    for call in (condition.notify, condition.notify_all):
        try:
            call()
        except RuntimeError as error:
            log("refused", error)
    try:
        await condition.wait()
    except RuntimeError as error:
        log("refused", error)


async def a_condition_waits_for_a_predicate(log):
    condition = asyncio.Condition()
    value = 0

    async def waiter(name, least):
        async with condition:
            log(name, await condition.wait_for(lambda: value >= least and f"value {value}"))

    tasks = [asyncio.create_task(waiter(f"at least {least}", least)) for least in (2, 1, 0)]
    for _ in range(2):
        await _settle()
        async with condition:
            value += 1
            condition.notify_all()
    for task in tasks:
        await task


async def a_cancelled_condition_wait_takes_the_lock_again(log):
    condition = asyncio.Condition()

    async def waiter():
        async with condition:
            try:
                await condition.wait()
            except asyncio.CancelledError as error:
                log("cancelled", error)
                log("locked", condition.locked())
                raise

    task = asyncio.create_task(waiter())
    await asyncio.sleep(0)
    await condition.acquire()
    task.cancel("one")
    await asyncio.sleep(0.1)
    log("done", task.done())
    task.cancel("two")
    await asyncio.sleep(0.1)
    log("done", task.done())
    condition.release()
    await asyncio.wait([task])
    log("cancelled", task.cancelled())
    log("locked", condition.locked())


async def a_notification_of_a_cancelled_waiter_is_passed_on(log):
    condition = asyncio.Condition()

    async def waiter(name):
        async with condition:
            try:
                await condition.wait()
                log(name, "notified")
            except asyncio.CancelledError:
                log(name, "cancelled")
                raise

    tasks = [asyncio.create_task(waiter(name)) for name in "ab"]
    await _settle()
    async with condition:
        condition.notify()
        tasks[0].cancel()
    await asyncio.wait(tasks)


async def a_semaphore_lets_so_many_in(log):
    semaphore = asyncio.Semaphore(2)

    async def worker(name, delay):
        async with semaphore:
            log(name, "in")
            await asyncio.sleep(delay)
        log(name, "out")

    delays = (0.03, 0.01, 0.005, 0.017)
    tasks = [asyncio.create_task(worker(f"for {delay * 1000:g}", delay)) for delay in delays]
    await asyncio.sleep(0)
    log("locked", semaphore.locked())
    for task in tasks:
        await task
    log("locked", semaphore.locked())


async def a_semaphore_is_first_come_first_served(log):
    semaphore = asyncio.Semaphore(1)

    async def worker(name, times):
        for _ in range(times):
            async with semaphore:
                log(name, "in")
                await asyncio.sleep(0)

    await asyncio.gather(worker("a", 3), worker("b", 2), worker("c", 1))


async def a_semaphore_with_permits_and_waiters_is_locked(log):
    semaphore = asyncio.Semaphore(0)

    async def waiter(name):
        await semaphore.acquire()
        log(name, "in")

    tasks = [asyncio.create_task(waiter(name)) for name in "ab"]
    await asyncio.sleep(0)
    semaphore.release()
    semaphore.release()
    semaphore.release()
    log("locked", semaphore.locked())
    await waiter("main")
    await asyncio.wait(tasks)
    log("locked", semaphore.locked())


async def a_woken_and_cancelled_waiter_gives_its_permit_back(log):
    semaphore = asyncio.Semaphore(0)

    async def waiter(name):
        try:
            await semaphore.acquire()
            log(name, "in")
        except asyncio.CancelledError:
            log(name, "cancelled")
            raise

    tasks = [asyncio.create_task(waiter(name)) for name in "abc"]
    await asyncio.sleep(0)
    semaphore.release()
    tasks[0].cancel()
    await _settle()
    tasks[2].cancel()
    semaphore.release()
    await asyncio.wait(tasks)
    log("locked", semaphore.locked())


async def a_bounded_semaphore_refuses_a_release_too_many(log):
    semaphore = asyncio.BoundedSemaphore(1)
    async with semaphore:
        log("locked", semaphore.locked())
    try:
        semaphore.release()
    except ValueError as error:
        log("refused", error)


async def a_barrier_lets_them_go_together(log):
    barrier = asyncio.Barrier(3)

    async def worker(name):
        log(name, await barrier.wait())

    tasks = [asyncio.create_task(worker(name)) for name in "ab"]
    await _settle()
    log("waiting", barrier.n_waiting)
    tasks += [asyncio.create_task(worker(name)) for name in "cdefg"]
    await _settle(20)
    log("waiting", barrier.n_waiting)
    tasks += [asyncio.create_task(worker(name)) for name in "hi"]
    await asyncio.wait(tasks)


async def a_barrier_with_a_cancelled_waiter(log):
    barrier = asyncio.Barrier(2)

    async def worker(name):
        try:
            log(name, await barrier.wait())
        except asyncio.CancelledError:
            log(name, "cancelled")

    first = asyncio.create_task(worker("first"))
    await _settle()
    first.cancel()
    await first
    log("state", [barrier.n_waiting, barrier.broken])
    await asyncio.gather(worker("second"), worker("third"))


async def a_barrier_reset(log):
    barrier = asyncio.Barrier(3)

    async def worker(name):
        try:
            log(name, await barrier.wait())
        except asyncio.BrokenBarrierError as error:
            log(name, error)

    tasks = [asyncio.create_task(worker(name)) for name in "ab"]
    await _settle()
    await barrier.reset()
    late = asyncio.create_task(worker("late"))
    await asyncio.wait(tasks)
    log("state", [barrier.n_waiting, barrier.broken])
    await asyncio.gather(late, worker("c"), worker("d"))


async def a_barrier_abort(log):
    barrier = asyncio.Barrier(2)

    async def worker(name):
        try:
            log(name, await barrier.wait())
        except asyncio.BrokenBarrierError as error:
            log(name, error)

    first = asyncio.create_task(worker("first"))
    await _settle()
    await barrier.abort()
    await first
    log("state", [barrier.n_waiting, barrier.broken])
    await worker("second")
    await barrier.reset()
    log("broken", barrier.broken)
    await asyncio.gather(worker("third"), worker("fourth"))


async def a_barrier_that_drains_keeps_newcomers_out(log):
    barrier = asyncio.Barrier(2)

    async def worker(name):
        async with barrier as position:
            log(name, position)
            if name != "late":
                late.append(asyncio.create_task(worker("late")))
        log(name, "leaves")

    late = []
    await asyncio.gather(worker("a"), worker("b"))
    log("waiting", barrier.n_waiting)
    await asyncio.wait(late)
