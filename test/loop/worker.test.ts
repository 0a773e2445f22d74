import { expect } from 'chai';

/** What worker-program.ts tells of its loop. */
interface Told {
  readonly error?: string;
  readonly switches: number;
  readonly messages: number;
  readonly early: number;
  readonly frame: number;
  readonly fullSlices: number;
  readonly frameWaits: number;
}

describe('a loop in a dedicated Worker', () => {
  let told: Told;
  before(async () => {
    const worker = new Worker(new URL('./worker-program.js', import.meta.url), { type: 'module' });
    told = await new Promise<Told>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as Told);
      worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
    });
    worker.terminate();
    expect(told.error).to.equal(undefined);
  });

  it('stays busy over many slices', () => {
    expect(told.fullSlices).to.be.above(1);
    expect(told.switches).to.be.above(1000);
  });

  it('lets the messages of others in meanwhile', () => {
    expect(told.messages).to.be.above(0);
  });

  it('waits for no frames, also where workers have them', () => {
    expect(told.frameWaits).to.equal(0);
  });

  it('has timers that are not early', () => {
    expect(told.early).to.be.at.most(0.0025);
  });

  it('nextFrame() goes on, with frames or without', () => {
    expect(told.frame).to.be.above(0);
  });
});
