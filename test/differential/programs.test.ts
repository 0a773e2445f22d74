import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { expectEqualTraces, readTraces } from './compare.ts';
import type { Program, Programs } from './log.ts';
import { createLog } from './log.ts';
import { callbacks } from './programs/callbacks.ts';
import { cancel } from './programs/cancel.ts';
import { combinators } from './programs/combinators.ts';
import { eager } from './programs/eager.ts';
import { groups } from './programs/groups.ts';
import { handlers } from './programs/handlers.ts';
import { locks } from './programs/locks.ts';
import { loops } from './programs/loops.ts';
import { passes } from './programs/passes.ts';
import { queues } from './programs/queues.ts';
import { tasks } from './programs/tasks.ts';
import { timeouts } from './programs/timeouts.ts';

const TOPICS: Readonly<Record<string, Programs>> = {
  callbacks,
  cancel,
  combinators,
  eager,
  groups,
  handlers,
  locks,
  loops,
  passes,
  queues,
  tasks,
  timeouts,
};

/** Runs one program and gives its steps. A coroutine is run by `run`; an async function runs its loops itself. */
async function runProgram(program: Program): Promise<readonly string[]> {
  const log = createLog();
  try {
    const started = program(log);
    const result = asyncio.iscoroutine(started)
      ? asyncio.run(started, { loopFactory: log.newLoop })
      : started;
    log('returned', await result);
  } catch (error) {
    log('raised', error);
  }
  return log.steps;
}

for (const [topic, programs] of Object.entries(TOPICS)) {
  describe(`${topic}, step by step as on CPython`, () => {
    let traces: Map<string, string[]>;
    before(async () => {
      traces = await readTraces(topic);
    });

    it('every program has a trace, and every trace a program', () => {
      expect(Object.keys(programs)).to.deep.equal([...traces.keys()]);
    });

    for (const [name, program] of Object.entries(programs)) {
      it(name, async () => {
        const where = `test/differential/programs/${topic}.py and ${topic}.ts`;
        expectEqualTraces(`${name} of ${where}`, await runProgram(program), traces.get(name) ?? []);
      });
    }
  });
}
