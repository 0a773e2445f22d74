// The tests of Lib/test/test_asyncio/test_futures.py, CPython 3.13, that reach into the module.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { copyFutureState } from '../../src/tasks/futures.ts';
import { setResultUnlessCancelled } from '../../src/tasks/sleep.ts';
import { newTestLoop } from '../support/loops.ts';

describe('BaseFutureTests', () => {
  let loop: asyncio.BaseEventLoop;

  beforeEach(() => {
    loop = newTestLoop();
  });

  afterEach(() => loop.close());

  it('test_copy_state', () => {
    const f = loop.createFuture<number>();
    f.setResult(10);

    const newf = loop.createFuture();
    copyFutureState(f, newf);
    expect(newf.done()).to.equal(true);
    expect(newf.result()).to.equal(10);

    const fException = loop.createFuture();
    fException.setException(new asyncio.RuntimeError());

    const newfException = loop.createFuture();
    copyFutureState(fException, newfException);
    expect(newfException.done()).to.equal(true);
    expect(() => newfException.result()).to.throw(asyncio.RuntimeError);

    const fCancelled = loop.createFuture();
    fCancelled.cancel();

    const newfCancelled = loop.createFuture();
    copyFutureState(fCancelled, newfCancelled);
    expect(newfCancelled.cancelled()).to.equal(true);

    // The error itself is passed on, with the stack that it had.
    expect(newfException.exception()).to.equal(fException.exception());
  });

  it('test_set_result_unless_cancelled', () => {
    const fut = loop.createFuture<number>();
    fut.cancel();
    setResultUnlessCancelled(fut, 2);
    expect(fut.cancelled()).to.equal(true);
  });
});
