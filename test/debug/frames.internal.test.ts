import { expect } from 'chai';
import type { FrameInfo } from '../../src/debug/frames.ts';
import { currentFrames, parseStack } from '../../src/debug/frames.ts';

function frame(name: string, file: string, line: number): FrameInfo {
  return { function: name, file, line };
}

/** Whether the frame is of this file, whatever the engine says about lines. */
function isHere({ file, line }: FrameInfo): boolean {
  return /\/frames\.internal\.test\.js/.test(file) && line > 0;
}

describe('parseStack()', () => {
  it('reads a stack of Chromium', () => {
    const stack = [
      'Error: at the very top',
      '    at load (http://localhost:8000/app.js:12:34)',
      '    at load.next (<anonymous>)',
      '    at http://localhost:8000/app.js?v=1:2:3',
      '    at Array.forEach (<anonymous>)',
      '    at native (native)',
      '    at Lock.acquire (https://user@example.org/a(1).js:5:6)',
      '    at new Lock (http://localhost:8000/app.js:7:8)',
      '    at async main (http://localhost:8000/app.js:9:10)',
      '    at Object.run [as go] (http://localhost:8000/app.js:11:12)',
      '    at Object.<anonymous> (http://localhost:8000/app.js:13:14)',
      '    at Lock.[Symbol.iterator] (http://localhost:8000/app.js:15:16)',
      '    at [Symbol.iterator] (http://localhost:8000/app.js:17:18)',
      '    at Lock.#take (http://localhost:8000/app.js:19:20)',
    ];
    const app = 'http://localhost:8000/app.js';
    expect(parseStack(stack)).to.deep.equal([
      frame('load', app, 12),
      frame('<anonymous>', `${app}?v=1`, 2),
      frame('acquire', 'https://user@example.org/a(1).js', 5),
      frame('Lock', app, 7),
      frame('main', app, 9),
      frame('run', app, 11),
      frame('<anonymous>', app, 13),
      frame('[Symbol.iterator]', app, 15),
      frame('[Symbol.iterator]', app, 17),
      frame('#take', app, 19),
    ]);
  });

  it('reads code that Chromium has evaluated', () => {
    const stack = [
      '    at typed (eval at run (http://localhost:8000/app.js:15:20), <anonymous>:3:36)',
      '    at eval (eval at <anonymous> (eval at run (http://localhost:8000/app.js:1:2)), <anonymous>:4:5)',
      '    at typed (eval at run (http://localhost:8000/app.js:15:20), user.js:6:7)',
    ];
    expect(parseStack(stack)).to.deep.equal([
      frame('typed', '<anonymous>', 3),
      frame('eval', '<anonymous>', 4),
      frame('typed', 'user.js', 6),
    ]);
  });

  it('reads a stack of Firefox', () => {
    const stack = [
      'load@http://localhost:8000/app.js:12:34',
      'outer/inner@http://localhost:8000/app.js:2:3',
      'outer/<@http://localhost:8000/app.js:4:5',
      'task<@https://user@example.org/a.js:6:7',
      '@http://localhost:8000/app.js:8:9',
      'next@self-hosted:123:4',
      'typed@http://localhost:8000/app.js line 15 > Function:3:36',
      'async*main@http://localhost:8000/app.js:10:11',
      '[Symbol.iterator]@http://localhost:8000/app.js:12:13',
      '#take@http://localhost:8000/app.js:14:15',
      '',
    ];
    const app = 'http://localhost:8000/app.js';
    expect(parseStack(stack)).to.deep.equal([
      frame('load', app, 12),
      frame('inner', app, 2),
      frame('<anonymous>', app, 4),
      frame('<anonymous>', 'https://user@example.org/a.js', 6),
      frame('<anonymous>', app, 8),
      frame('typed', `${app} line 15 > Function`, 3),
      frame('main', app, 10),
      frame('[Symbol.iterator]', app, 12),
      frame('#take', app, 14),
    ]);
  });

  it('reads a stack of WebKit', () => {
    const stack = [
      'load@http://localhost:8000/app.js:12:34',
      'forEach@[native code]',
      '@http://localhost:8000/app.js:2:3',
      'http://localhost:8000/app.js:4:5',
      'typed@',
      'module code@http://localhost:8000/app.js:6:7',
      '[native code]',
    ];
    const app = 'http://localhost:8000/app.js';
    expect(parseStack(stack)).to.deep.equal([
      frame('load', app, 12),
      frame('<anonymous>', app, 2),
      frame('<anonymous>', app, 4),
      frame('typed', '', 0),
      frame('module code', app, 6),
    ]);
  });
});

describe('parseStack() of a coroutine', () => {
  it('ends where the task drives it', () => {
    const stack = ['inner@a.js:1:1', 'outer@a.js:2:2', '_step@tasks.js:3:3', '_run@tasks.js:4:4'];
    expect(parseStack(stack)).to.deep.equal([frame('inner', 'a.js', 1), frame('outer', 'a.js', 2)]);
  });

  it('ends where run() drives the main function', () => {
    const stack = [
      '    at main (a.js:1:1)',
      '    at main.next (<anonymous>)',
      '    at MainCall._begin (runners.js:2:2)',
      '    at MainCall.next (runners.js:3:3)',
      '    at Task._run (tasks.js:3:3)',
    ];
    expect(parseStack(stack)).to.deep.equal([frame('main', 'a.js', 1)]);
  });

  it('that waits nowhere is empty', () => {
    expect(parseStack([])).to.deep.equal([]);
  });
});

describe('currentFrames()', () => {
  function inner(skip: number): FrameInfo[] {
    const frames = currentFrames(skip); // not in a tail call: WebKit leaves the caller's frame out
    return frames;
  }
  function outer(skip: number): FrameInfo[] {
    const frames = inner(skip);
    return frames;
  }

  it('begins with its caller, less as many as are skipped', () => {
    const all = outer(0);
    expect(all.slice(0, 2).map((one) => one.function)).to.deep.equal(['inner', 'outer']);
    expect(all.slice(0, 2).every(isHere)).to.equal(true);
    expect(outer(1).map((one) => one.function)).to.deep.equal(all.slice(1).map((one) => one.function));
  });

  it('is not shortened by the limit that can be set, and leaves that as it was', () => {
    const limited = Error as { stackTraceLimit?: number };
    const before = limited.stackTraceLimit;
    function down(levels: number): FrameInfo[] {
      const frames = levels === 0 ? currentFrames(0) : down(levels - 1);
      return frames;
    }
    expect(down(100).filter((one) => one.function === 'down')).to.have.lengthOf(101);
    expect(limited.stackTraceLimit).to.equal(before);
  });
});
