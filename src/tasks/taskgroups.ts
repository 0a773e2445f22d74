/**
 * TaskGroup: tasks that end together.
 *
 * Source: Lib/asyncio/taskgroups.py, CPython 3.15 and the fix of gh-135736 behind it. When a child fails, its siblings and the block are cancelled, all
 * of them are waited for, and what went wrong comes out as one exception group. A cancellation of a child is no
 * failure. Python keeps the children in a set of no stated order; here they are cancelled in the order they were made.
 */

import type { Coroutine, TaskOptions } from '../core/awaitable.ts';
import type { AbstractEventLoop, TaskLike } from '../core/events.ts';
import { getRunningLoop } from '../core/events.ts';
import { BaseExceptionGroup } from '../core/exception-group.ts';
import { GeneratorExit, isCancelled, isExit, RuntimeError } from '../core/exceptions.ts';
import { repr } from '../core/format-helpers.ts';
import type { AsyncContextManager } from './async-with.ts';
import { asyncWith } from './async-with.ts';
import { closeCoroutine, iscoroutine } from './coroutines.ts';
import { Future, futureAddToAwaitedBy, futureDiscardFromAwaitedBy, release } from './futures.ts';
import type { Task } from './tasks.ts';
import { currentTask } from './tasks.ts';

/**
 * Tasks that end together: the block that makes them is left when all of them have ended. When one fails, the others are
 * cancelled. Enter it with `withTaskGroup` or `asyncWith`.
 *
 * @example
 * yield* asyncWith(new TaskGroup(), function* (group) {
 *   const first = group.createTask(sleep(1, 'a'));
 *   const second = group.createTask(sleep(2, 'b'), { name: 'second' });
 *   console.log(yield* first, yield* second);
 * });
 */
export class TaskGroup implements AsyncContextManager<TaskGroup, true> {
  #entered = false;
  #exiting = false;
  #aborting = false;
  #loop: AbstractEventLoop | null = null;
  #parent: TaskLike<unknown> | null = null;
  #parentCancelRequested = false;
  readonly #tasks = new Set<TaskLike<unknown>>();
  #errors: Error[] = [];
  /** The first interrupt or exit: it leaves bare, not in a group. */
  #exit: Error | null = null;
  #completed: Future<void> | null = null;
  #cancelOnEnter = false;

  /**
   * Makes a task in the group, also while the group is already waiting for the others.
   *
   * @throws {RuntimeError} If the group has not been entered, is shutting down after a failure, or is finished; the
   *   coroutine is closed then.
   * @throws {TypeError} If `coro` is not a coroutine.
   */
  createTask<T>(coro: Coroutine<T>, options?: TaskOptions): Task<T> {
    const loop = this.#loop;
    let refusal: string | null = null;
    if (!this.#entered || loop === null) refusal = 'has not been entered';
    else if (this.#exiting && this.#tasks.size === 0) refusal = 'is finished';
    else if (this.#aborting) refusal = 'is shutting down';
    if (refusal !== null || loop === null) {
      if (iscoroutine(coro)) closeCoroutine(coro);
      throw new RuntimeError(`TaskGroup ${repr(this)} ${refusal}`);
    }
    const task = loop.createTask(coro, options);
    futureAddToAwaitedBy(task as TaskLike<unknown>, this.#parent as TaskLike<unknown>);
    this.#tasks.add(task as TaskLike<unknown>);
    // Also for a task that is done already (an eager one): the block must not be cancelled in mid-statement.
    task.addDoneCallback((done) => this.#taskDone(done as TaskLike<unknown>));
    // An eager task may have cancelled the group before it joined it (gh-155418).
    if (this.#aborting && !task.done()) task.cancel();
    return task as Task<T>; // a factory may make another class; it is used as a Task
  }

  *aenter(): Coroutine<this> {
    if (this.#entered) throw new RuntimeError(`TaskGroup ${repr(this)} has already been entered`);
    this.#loop ??= getRunningLoop();
    this.#parent = currentTask(this.#loop);
    if (this.#parent === null)
      throw new RuntimeError(`TaskGroup ${repr(this)} cannot determine the parent task`);
    this.#entered = true;
    if (this.#cancelOnEnter) this.cancel();
    return this;
  }

  /**
   * Cancels the tasks of the group and its block; the group then ends without a CancelledError. Before the group is
   * entered it takes effect at the entry; after the end, or again, it does nothing.
   */
  cancel(): void {
    if (!this.#entered) {
      this.#cancelOnEnter = true;
      return;
    }
    if ((this.#exiting && this.#tasks.size === 0) || this.#aborting) return;
    this.#abort();
    this.#cancelParent();
  }

  /**
   * Waits for every task.
   *
   * @returns True: what is to be thrown has been thrown.
   * @throws {BaseExceptionGroup} With the errors of the tasks and of the block; an ExceptionGroup where all are
   *   ordinary errors.
   */
  *aexit(error: Error | null): Coroutine<true> {
    try {
      return yield* this.#leave(error);
    } finally {
      // A group that is kept must not keep these.
      this.#parent = null;
      this.#errors = [];
      this.#exit = null;
    }
  }

  *#leave(error: Error | null): Coroutine<true> {
    this.#exiting = true;
    const parent = this.#parent as TaskLike<unknown>; // set by aenter
    if (isExit(error)) this.#exit ??= error;
    let cancellation: Error | null = isCancelled(error) ? error : null;
    if (error !== null && !this.#aborting) this.#abort();

    // The wait can be cancelled several times: by the parent's canceller, and once by ourselves.
    let pending: Error | null = null;
    while (this.#tasks.size > 0) {
      this.#completed = new Future<void>({ loop: this.#loop });
      try {
        yield* this.#completed;
      } catch (interruption) {
        if (!isCancelled(interruption)) throw interruption;
        // Not swallowed: thrown again below, unless the group itself asked for it.
        pending = interruption;
        if (!this.#aborting) {
          cancellation = interruption;
          this.#abort();
        }
      }
      this.#completed = null;
    }

    if (this.#exit !== null) {
      // It leaves bare: the other errors would be lost (gh-135736).
      for (const exception of this.#errors) {
        if (exception === this.#exit) continue;
        this.#loop?.callExceptionHandler({
          message:
            'TaskGroup task exception was not propagated because the TaskGroup body is being closed with a BaseException',
          exception,
          taskGroup: this,
        });
      }
      throw this.#exit;
    }
    if (this.#parentCancelRequested) {
      if (parent.uncancel() === 0) cancellation = null;
      // What is left of the requests is not ours (gh-155433).
      else cancellation ??= pending;
    }
    if (cancellation !== null && this.#errors.length === 0) throw cancellation;
    if (error !== null && !isCancelled(error)) this.#errors.push(error);
    if (this.#errors.length > 0) {
      // A cancel from outside is still open: ask again, so that the next wait after the group meets it.
      if (parent.cancelling() > 0) {
        parent.uncancel();
        parent.cancel();
      }
      const errors = this.#errors;
      this.#errors = [];
      // Alone it is the closing of an asynchronous generator, which must see it as it is.
      if (error instanceof GeneratorExit && errors.length === 1) throw error;
      throw new BaseExceptionGroup('unhandled errors in a TaskGroup', errors);
    }
    return true;
  }

  #cancelParent(): void {
    if (this.#parentCancelRequested) return;
    this.#parentCancelRequested = true;
    this.#parent?.cancel();
  }

  #abort(): void {
    this.#aborting = true;
    for (const task of this.#tasks) if (!task.done()) task.cancel();
  }

  #taskDone(task: TaskLike<unknown>): void {
    this.#tasks.delete(task);
    const parent = this.#parent;
    if (parent !== null) futureDiscardFromAwaitedBy(task, parent);
    if (this.#completed !== null && this.#tasks.size === 0) release(this.#completed);
    if (task.cancelled()) return;
    const error = task.exception();
    if (error === null) return;
    this.#errors.push(error);
    if (isExit(error)) this.#exit ??= error;
    if (parent === null || parent.done()) {
      this.#loop?.callExceptionHandler({
        message: `Task ${repr(task)} has errored out but its parent task ${repr(parent)} is already completed`,
        exception: error,
        task,
      });
      return;
    }
    if (!this.#aborting && !this.#parentCancelRequested) {
      this.#abort();
      this.#cancelParent();
    }
  }

  /** @internal */
  _repr(): string {
    const info = ['TaskGroup'];
    if (this.#tasks.size > 0) info.push(`tasks=${this.#tasks.size}`);
    if (this.#errors.length > 0) info.push(`errors=${this.#errors.length}`);
    if (this.#aborting) info.push('cancelling');
    else if (this.#entered) info.push('entered');
    return `<${info.join(' ')}>`;
  }

  toString(): string {
    return this._repr();
  }
}

/**
 * Runs `body` with a new TaskGroup and waits for all its tasks. After the block it yields to the loop only if some are
 * not done.
 *
 * @returns What `body` returns; undefined if `group.cancel()` cut it short.
 * @throws {BaseExceptionGroup} If a task or the block failed.
 * @throws {RuntimeError} Outside a task.
 * @example
 * const results: string[] = [];
 * function* download(url: string): Coroutine<void> {
 *   const response = yield* fromPromise((signal) => fetch(url, { signal }));
 *   results.push(yield* fromPromise(response.text()));
 * }
 * yield* withTaskGroup(function* (group) {
 *   group.createTask(download('a.json'));
 *   group.createTask(download('b.json'));
 * });
 */
export function* withTaskGroup<T>(body: (group: TaskGroup) => Coroutine<T>): Coroutine<T> {
  // Only a program that cancels the group itself meets undefined, and it knows.
  return (yield* asyncWith<TaskGroup, T>(new TaskGroup(), body)) as T;
}
