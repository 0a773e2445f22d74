"""Queue, LifoQueue and PriorityQueue."""

import asyncio


async def items_pass_in_order(log):
    queue = asyncio.Queue(2)

    async def producer():
        for item in range(5):
            await queue.put(item)
            log("put", [item, queue.qsize()])

    async def consumer():
        for _ in range(5):
            log("got", await queue.get())
            if queue.empty():
                log("empty")

    await asyncio.gather(producer(), consumer())


async def getters_are_served_in_order(log):
    queue = asyncio.Queue()

    async def getter(name):
        log(name, await queue.get())

    tasks = [asyncio.create_task(getter(name)) for name in "abc"]
    await asyncio.sleep(0)
    for item in range(3):
        queue.put_nowait(item)
    late = asyncio.create_task(getter("late"))
    for task in tasks:
        await task
    queue.put_nowait(3)
    await late


async def a_getter_may_be_overtaken(log):
    queue = asyncio.Queue()

    async def getter(name):
        log(name, await queue.get())

    task = asyncio.create_task(getter("waiting"))
    await asyncio.sleep(0)
    queue.put_nowait(1)
    log("taken", queue.get_nowait())
    await asyncio.sleep(0)
    log("done", task.done())
    queue.put_nowait(2)
    await task


async def a_cancelled_getter_passes_the_item_on(log):
    queue = asyncio.Queue()

    async def getter(name):
        try:
            log(name, await queue.get())
        except asyncio.CancelledError:
            log(name, "cancelled")
            raise

    tasks = [asyncio.create_task(getter(name)) for name in "abc"]
    await asyncio.sleep(0)
    queue.put_nowait(1)
    tasks[0].cancel()
    tasks[2].cancel()
    await asyncio.wait(tasks)
    log("size", queue.qsize())


async def a_cancelled_putter_passes_the_slot_on(log):
    queue = asyncio.Queue(1)

    async def putter(name):
        try:
            await queue.put(name)
            log(name, "put")
        except asyncio.CancelledError:
            log(name, "cancelled")
            raise

    queue.put_nowait("first")
    tasks = [asyncio.create_task(putter(name)) for name in "abc"]
    await asyncio.sleep(0)
    log("got", queue.get_nowait())
    tasks[0].cancel()
    await asyncio.wait(tasks[:2])
    log("got", await queue.get())
    await tasks[2]
    log("got", await queue.get())


async def nowait_refuses(log):
    queue = asyncio.Queue(1)
    try:
        queue.get_nowait()
    except asyncio.QueueEmpty as error:
        log("refused", error)
    queue.put_nowait(1)
    log("full", queue.full())
    try:
        queue.put_nowait(2)
    except asyncio.QueueFull as error:
        log("refused", error)
    queue.task_done()
    try:
        queue.task_done()
    except ValueError as error:
        log("refused", error)


async def join_waits_for_every_task_done(log):
    queue = asyncio.Queue()

    async def worker():
        while True:
            item = await queue.get()
            await asyncio.sleep(0.1)
            log("worked", item)
            queue.task_done()

    async def joiner():
        await queue.join()
        log("joined")

    await queue.join()
    log("nothing to do")
    for item in range(2):
        queue.put_nowait(item)
    task = asyncio.create_task(worker())
    await asyncio.gather(joiner(), joiner())
    task.cancel()
    await asyncio.wait([task])


async def shutdown_lets_the_rest_out(log):
    queue = asyncio.Queue(2)

    async def putter():
        try:
            await queue.put("too late")
        except asyncio.QueueShutDown as error:
            log("putter", error)

    queue.put_nowait(1)
    queue.put_nowait(2)
    task = asyncio.create_task(putter())
    await asyncio.sleep(0)
    queue.shutdown()
    for attempt in (queue.put(3), queue.get(), queue.get(), queue.get()):
        try:
            log("gave", await attempt)
        except asyncio.QueueShutDown as error:
            log("refused", error)
    for attempt in (lambda: queue.put_nowait(3), queue.get_nowait):
        try:
            attempt()
        except asyncio.QueueShutDown as error:
            log("refused", error)
    await task
    queue.task_done()
    queue.task_done()
    await queue.join()
    log("joined")


async def shutdown_at_once_drops_the_items(log):
    queue = asyncio.Queue()

    async def joiner():
        await queue.join()
        log("joined")

    for item in range(3):
        queue.put_nowait(item)
    log("got", await queue.get())
    task = asyncio.create_task(joiner())
    await asyncio.sleep(0)
    queue.shutdown(immediate=True)
    log("size", queue.qsize())
    try:
        await queue.get()
    except asyncio.QueueShutDown as error:
        log("refused", error)
    log("joined", task.done())
    queue.task_done()
    await task


async def shutdown_wakes_every_getter(log):
    async def getter(name):
        try:
            log(name, await queue.get())
        except asyncio.QueueShutDown as error:
            log(name, error)

    for immediate in (False, True):
        queue = asyncio.Queue()
        tasks = [asyncio.create_task(getter(name)) for name in "abc"]
        await asyncio.sleep(0)
        queue.put_nowait("item")
        queue.shutdown(immediate)
        queue.shutdown()
        await asyncio.wait(tasks)


async def other_orders(log):
    lifo = asyncio.LifoQueue()
    priority = asyncio.PriorityQueue()
    for item in (3, 1, 4, 9, 2, 6):
        lifo.put_nowait(item)
        priority.put_nowait(item)
    log("lifo", [await lifo.get() for _ in range(6)])
    log("priority", [await priority.get() for _ in range(6)])

    async def getter():
        log("got", await priority.get())

    task = asyncio.create_task(getter())
    await asyncio.sleep(0)
    priority.put_nowait(2)
    priority.put_nowait(1)
    await task


async def a_get_with_a_time_limit(log):
    queue = asyncio.Queue()
    try:
        await asyncio.wait_for(queue.get(), 0.1)
    except TimeoutError as error:
        log("caught", error)
    queue.put_nowait(1)
    log("got", await asyncio.wait_for(queue.get(), 0.1))
