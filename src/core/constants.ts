/** Numbers with a reason. Source: Lib/asyncio/constants.py, CPython 3.14, unless a line says otherwise. */

/** How many stack frames debug mode keeps of the place where a handle, future or task was made. */
export const DEBUG_STACK_DEPTH = 10;

/** Seconds after which debug mode reports a callback as slow (asyncio's default). */
export const SLOW_CALLBACK_DURATION = 0.1;

/** The heap is rebuilt without its cancelled timers only above this many (base_events.py). */
export const MIN_SCHEDULED_TIMER_HANDLES = 100;

/** ... and only when more than this share of them is cancelled (base_events.py). */
export const MIN_CANCELLED_TIMER_HANDLES_FRACTION = 0.5;

/** The longest single wait in seconds; a later deadline is waited for in parts (base_events.py: one day). */
export const MAXIMUM_SELECT_TIMEOUT: number = 24 * 3600;
