"""What a program writes its steps to. log.ts is the same for TypeScript."""

import asyncio
import logging

from virtual_loop import VirtualLoop


class Boom(Exception):
    """What programs raise."""


class Log:
    """A step is 'pass microseconds what'; without a loop both numbers are 0."""

    def __init__(self):
        self.steps = []
        self.loop = None

    def __call__(self, *what):
        passes, ticks = (0, 0) if self.loop is None else (self.loop.passes, self.loop.ticks)
        words = [part if index == 0 else show(part) for index, part in enumerate(what)]
        self.steps.append(f"{passes} {ticks} {' '.join(words)}")

    def new_loop(self):
        """The loop whose passes and clock are logged from now on, and whose exception handler logs."""
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(self.handler)
        return self.loop

    def handler(self, _loop, context):
        keys = ",".join(sorted(_camel(key) for key in context if key != "message"))
        self(f"handler: {_without_objects(context.get('message', ''))} [{keys}]", context.get("exception"))

    def ms(self, seconds):
        """A duration or a loop time as an integer of milliseconds."""
        return None if seconds is None else round(seconds * 1000)


def show(value):
    """A value as both languages write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, BaseExceptionGroup):
        return f"{type(value).__name__}({_without_objects(value.message)}, {show(list(value.exceptions))})"
    if isinstance(value, BaseException):
        if isinstance(value, asyncio.InvalidStateError) and not str(value).endswith("is not set."):
            return "InvalidStateError"  # the C extension and the Python code have different texts
        # KeyError's text is the repr of its argument, CancelledError's argument can be anything.
        text = str(value.args[0]) if len(value.args) == 1 else str(value)
        return f"{type(value).__name__}({_without_objects(text)})"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(show(item) for item in value)}]"
    return str(value)


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _without_objects(text):
    """The reprs of objects in a message, such as `<Task …>`, become `<>`; a callback's text goes altogether."""
    if text.startswith("Exception in callback"):
        return "Exception in callback"
    kept = []
    depth = 0
    for char in text:
        if char == "<":
            if depth == 0:
                kept.append("<>")
            depth += 1
        elif char == ">" and depth > 0:
            depth -= 1
        elif depth == 0:
            kept.append(char)
    return "".join(kept)


logging.getLogger("asyncio").addHandler(logging.NullHandler())
logging.getLogger("asyncio").propagate = False
