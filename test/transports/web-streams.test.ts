// Streams of asyncio as streams of the platform.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';
import { bytes, pattern, text } from '../support/bytes.ts';
import { simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';

describe('readableStreamOf', () => {
  it('gives what is read, up to the end', () =>
    simulate(function* () {
      const [[, writer], [reader]] = asyncio.memoryPair();
      const answer = asyncio.fromPromise(new Response(asyncio.readableStreamOf(reader)).arrayBuffer());
      writer.write(pattern(300_000));
      writer.close();
      expect(new Uint8Array(yield* answer)).to.deep.equal(pattern(300_000));
    }));

  it('reads nothing before it is asked', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      reader.feedData(bytes('hello'));
      const stream = asyncio.readableStreamOf(reader);
      yield* asyncio.sleep(1);
      expect(reader._buffer.length).to.equal(5);
      const { value } = yield* asyncio.fromPromise(stream.getReader().read());
      expect(text(value!)).to.equal('hello');
    }));

  it('has the error of the connection', () =>
    simulate(function* () {
      const reader = new asyncio.StreamReader();
      const native = asyncio.readableStreamOf(reader).getReader();
      const error = new asyncio.ConnectionResetError('reset');
      const reading = asyncio.fromPromise(native.read());
      yield* asyncio.sleep(0);
      reader.setException(error);
      expect(yield* raised(reading)).to.equal(error);
    }));

  it('stops reading when it is cancelled, and the reader can be read on', () =>
    simulate(function* () {
      const [[reader, writer], [, otherWriter]] = asyncio.memoryPair();
      const native = asyncio.readableStreamOf(reader).getReader();
      const reading = asyncio.fromPromise(native.read());
      yield* asyncio.sleep(0.01);
      yield* asyncio.fromPromise(native.cancel());
      expect((yield* reading).done).to.equal(true);
      yield* asyncio.sleep(0.01);
      otherWriter.write(bytes('for the next one'));
      expect(text(yield* reader.readexactly(16))).to.equal('for the next one');
      expect(asyncio.allTasks().size).to.equal(1);
      writer.close();
      otherWriter.close();
    }));
});

describe('writableStreamOf', () => {
  it('takes a stream that is piped into it, and closes the connection at its end', () =>
    simulate(function* () {
      const [[reader], [, writer]] = asyncio.memoryPair();
      const piping = asyncio.fromPromise(
        new Blob([pattern(300_000)]).stream().pipeTo(asyncio.writableStreamOf(writer)),
      );
      expect(yield* reader.read()).to.deep.equal(pattern(300_000));
      yield* piping;
      expect(writer.isClosing()).to.equal(true);
    }));

  it('is ready when drain() is', () =>
    simulate(function* () {
      const [[reader], [, writer]] = asyncio.memoryPair({ limit: 10 });
      const native = asyncio.writableStreamOf(writer).getWriter();
      const written = asyncio.fromPromise(native.write(pattern(300_000)));
      yield* asyncio.sleep(1);
      expect(written.done()).to.equal(false);
      expect(yield* reader.readexactly(300_000)).to.have.length(300_000);
      yield* written;
      yield* asyncio.fromPromise(native.close());
    }));

  it('has the error of the connection, and of what is no bytes', () =>
    simulate(function* () {
      const [, [, writer]] = asyncio.memoryPair();
      const text = asyncio.writableStreamOf(writer).getWriter();
      expect(yield* raised(asyncio.fromPromise(text.write('text' as never)))).to.be.instanceOf(TypeError);
      const [[, otherWriter], [, brokenWriter]] = asyncio.memoryPair();
      const native = asyncio.writableStreamOf(brokenWriter).getWriter();
      yield* asyncio.sleep(0);
      otherWriter.transport.abort();
      yield* asyncio.sleep(1);
      const error = yield* raised(asyncio.fromPromise(native.write(bytes('x'))));
      expect(error).to.be.instanceOf(asyncio.ConnectionResetError);
      writer.close();
    }));

  it('aborts the connection when it is aborted', () =>
    simulate(function* () {
      const [[reader], [, writer]] = asyncio.memoryPair();
      yield* asyncio.sleep(0);
      yield* asyncio.fromPromise(asyncio.writableStreamOf(writer).abort());
      expect(yield* raised(reader.read())).to.be.instanceOf(asyncio.ConnectionResetError);
    }));
});
