// ContextTest of Lib/test/test_context.py of CPython 3.13; the tests of tokens as context managers are those of 3.14.
//
// Where the original compares whole contexts, their variables are compared here.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { raise, ZeroDivisionError } from './support.ts';

const { Context, ContextVar, copyContext, Token } = asyncio;

// What a page that compiles `using` for an older engine brings along.
if (!Reflect.has(Symbol, 'dispose')) {
  Object.defineProperty(Symbol, 'dispose', { value: Symbol.for('Symbol.dispose') });
}

/** A test in a context of its own: CPython's decorator of the same name. */
const isolatedContext = (test: () => void) => (): void => new Context().run(test);

/** Calls what it is given something that its type forbids. */
const untyped = (value: unknown): never => value as never;

/** Python's `with token:`. */
function withToken<T>(token: asyncio.Token<T>, body: (token: asyncio.Token<T>) => void): void {
  using held = token;
  body(held);
}

describe('ContextTest', () => {
  it('test_context_var_new_1', () => {
    expect(() => new ContextVar(...([] as unknown as [string]))).to.throw(TypeError, 'must be a str');
    expect(() => new ContextVar(untyped(1))).to.throw(TypeError, 'must be a str');

    const c = new ContextVar('aaa');
    expect(c.name).to.equal('aaa');

    // Assigning to `name` is refused by its type alone.
    expect(c).to.not.equal('aaa');
  });

  it(
    'test_context_var_repr_1',
    isolatedContext(() => {
      // Errors show the texts; there is no list in whose text the variable could meet itself.
      const c = new ContextVar('a', { defaultValue: 123 });
      const t = c.set(1);
      const other = new ContextVar<number>('b');
      expect(() => other.reset(t)).to.throw(RangeError, /<Token var=<ContextVar name='a' default=123\b/);
      c.reset(t);
      expect(() => c.reset(t)).to.throw(
        asyncio.RuntimeError,
        /<Token used var=<ContextVar name='a' default=123\b/,
      );
    }),
  );

  it('test_context_typerrors_1', () => {
    const ctx = new Context();

    expect(() => ctx.has(untyped(1))).to.throw(TypeError, 'ContextVar key was expected');
    expect(() => ctx.get(untyped(1))).to.throw(TypeError, 'ContextVar key was expected');
  });

  it('test_context_get_context_1', () => {
    const ctx = copyContext();
    expect(ctx).to.be.instanceOf(Context);
  });

  it('test_context_run_1', () => {
    const ctx = new Context();

    expect(() => untyped(ctx.run(...([] as unknown as [() => void])))).to.throw(TypeError);
    // And it has been left.
    expect(ctx.run(() => 1)).to.equal(1);
  });

  it('test_context_run_2', () => {
    const ctx = new Context();

    const func = (...args: unknown[]): unknown[] => [...args, 'bar'];

    for (const f of [func, func.bind(null)]) {
      expect(ctx.run(f)).to.deep.equal(['bar']);
      expect(ctx.run(f, 1)).to.deep.equal([1, 'bar']);

      // Keyword arguments are a final options object.
      const a = { a: 2 };
      expect(ctx.run(f, a)).to.deep.equal([{ a: 2 }, 'bar']);
      expect(ctx.run(f, 11, a)).to.deep.equal([11, { a: 2 }, 'bar']);
      expect(a).to.deep.equal({ a: 2 });
    }
  });

  it('test_context_run_3', () => {
    const ctx = new Context();

    const func = (..._args: unknown[]): void => raise(new ZeroDivisionError());

    expect(() => ctx.run(func)).to.throw(ZeroDivisionError);
    expect(() => ctx.run(func, 1, 2)).to.throw(ZeroDivisionError);
    expect(() => ctx.run(func, 1, 2, { a: 123 })).to.throw(ZeroDivisionError);
  });

  it(
    'test_context_run_4',
    isolatedContext(() => {
      const ctx1 = new Context();
      const ctx2 = new Context();
      const v = new ContextVar<string | null>('var');

      const func2 = () => {
        expect(v.get(null)).to.equal(null);
      };

      const func1 = () => {
        expect(v.get(null)).to.equal(null);
        v.set('spam');
        ctx2.run(func2);
        expect(v.get(null)).to.equal('spam');

        const cur = copyContext();
        expect(cur.size).to.equal(1);
        expect(cur.get(v)).to.equal('spam');
        return cur;
      };

      const returned = ctx1.run(func1);
      expect([...ctx1.entries()]).to.deep.equal([...returned.entries()]);
      expect(returned.get(v)).to.equal('spam');
      expect(returned.has(untyped(v))).to.equal(true);
    }),
  );

  it('test_context_run_5', () => {
    const ctx = new Context();
    const v = new ContextVar<string | null>('var');

    const func = () => {
      expect(v.get(null)).to.equal(null);
      v.set('spam');
      throw new ZeroDivisionError();
    };

    expect(() => ctx.run(func)).to.throw(ZeroDivisionError);

    expect(v.get(null)).to.equal(null);
  });

  it('test_context_run_6', () => {
    const ctx = new Context();
    const c = new ContextVar('a', { defaultValue: 0 });
    let calls = 0;

    const fun = () => {
      expect(c.get()).to.equal(0);
      expect(ctx.get(c)).to.equal(undefined);

      c.set(42);
      expect(c.get()).to.equal(42);
      expect(ctx.get(c)).to.equal(42);
      calls += 1;
    };

    ctx.run(fun);
    expect(calls).to.equal(1);
  });

  it('test_context_run_7', () => {
    const ctx = new Context();
    let calls = 0;

    const fun = () => {
      expect(() => ctx.run(fun)).to.throw(asyncio.RuntimeError, 'is already entered');
      calls += 1;
    };

    ctx.run(fun);
    expect(calls).to.equal(1);
  });

  it(
    'test_context_getset_1',
    isolatedContext(() => {
      const c = new ContextVar<number | string | null>('c');
      expect(() => c.get()).to.throw(RangeError);

      expect(c.get(null)).to.equal(null);

      const t0 = c.set(42);
      expect(c.get()).to.equal(42);
      expect(c.get(null)).to.equal(42);
      expect(t0.oldValue).to.equal(Token.MISSING);
      expect(t0.var).to.equal(c);

      const t = c.set('spam');
      expect(c.get()).to.equal('spam');
      expect(c.get(null)).to.equal('spam');
      expect(t.oldValue).to.equal(42);
      c.reset(t);

      expect(c.get()).to.equal(42);
      expect(c.get(null)).to.equal(42);

      c.set('spam2');
      expect(() => c.reset(t)).to.throw(asyncio.RuntimeError, 'has already been used');
      expect(c.get()).to.equal('spam2');

      const ctx1 = copyContext();
      expect(ctx1.has(untyped(c))).to.equal(true);

      c.reset(t0);
      expect(() => c.reset(t0)).to.throw(asyncio.RuntimeError, 'has already been used');
      expect(c.get(null)).to.equal(null);

      expect(ctx1.has(untyped(c))).to.equal(true);
      expect(ctx1.get(c)).to.equal('spam2');
      expect(ctx1.get(c, 'aa')).to.equal('spam2');
      expect(ctx1.size).to.equal(1);
      expect([...ctx1.entries()]).to.deep.equal([[c, 'spam2']]);
      expect([...ctx1.values()]).to.deep.equal(['spam2']);
      expect([...ctx1.keys()]).to.have.ordered.members([c]);
      expect([...ctx1]).to.have.ordered.members([c]);

      const ctx2 = copyContext();
      expect(ctx2.has(untyped(c))).to.equal(false);
      expect(ctx2.get(c)).to.equal(undefined); // the original's KeyError
      expect(ctx2.get(c, 'aa')).to.equal('aa');
      expect(ctx2.size).to.equal(0);
      expect([...ctx2]).to.deep.equal([]);
    }),
  );

  it(
    'test_context_getset_2',
    isolatedContext(() => {
      const v1 = new ContextVar<number>('v1');
      const v2 = new ContextVar<number>('v2');

      const t1 = v1.set(42);
      expect(() => v2.reset(t1)).to.throw(RangeError, 'by a different');
    }),
  );

  it(
    'test_context_getset_3',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });
      const ctx = new Context();
      let calls = 0;

      const fun = () => {
        expect(c.get()).to.equal(42);
        expect(ctx.get(c)).to.equal(undefined);
        expect(ctx.get(c, 'spam')).to.equal('spam');
        expect(ctx.has(untyped(c))).to.equal(false);
        expect([...ctx.keys()]).to.deep.equal([]);

        const t = c.set(1);
        expect([...ctx.keys()]).to.have.ordered.members([c]);
        expect(ctx.get(c)).to.equal(1);

        c.reset(t);
        expect([...ctx.keys()]).to.deep.equal([]);
        expect(ctx.get(c)).to.equal(undefined);
        calls += 1;
      };

      ctx.run(fun);
      expect(calls).to.equal(1);
    }),
  );

  it(
    'test_context_getset_4',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });
      const ctx = new Context();

      const tok = ctx.run(() => c.set(1));

      expect(() => c.reset(tok)).to.throw(RangeError, 'different Context');
    }),
  );

  it(
    'test_context_getset_5',
    isolatedContext(() => {
      const c = new ContextVar<number[]>('c', { defaultValue: [42] });
      c.set([]);

      const fun = () => {
        c.set([]);
        c.get().push(42);
        expect(c.get()).to.deep.equal([42]);
      };

      copyContext().run(fun);
      expect(c.get()).to.deep.equal([]);
    }),
  );

  it('test_context_copy_1', () => {
    const ctx1 = new Context();
    const c = new ContextVar('c', { defaultValue: 42 });
    let calls = 0;

    const ctx1Fun = () => {
      c.set(10);

      const ctx2 = ctx1.copy();
      expect(ctx2.get(c)).to.equal(10);

      c.set(20);
      expect(ctx1.get(c)).to.equal(20);
      expect(ctx2.get(c)).to.equal(10);

      ctx2.run(ctx2Fun);
      expect(ctx1.get(c)).to.equal(20);
      expect(ctx2.get(c)).to.equal(30);
      calls += 1;
    };

    const ctx2Fun = () => {
      expect(c.get()).to.equal(10);
      c.set(30);
      expect(c.get()).to.equal(30);
      calls += 1;
    };

    ctx1.run(ctx1Fun);
    expect(calls).to.equal(2);
  });

  it(
    'test_token_contextmanager_with_default',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });

      withToken(c.set(36), () => {
        expect(c.get()).to.equal(36);
      });

      expect(c.get()).to.equal(42);
    }),
  );

  it(
    'test_token_contextmanager_without_default',
    isolatedContext(() => {
      const c = new ContextVar<number>('c');

      withToken(c.set(36), () => {
        expect(c.get()).to.equal(36);
      });

      expect(() => c.get()).to.throw(RangeError, "<ContextVar name='c'");
    }),
  );

  it(
    'test_token_contextmanager_on_exception',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });

      const fun = () =>
        withToken(c.set(36), () => {
          expect(c.get()).to.equal(36);
          throw new RangeError('custom exception');
        });

      expect(fun).to.throw(RangeError, 'custom exception');
      expect(c.get()).to.equal(42);
    }),
  );

  it(
    'test_token_contextmanager_reentrant',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });

      const token = c.set(36);
      expect(() =>
        withToken(token, () =>
          withToken(token, () => {
            expect(c.get()).to.equal(36);
          }),
        ),
      ).to.throw(asyncio.RuntimeError, /<Token .+ has already been used once/);

      expect(c.get()).to.equal(42);
    }),
  );

  it(
    'test_token_contextmanager_multiple_c_set',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });

      withToken(c.set(36), () => {
        expect(c.get()).to.equal(36);
        c.set(24);
        expect(c.get()).to.equal(24);
        c.set(12);
        expect(c.get()).to.equal(12);
      });

      expect(c.get()).to.equal(42);
    }),
  );

  it(
    'test_token_contextmanager_with_explicit_reset_the_same_token',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });

      expect(() =>
        withToken(c.set(36), (token) => {
          expect(c.get()).to.equal(36);
          c.reset(token);

          expect(c.get()).to.equal(42);
        }),
      ).to.throw(asyncio.RuntimeError, /<Token .+ has already been used once/);

      expect(c.get()).to.equal(42);
    }),
  );

  it(
    'test_token_contextmanager_with_explicit_reset_another_token',
    isolatedContext(() => {
      const c = new ContextVar('c', { defaultValue: 42 });

      withToken(c.set(36), () => {
        expect(c.get()).to.equal(36);

        const token = c.set(24);
        expect(c.get()).to.equal(24);
        c.reset(token);
        expect(c.get()).to.equal(36);
      });

      expect(c.get()).to.equal(42);
    }),
  );
});
