import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { Random, seed } from '../support/random.ts';

const { Context, ContextVar, copyContext, Token } = asyncio;

describe('ContextVar', () => {
  it('get() gives the value set, else the fallback, else the default, else throws RangeError', () => {
    const plain = new ContextVar<number>('plain');
    const withDefault = new ContextVar('withDefault', { defaultValue: 1 });
    expect(() => plain.get()).to.throw(RangeError, "<ContextVar name='plain'>");
    expect(plain.get(2)).to.equal(2);
    expect(withDefault.get()).to.equal(1);
    expect(withDefault.get(2)).to.equal(2);
    new Context().run(() => {
      plain.set(3);
      withDefault.set(4);
      expect([plain.get(), plain.get(0), withDefault.get(), withDefault.get(0)]).to.deep.equal([3, 3, 4, 4]);
    });
  });

  it('undefined and null are values like any other', () => {
    const variable = new ContextVar<number | null | undefined>('variable');
    new Context().run(() => {
      expect(variable.get(undefined)).to.equal(undefined);
      variable.set(undefined);
      expect(variable.get()).to.equal(undefined);
      expect(variable.get(1)).to.equal(undefined);
      variable.set(null);
      expect(variable.get(1)).to.equal(null);
    });
    expect(new ContextVar('v', { defaultValue: undefined }).get()).to.equal(undefined);
  });

  it('has a name, which must be a string', () => {
    expect(new ContextVar('the name').name).to.equal('the name');
    for (const bad of [1, null, undefined, {}]) {
      expect(() => new ContextVar(bad as never)).to.throw(TypeError, 'context variable name must be a str');
    }
  });

  it('two variables of one name are two variables', () => {
    const first = new ContextVar<number>('same');
    const second = new ContextVar<number>('same');
    new Context().run(() => {
      first.set(1);
      expect(second.get(0)).to.equal(0);
    });
  });

  it('set() gives a token that remembers the variable and its old value', () => {
    new Context().run(() => {
      const variable = new ContextVar<number>('variable', { defaultValue: 0 });
      const first = variable.set(1);
      const second = variable.set(2);
      expect(first).to.be.instanceOf(Token);
      expect([first.var, second.var]).to.have.ordered.members([variable, variable]);
      // A default is no value that was set.
      expect(first.oldValue).to.equal(Token.MISSING);
      expect(second.oldValue).to.equal(1);
    });
  });

  it('reset() gives the variable its old value, or none', () => {
    new Context().run(() => {
      const variable = new ContextVar<number>('variable');
      const first = variable.set(1);
      const second = variable.set(2);
      variable.reset(second);
      expect(variable.get()).to.equal(1);
      variable.reset(first);
      expect(() => variable.get()).to.throw(RangeError);
      expect(copyContext().has(variable as never)).to.equal(false);
    });
  });

  it('reset() takes tokens out of order', () => {
    new Context().run(() => {
      const variable = new ContextVar<number>('variable');
      const first = variable.set(1);
      const second = variable.set(2);
      variable.reset(first);
      expect(variable.get('none' as never)).to.equal('none');
      variable.reset(second);
      expect(variable.get()).to.equal(1);
    });
  });

  it('reset() refuses a used token, one of another variable, one of another context, and what is none', () => {
    const variable = new ContextVar<number>('variable');
    const other = new ContextVar<number>('other');
    new Context().run(() => {
      const used = variable.set(1);
      variable.reset(used);
      expect(() => variable.reset(used)).to.throw(asyncio.RuntimeError, 'has already been used once');
      const foreign = other.set(1);
      expect(() => variable.reset(foreign)).to.throw(RangeError, 'created by a different ContextVar');
      const elsewhere = new Context().run(() => variable.set(1));
      expect(() => variable.reset(elsewhere)).to.throw(RangeError, 'created in a different Context');
      const copied = variable.set(5);
      expect(() => copyContext().run(() => variable.reset(copied))).to.throw(
        RangeError,
        'a different Context',
      );
      variable.reset(copied);
      for (const bad of [{}, null, 1]) {
        expect(() => variable.reset(bad as never)).to.throw(TypeError, 'expected an instance of Token');
      }
    });
  });

  it('a token can be disposed of, as using does at the end of its block', () => {
    // Not every engine has the symbol yet; what compilers put in its place is the registered one.
    const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
    new Context().run(() => {
      const variable = new ContextVar('variable', { defaultValue: 'default' });
      const token = variable.set('inside');
      expect(variable.get()).to.equal('inside');
      token[dispose]();
      expect(variable.get()).to.equal('default');
      expect(() => token[dispose]()).to.throw(asyncio.RuntimeError, 'has already been used once');
    });
  });
});

describe('Context', () => {
  it('run() passes arguments and gives the result', () => {
    const context = new Context();
    expect(context.run((a: number, b: number) => a + b, 1, 2)).to.equal(3);
    expect(context.run(() => undefined)).to.equal(undefined);
  });

  it('run() keeps what is set inside, and shows nothing of it outside', () => {
    const variable = new ContextVar('variable', { defaultValue: 'outside' });
    const context = new Context();
    context.run(() => variable.set('inside'));
    expect(variable.get()).to.equal('outside');
    expect(context.get(variable)).to.equal('inside');
    expect(context.run(() => variable.get())).to.equal('inside');
  });

  it('run() leaves the context also when the function throws', () => {
    const variable = new ContextVar('variable', { defaultValue: 'outside' });
    const context = new Context();
    expect(() =>
      context.run(() => {
        variable.set('inside');
        throw new Error('boom');
      }),
    ).to.throw('boom');
    expect(variable.get()).to.equal('outside');
    expect(context.run(() => variable.get())).to.equal('inside');
  });

  it('a context that is entered cannot be entered again, also not further in', () => {
    const context = new Context();
    const entered = [asyncio.RuntimeError, 'cannot enter context'] as const;
    context.run(() => {
      expect(() => context.run(() => undefined)).to.throw(...entered);
      new Context().run(() => expect(() => context.run(() => undefined)).to.throw(...entered));
      // The refusal leaves everything as it was.
      expect(() => context.run(() => undefined)).to.throw(...entered);
    });
    expect(context.run(() => 'free again')).to.equal('free again');
  });

  it('nested contexts do not see each other', () => {
    const variable = new ContextVar('variable', { defaultValue: 0 });
    const outer = new Context();
    const inner = new Context();
    outer.run(() => {
      variable.set(1);
      inner.run(() => {
        expect(variable.get()).to.equal(0);
        variable.set(2);
      });
      expect(variable.get()).to.equal(1);
    });
    expect([outer.get(variable), inner.get(variable)]).to.deep.equal([1, 2]);
  });

  it('is a mapping from variables to values', () => {
    const first = new ContextVar<number>('first');
    const second = new ContextVar<string>('second');
    const absent = new ContextVar<number>('absent', { defaultValue: 9 });
    const context = new Context();
    expect([
      context.size,
      [...context],
      [...context.keys()],
      [...context.values()],
      [...context.entries()],
    ]).to.deep.equal([0, [], [], [], []]);
    context.run(() => {
      first.set(1);
      second.set('two');
    });
    expect(context.size).to.equal(2);
    expect([...context]).to.have.ordered.members([first, second]);
    expect([...context.keys()]).to.have.ordered.members([first, second]);
    expect([...context.values()]).to.deep.equal([1, 'two']);
    expect([...context.entries()].map(([variable, value]) => [variable.name, value])).to.deep.equal([
      ['first', 1],
      ['second', 'two'],
    ]);
    expect([context.has(first as never), context.has(absent as never)]).to.deep.equal([true, false]);
    expect([context.get(first), context.get(absent), context.get(absent, 5)]).to.deep.equal([
      1,
      undefined,
      5,
    ]);
  });

  it('a copy has the same values, and sets on one side do not show on the other', () => {
    const variable = new ContextVar<number>('variable');
    const original = new Context();
    original.run(() => variable.set(1));
    const copy = original.copy();
    const second = original.copy();
    expect(copy).not.to.equal(original);
    expect(copy.get(variable)).to.equal(1);
    copy.run(() => variable.set(2));
    original.run(() => variable.set(3));
    expect([original, copy, second].map((context) => context.get(variable))).to.deep.equal([3, 2, 1]);
  });

  it('a copy can be made and run of the context that is entered', () => {
    const variable = new ContextVar('variable', { defaultValue: 0 });
    const context = new Context();
    context.run(() => {
      variable.set(1);
      const copy = context.copy();
      copy.run(() => {
        expect(variable.get()).to.equal(1);
        variable.set(2);
      });
      expect(variable.get()).to.equal(1);
    });
  });

  it('a reset to no value in a copy does not show in the original', () => {
    const variable = new ContextVar<number>('variable');
    const context = new Context();
    context.run(() => {
      const token = variable.set(1);
      const copy = copyContext();
      variable.reset(token);
      expect(context.has(variable as never)).to.equal(false);
      expect(copy.get(variable)).to.equal(1);
    });
  });

  it('copyContext() is a copy of the current one', () => {
    const variable = new ContextVar('variable', { defaultValue: 'outside' });
    const context = new Context();
    context.run(() => {
      variable.set('inside');
      const copy = copyContext();
      expect(copy).not.to.equal(context);
      variable.set('later');
      expect(copy.get(variable)).to.equal('inside');
    });
  });

  it(`copies behave as real copies through random sets, resets and copies (seed ${seed})`, () => {
    const random = new Random();
    const variables = Array.from({ length: 5 }, (_, i) => new ContextVar<number>(`v${i}`));
    const contexts: [asyncio.Context, Map<asyncio.ContextVar<number>, number>][] = [
      [new Context(), new Map()],
    ];
    for (let step = 0; step < 3000; step += 1) {
      const [context, model] = random.pick(contexts);
      const variable = random.pick(variables);
      switch (random.below(3)) {
        case 0:
          context.run(() => variable.set(step));
          model.set(variable, step);
          break;
        case 1:
          context.run(() => {
            const token = variable.set(-1);
            variable.reset(token);
          });
          break;
        default:
          contexts.push([context.copy(), new Map(model)]);
          if (contexts.length > 20) contexts.splice(random.below(20), 1);
      }
      const differs = contexts.some(
        ([actual, expected]) =>
          actual.size !== expected.size || variables.some((each) => actual.get(each) !== expected.get(each)),
      );
      if (differs) expect.fail(`a copy differs after step ${step}`);
    }
  });
});
