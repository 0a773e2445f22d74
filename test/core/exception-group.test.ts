import * as asyncio from 'asyncio-web';
import { expect } from 'chai';

const { BaseExceptionGroup, ExceptionGroup } = asyncio;

describe('exception groups', () => {
  const range = new RangeError('range');
  const type = new TypeError('type');
  const syntax = new SyntaxError('syntax');
  const deepRange = new RangeError('deep range');
  const inner = new ExceptionGroup('inner', [syntax, deepRange]);
  const outer = new ExceptionGroup('outer', [range, type, inner]);

  /** Messages, nested as the group is. */
  type Shape = string | readonly [string, ...Shape[]];
  const shape = (error: Error | null): Shape | null =>
    error instanceof BaseExceptionGroup
      ? [error.message, ...error.exceptions.map((member) => shape(member) as Shape)]
      : (error?.message ?? null);

  it('are AggregateErrors with message, errors and exceptions', () => {
    expect(outer).to.be.instanceOf(AggregateError);
    expect(outer).to.be.instanceOf(BaseExceptionGroup);
    expect(outer.message).to.equal('outer');
    expect(outer.errors).to.have.ordered.members([range, type, inner]);
    expect(outer.exceptions).to.equal(outer.errors);
  });

  it('have the class name of asyncio and count their members as text', () => {
    expect(outer.name).to.equal('ExceptionGroup');
    expect(String(outer)).to.equal('ExceptionGroup: outer (3 sub-exceptions)');
    const single = new BaseExceptionGroup('one', [new asyncio.CancelledError()]);
    expect(single.name).to.equal('BaseExceptionGroup');
    expect(String(single)).to.equal('BaseExceptionGroup: one (1 sub-exception)');
  });

  it('take any iterable, and are not changed by it afterwards', () => {
    const members = [range, type];
    const group = new ExceptionGroup('m', members);
    members.pop();
    expect(group.errors).to.have.ordered.members([range, type]);
    expect(new ExceptionGroup('m', new Set([range])).errors).to.have.ordered.members([range]);
    expect(
      new ExceptionGroup(
        'm',
        (function* () {
          yield range;
          yield type;
        })(),
      ).errors,
    ).to.deep.equal([range, type]);
  });

  it('keep a cause', () => {
    const cause = new Error('cause');
    expect(new ExceptionGroup('m', [range], { cause }).cause).to.equal(cause);
    expect(new BaseExceptionGroup('m', [range], { cause }).cause).to.equal(cause);
  });

  it('an ExceptionGroup refuses what is outside Exception', () => {
    for (const error of [
      new asyncio.CancelledError(),
      new asyncio.KeyboardInterrupt(),
      new asyncio.SystemExit(),
    ]) {
      expect(() => new ExceptionGroup('m', [range, error])).to.throw(
        TypeError,
        'Cannot nest BaseExceptions in an ExceptionGroup',
      );
    }
  });

  it('an ExceptionGroup refuses a group that is itself outside Exception', () => {
    const base = new BaseExceptionGroup('base', [new asyncio.KeyboardInterrupt()]);
    expect(() => new ExceptionGroup('m', [base])).to.throw(
      TypeError,
      'Cannot nest BaseExceptions in an ExceptionGroup',
    );
    expect(new BaseExceptionGroup('m', [base]).errors).to.have.ordered.members([base]);
  });

  it('refuse to be empty, members that are no errors, and a message that is no string', () => {
    for (const Group of [ExceptionGroup, BaseExceptionGroup]) {
      expect(() => new Group('m', [])).to.throw(RangeError, 'must be a non-empty sequence');
      expect(() => new Group('m', [range, 'text' as never])).to.throw(
        RangeError,
        'Item 1 of second argument',
      );
      expect(() => new Group(5 as never, [range])).to.throw(TypeError, 'argument 1 must be str');
      expect(() => new Group('m', 5 as never)).to.throw(TypeError);
    }
  });

  it('split() by class gives both parts with their nesting', () => {
    const [match, rest] = outer.split(RangeError);
    expect(shape(match)).to.deep.equal(['outer', 'range', ['inner', 'deep range']]);
    expect(shape(rest)).to.deep.equal(['outer', 'type', ['inner', 'syntax']]);
    expect(match).to.be.instanceOf(ExceptionGroup);
    expect(rest).to.be.instanceOf(ExceptionGroup);
    expect(match?.errors[0]).to.equal(range);
  });

  it('split() by several classes, which Python takes as a tuple', () => {
    const [match, rest] = outer.split([RangeError, TypeError] as never);
    expect(shape(match)).to.deep.equal(['outer', 'range', 'type', ['inner', 'deep range']]);
    expect(shape(rest)).to.deep.equal(['outer', ['inner', 'syntax']]);
  });

  it('split() by a predicate asks groups before their members', () => {
    const asked: string[] = [];
    outer.split((error) => {
      asked.push(error.message);
      return false;
    });
    expect(asked).to.deep.equal(['outer', 'range', 'type', 'inner', 'syntax', 'deep range']);
    const [match, rest] = outer.split((error) => error === inner || error === range);
    expect(shape(match)).to.deep.equal(['outer', 'range', ['inner', 'syntax', 'deep range']]);
    expect(shape(rest)).to.deep.equal(['outer', 'type']);
    expect(match?.errors[1]).to.equal(inner);
  });

  it('split() gives the group itself where it matches as a whole, and null for an empty part', () => {
    expect(outer.split(Error)[0]).to.equal(outer);
    expect(outer.split(Error)[1]).to.equal(null);
    expect(outer.split(ExceptionGroup)).to.deep.equal([outer, null]);
    const [none, all] = outer.split(URIError);
    expect(none).to.equal(null);
    expect(shape(all)).to.deep.equal(shape(outer));
  });

  it('subgroup() is the first part of split()', () => {
    expect(shape(outer.subgroup(SyntaxError))).to.deep.equal(['outer', ['inner', 'syntax']]);
    expect(outer.subgroup(URIError)).to.equal(null);
    expect(outer.subgroup(Error)).to.equal(outer);
    expect(shape(outer.subgroup((error) => error === deepRange))).to.deep.equal([
      'outer',
      ['inner', 'deep range'],
    ]);
  });

  it('take classes of the platform as conditions', () => {
    const abort = new DOMException('aborted', 'AbortError');
    const group = new ExceptionGroup('m', [abort, range]);
    expect(group.subgroup(DOMException as never)?.errors).to.have.ordered.members([abort]);
  });

  it('a part of a BaseExceptionGroup without cancellations and exits is an ExceptionGroup', () => {
    const cancelled = new asyncio.CancelledError();
    const group = new BaseExceptionGroup('m', [
      cancelled,
      range,
      new BaseExceptionGroup('n', [cancelled, type]),
    ]);
    const [match, rest] = group.split(asyncio.CancelledError);
    expect(match?.constructor).to.equal(BaseExceptionGroup);
    expect(rest?.constructor).to.equal(ExceptionGroup);
    expect(shape(rest)).to.deep.equal(['m', 'range', ['n', 'type']]);
  });

  it('parts keep the stack and the cause', () => {
    const cause = new Error('cause');
    const group = new ExceptionGroup('m', [range, type], { cause });
    for (const part of group.split(RangeError)) {
      expect(part?.cause).to.equal(cause);
      expect(part?.stack).to.equal(group.stack);
    }
  });

  it('derive() of a subclass makes the parts', () => {
    class Coded extends ExceptionGroup {
      readonly code: number;
      constructor(message: string, errors: Iterable<Error>, code: number) {
        super(message, errors);
        this.code = code;
      }
      override derive(errors: Iterable<Error>): Coded {
        return new Coded(this.message, errors, this.code);
      }
    }
    const parts = new Coded('m', [range, type], 7).split(RangeError);
    for (const part of parts) {
      expect(part).to.be.instanceOf(Coded);
      expect((part as Coded).code).to.equal(7);
    }
    class Plain extends ExceptionGroup {}
    expect(new Plain('m', [range, type]).subgroup(RangeError)?.constructor).to.equal(ExceptionGroup);
  });

  it('derive() is called with the members and keeps the message', () => {
    const derived = outer.derive([type]);
    expect(derived.message).to.equal('outer');
    expect(derived.errors).to.have.ordered.members([type]);
    expect(derived.constructor).to.equal(ExceptionGroup);
    expect(outer.derive([new asyncio.CancelledError()]).constructor).to.equal(BaseExceptionGroup);
  });

  it('a condition that is neither class nor function is a TypeError', () => {
    for (const bad of [5, 'RangeError', null, undefined, {}, [5]]) {
      expect(() => outer.split(bad as never)).to.throw(TypeError);
      expect(() => outer.subgroup(bad as never)).to.throw(TypeError);
    }
  });
});
