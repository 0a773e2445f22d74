import { expect } from 'chai';
import { hashTable, SCENARIOS, SEEDS } from './scenarios.ts';

/** By scenario, the hashes of its seeds, separated by spaces. */
type Table = Readonly<Record<string, string>>;

/** Where two tables differ, as text. */
function differences(actual: Table, expected: Table): string[] {
  return Object.entries(expected).flatMap(([name, hashes]) => {
    const own = actual[name]?.split(' ') ?? [];
    return hashes
      .split(' ')
      .flatMap((hash, seed) =>
        own[seed] === hash ? [] : [`${name}, seed ${seed}: ${own[seed]}, not ${hash}`],
      );
  });
}

describe('the course of simulations is the same in every engine', () => {
  let recorded: Table;
  before(async () => {
    recorded = await (await fetch('/test/sim/hash-table.json')).json();
  });

  it('S30 the table has 20 scenarios of 50 seeds, and their hashes differ', () => {
    expect(Object.keys(recorded)).to.deep.equal(Object.keys(SCENARIOS));
    expect(Object.keys(recorded)).to.have.length(20);
    for (const hashes of Object.values(recorded)) expect(hashes.split(' ')).to.have.length(SEEDS);
    expect(new Set(Object.values(recorded).flatMap((hashes) => hashes.split(' '))).size).to.equal(20 * SEEDS);
  });

  it('S30 in the page', () => {
    expect(differences(hashTable(), recorded)).to.deep.equal([]);
  });

  it('S30 in a Worker', async () => {
    const worker = new Worker(new URL('scenario-worker.js', import.meta.url), { type: 'module' });
    try {
      const table = await new Promise<Table>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message || 'the Worker could not be loaded'));
      });
      expect(differences(table, recorded)).to.deep.equal([]);
    } finally {
      worker.terminate();
    }
  });
});
