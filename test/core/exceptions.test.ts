import * as asyncio from 'asyncio-web';
import { expect } from 'chai';

describe('exceptions', () => {
  const classes = {
    BaseException: () => new asyncio.BaseException('m'),
    CancelledError: () => new asyncio.CancelledError('m'),
    KeyboardInterrupt: () => new asyncio.KeyboardInterrupt('m'),
    SystemExit: () => new asyncio.SystemExit('m'),
    RuntimeError: () => new asyncio.RuntimeError('m'),
    NotImplementedError: () => new asyncio.NotImplementedError('m'),
    InvalidStateError: () => new asyncio.InvalidStateError('m'),
    TimeoutError: () => new asyncio.TimeoutError('m'),
    IncompleteReadError: () => new asyncio.IncompleteReadError(new Uint8Array(2), 5),
    LimitOverrunError: () => new asyncio.LimitOverrunError('m', 3),
    SendfileNotAvailableError: () => new asyncio.SendfileNotAvailableError('m'),
    BrokenBarrierError: () => new asyncio.BrokenBarrierError('m'),
  } as const;

  for (const [name, make] of Object.entries(classes)) {
    it(`${name} is an Error whose name is its class name, without an own key for it`, () => {
      const error = make();
      expect(error).to.be.instanceOf(Error);
      expect(error).to.be.instanceOf((asyncio as unknown as Record<string, new () => Error>)[name]);
      expect(error.name).to.equal(name);
      expect(Object.keys(error)).not.to.include('name');
      expect(Object.hasOwn(error, 'name')).to.equal(false);
      expect(error.stack).to.be.a('string');
      expect(Object.prototype.toString.call(error)).to.equal('[object Error]');
    });
  }

  it('carry a message and a cause', () => {
    const cause = new Error('cause');
    for (const Class of [
      asyncio.RuntimeError,
      asyncio.TimeoutError,
      asyncio.InvalidStateError,
      asyncio.KeyboardInterrupt,
    ]) {
      const error = new Class('what happened', { cause });
      expect(String(error)).to.equal(`${error.name}: what happened`);
      expect(error.cause).to.equal(cause);
    }
    expect(new asyncio.SystemExit(2, { cause }).cause).to.equal(cause);
  });

  it('BaseException is above cancellation, interrupt and exit, and above nothing else', () => {
    const above = Object.entries(classes)
      .filter(([, make]) => make() instanceof asyncio.BaseException)
      .map(([name]) => name);
    expect(above).to.deep.equal(['BaseException', 'CancelledError', 'KeyboardInterrupt', 'SystemExit']);
  });

  it('RuntimeError is above what Python derives from it', () => {
    const above = Object.entries(classes)
      .filter(([, make]) => make() instanceof asyncio.RuntimeError)
      .map(([name]) => name);
    expect(above).to.deep.equal([
      'RuntimeError',
      'NotImplementedError',
      'SendfileNotAvailableError',
      'BrokenBarrierError',
    ]);
  });

  it('a subclass can have a name of its own', () => {
    class Late extends asyncio.TimeoutError {
      static {
        this.prototype.name = 'Late';
      }
    }
    expect(String(new Late('m'))).to.equal('Late: m');
    expect(new asyncio.TimeoutError().name).to.equal('TimeoutError');
  });

  it('CancelledError keeps its arguments, of any type', () => {
    expect(new asyncio.CancelledError().args).to.deep.equal([]);
    expect(new asyncio.CancelledError().message).to.equal('');
    const token = {};
    for (const message of [
      'text',
      5,
      null,
      undefined,
      token,
      Symbol('symbol'),
      Object.create(null),
      () => 1,
    ]) {
      const error = new asyncio.CancelledError(message);
      expect(error.args).to.have.length(1);
      expect(error.args[0]).to.equal(message);
      expect(error.message).to.be.a('string');
    }
    expect(new asyncio.CancelledError('text').message).to.equal('text');
    expect(new asyncio.CancelledError('a', 'b').args).to.deep.equal(['a', 'b']);
  });

  it('CancelledError never calls code of its message that throws', () => {
    const hostile = {
      toString(): never {
        throw new Error('toString was called');
      },
    };
    expect(new asyncio.CancelledError(hostile).args[0]).to.equal(hostile);
  });

  it('SystemExit keeps its code', () => {
    expect(new asyncio.SystemExit().code).to.equal(undefined);
    expect(new asyncio.SystemExit(3).code).to.equal(3);
    expect(new asyncio.SystemExit(3).message).to.equal('3');
  });

  it('IncompleteReadError tells what was read and what was asked for', () => {
    const partial = new Uint8Array([1, 2]);
    const error = new asyncio.IncompleteReadError(partial, 5);
    expect(error.partial).to.equal(partial);
    expect(error.expected).to.equal(5);
    expect(error.message).to.equal('2 bytes read on a total of 5 expected bytes');
    const unknown = new asyncio.IncompleteReadError(partial);
    expect(unknown.expected).to.equal(undefined);
    expect(unknown.message).to.equal('2 bytes read on a total of undefined expected bytes');
  });

  it('LimitOverrunError tells how far it looked', () => {
    const error = new asyncio.LimitOverrunError('too far', 17);
    expect(error.consumed).to.equal(17);
    expect(error.message).to.equal('too far');
  });

  it('isCancelled() is true for cancellation only', () => {
    class Special extends asyncio.CancelledError {}
    expect(asyncio.isCancelled(new asyncio.CancelledError())).to.equal(true);
    expect(asyncio.isCancelled(new Special('m'))).to.equal(true);
    for (const other of [
      new asyncio.KeyboardInterrupt(),
      new asyncio.BaseException(),
      new Error('CancelledError'),
      new DOMException('aborted', 'AbortError'),
      { name: 'CancelledError' },
      'CancelledError',
      null,
      undefined,
      0,
      () => undefined,
    ]) {
      expect(asyncio.isCancelled(other)).to.equal(false);
    }
  });

  it('isBaseException() is true for what Python keeps outside Exception', () => {
    for (const error of [
      new asyncio.BaseException(),
      new asyncio.CancelledError(),
      new asyncio.KeyboardInterrupt(),
      new asyncio.SystemExit(),
    ]) {
      expect(asyncio.isBaseException(error)).to.equal(true);
    }
    for (const other of [
      new Error('m'),
      new asyncio.RuntimeError('m'),
      new asyncio.TimeoutError('m'),
      null,
      undefined,
      'm',
    ]) {
      expect(asyncio.isBaseException(other)).to.equal(false);
    }
  });

  it('an exception group that holds a cancellation or an exit is outside Exception too', () => {
    // In Python `except Exception` lets it pass, so rethrowIfCancelled() must throw it.
    const group = new asyncio.BaseExceptionGroup('m', [new asyncio.KeyboardInterrupt(), new Error('e')]);
    expect(() => asyncio.rethrowIfCancelled(group)).to.throw(group as never);
    expect(() =>
      asyncio.rethrowIfCancelled(new asyncio.ExceptionGroup('m', [new Error('e')])),
    ).not.to.throw();
  });

  it('are recognised when they come from another copy of the library', () => {
    // Another copy has other classes with the same registered symbols.
    class OtherBase extends Error {}
    Object.defineProperty(OtherBase.prototype, Symbol.for('asyncio-web.BaseException'), { value: true });
    class OtherCancelled extends OtherBase {}
    Object.defineProperty(OtherCancelled.prototype, Symbol.for('asyncio-web.CancelledError'), {
      value: true,
    });
    expect(asyncio.isCancelled(new OtherCancelled())).to.equal(true);
    expect(asyncio.isBaseException(new OtherCancelled())).to.equal(true);
    expect(asyncio.isCancelled(new OtherBase())).to.equal(false);
    expect(() => asyncio.rethrowIfCancelled(new OtherBase())).to.throw(OtherBase);
  });

  it('rethrowIfCancelled() throws the same object again, or does nothing', () => {
    for (const error of [
      new asyncio.CancelledError('m'),
      new asyncio.KeyboardInterrupt(),
      new asyncio.SystemExit(1),
    ]) {
      let thrown: unknown;
      try {
        asyncio.rethrowIfCancelled(error);
      } catch (again) {
        thrown = again;
      }
      expect(thrown).to.equal(error);
    }
    for (const other of [new Error('m'), new asyncio.TimeoutError(), 'text', null, undefined, 0]) {
      asyncio.rethrowIfCancelled(other);
    }
  });

  it('are the global errors where JavaScript has them: nothing shadows Error', () => {
    expect(asyncio).not.to.have.property('Error');
    expect(asyncio).not.to.have.property('ValueError');
  });
});
