// What becomes of an asynchronous generator that could not be closed. CPython's own tests are in conformance/.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { assertRaises } from '../conformance/support.ts';
import { simulate } from '../support/loops.ts';

// Python's print of the same programs has the same lines.
describe('an asynchronous generator that could not be closed is closed at the end of the program', () => {
  it('because it was running', async () => {
    const log: unknown[] = [];
    await simulate(function* () {
      const event = new asyncio.AsyncEvent();
      const numbers = asyncio.asyncGenerator<number>(function* (emit) {
        try {
          yield* emit(1);
          yield* event.wait();
          yield* emit(2);
          yield* emit(3);
        } finally {
          log.push('cleaned up');
        }
      });
      yield* numbers.anext();
      const next = asyncio.createTask(numbers.anext());
      yield* asyncio.sleep(0);
      yield* assertRaises(
        asyncio.RuntimeError,
        numbers.aclose(),
        /^aclose\(\): asynchronous generator is already running$/,
      );
      event.set();
      log.push((yield* next).value);
      log.push('main ends');
    });
    expect(log).to.deep.equal([2, 'main ends', 'cleaned up']);
  });

  it('because it ignored GeneratorExit', async () => {
    const log: unknown[] = [];
    await simulate(function* () {
      const numbers = asyncio.asyncGenerator<number>(function* (emit) {
        try {
          for (let number = 1; number <= 2; number += 1) {
            try {
              yield* emit(number);
            } catch (error) {
              if (!(error instanceof asyncio.GeneratorExit)) throw error;
              log.push('ignored');
            }
          }
        } finally {
          log.push('cleaned up');
        }
      });
      yield* numbers.anext();
      yield* assertRaises(asyncio.RuntimeError, numbers.aclose(), /^async generator ignored GeneratorExit$/);
      log.push('main ends');
    });
    expect(log).to.deep.equal(['ignored', 'main ends', 'ignored', 'cleaned up']);
  });
});
