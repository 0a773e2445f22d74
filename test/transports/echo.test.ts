// One echo, over every channel: the table is in ../support/channels.ts.

import * as asyncio from 'asyncio-web';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { bytes, pattern, text } from '../support/bytes.ts';
import type { Connected, EchoChannel } from '../support/channels.ts';
import { CHANNELS } from '../support/channels.ts';

/** Sends back what comes, until the end. */
function* echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter): asyncio.Coroutine<void> {
  for (;;) {
    const data = yield* reader.read(65_536);
    if (data.length === 0) break;
    writer.write(data);
    yield* writer.drain();
  }
  writer.close();
  yield* writer.waitClosed();
}

function describeEcho(channel: EchoChannel, kind: string, loopFactory: () => asyncio.BaseEventLoop): void {
  /** A test with a connection, in a loop to which nothing may be reported. */
  function echoTest(title: string, body: (connected: Connected) => asyncio.Coroutine<void>): void {
    it(title, async () => {
      const reports: asyncio.ExceptionContext[] = [];
      await asyncio.run(
        function* () {
          asyncio.getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
          const connected = yield* channel.connect(echo);
          yield* body(connected);
          connected.writer.close();
          yield* connected.writer.waitClosed();
          yield* connected.end();
        },
        { loopFactory },
      );
      expect(reports).to.deep.equal([]);
    });
  }

  describe(`echo over ${channel.name} (${kind})`, () => {
    /** Where nothing comes back before everything is sent, it is said that this is everything. */
    const allSent = (writer: asyncio.StreamWriter): void => {
      if (channel.isHalfDuplex) writer.writeEof();
    };

    echoTest('gives a line back', function* ({ reader, writer }) {
      writer.write(bytes('hello\n'));
      allSent(writer);
      expect(text(yield* reader.readline())).to.equal('hello\n');
    });

    echoTest('keeps the order of many small pieces', function* ({ reader, writer }) {
      let sent = '';
      for (let index = 0; index < 500; index++) {
        const line = `${index}\n`;
        writer.write(bytes(line));
        sent += line;
        if (index % 50 === 0) yield* writer.drain();
      }
      allSent(writer);
      const lines: string[] = [];
      while (lines.length < 500) lines.push(text(yield* reader.readline()));
      expect(lines.join('')).to.equal(sent);
    });

    echoTest('carries a megabyte in both directions at once', function* ({ reader, writer }) {
      const size = 1 << 20;
      function* send() {
        for (let at = 0; at < size; at += 50_000) {
          writer.write(pattern(Math.min(50_000, size - at), at));
          yield* writer.drain();
        }
        allSent(writer);
      }
      const sending = asyncio.createTask(send());
      const data = yield* reader.readexactly(size);
      yield* sending;
      const expected = pattern(size);
      expect(data.every((byte, at) => byte === expected[at])).to.equal(true);
    });

    if (channel.canHalfClose) {
      echoTest('answers what came before the end, and ends', function* ({ reader, writer }) {
        writer.write(bytes('last words'));
        writer.writeEof();
        expect(text(yield* reader.read())).to.equal('last words');
        expect(reader.atEof()).to.equal(true);
      });
    }
  });
}

for (const channel of CHANNELS) {
  describeEcho(channel, 'BrowserEventLoop', () => new asyncio.BrowserEventLoop());
  if (channel.isVirtual) describeEcho(channel, 'SimLoop', () => new SimLoop());
}
