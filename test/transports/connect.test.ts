// From a URL to its channel, and channels of one's own.

import * as asyncio from 'asyncio-web';
import type { Channel } from 'asyncio-web/lowlevel';
import { SimLoop } from 'asyncio-web/testing';
import { expect } from 'chai';
import { FakeChannel, RecordingProtocol } from '../support/fake-channel.ts';
import { simulate } from '../support/loops.ts';
import { raised } from '../support/outcomes.ts';

const factory = (): asyncio.Protocol => new asyncio.Protocol();

describe('the URL of a connection', () => {
  it('must be one', () =>
    simulate(function* () {
      const error = yield* raised(asyncio.getRunningLoop().createConnection(factory, 'http://['));
      expect(error).to.be.instanceOf(RangeError);
      expect((error as Error).message).to.equal("Cannot use 'http://[': it is not a URL");
    }));

  it('must have a scheme that there is a channel for', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      for (const url of ['gopher://example.org/', 'toString:x', 'constructor:x']) {
        const error = yield* raised(loop.createConnection(factory, url));
        expect(error, url).to.be.instanceOf(RangeError);
        expect((error as Error).message).to.match(
          /^Cannot use a URL that begins with '\w+:': the channels are .*mem:/,
        );
      }
    }));

  it('must be for what the channel can do', () =>
    simulate(function* () {
      const error = yield* raised(asyncio.getRunningLoop().createDatagramEndpoint(factory, 'mem:x'));
      expect(error).to.be.instanceOf(RangeError);
      expect((error as Error).message).to.equal(
        "Cannot use 'mem:x': a 'mem:' URL cannot be used for datagrams",
      );
    }));

  it('may be a URL object', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      const server = yield* loop.createServer(factory, new URL('mem:object'));
      const [transport] = yield* loop.createConnection(factory, new URL('mem:object'));
      transport.close();
      server.close();
      yield* server.waitClosed();
    }));

  it('comes with a factory that is a function', () =>
    simulate(function* () {
      const loop = asyncio.getRunningLoop();
      for (const made of [
        loop.createConnection(new asyncio.Protocol() as never, 'mem:x'),
        loop.createServer(null as never, 'mem:x'),
      ]) {
        const error = yield* raised(made);
        expect(error).to.be.instanceOf(TypeError);
        expect((error as Error).message).to.match(/^a callable object was expected as protocolFactory, got /);
      }
    }));
});

describe('channelFor', () => {
  /** A channel of a loop author: it connects to nothing, and notes what it was asked. */
  class OwnLoop extends SimLoop {
    readonly asked: unknown[] = [];
    override *channelFor(scheme: string): asyncio.Coroutine<Channel> {
      if (scheme !== 'own:') return yield* super.channelFor(scheme);
      const { asked } = this;
      return {
        *connect<P extends asyncio.ProtocolLike>(
          loop: asyncio.AbstractEventLoop,
          protocolFactory: () => P,
          url: URL,
          options: asyncio.ConnectionOptions,
        ): asyncio.Coroutine<[asyncio.TransportLike, P]> {
          asked.push(loop, url.href, options);
          const protocol = protocolFactory();
          const waiter = new asyncio.Future<void>();
          const transport = new FakeChannel(loop, protocol, { waiter, extra: { url: url.href } });
          yield* waiter;
          return [transport, protocol];
        },
      };
    }
  }

  it('lets a loop bring a channel of its own, and leaves the others', () => {
    const loop = new OwnLoop();
    return asyncio.run(
      function* () {
        const options: object = { anything: 1 };
        const [transport, protocol] = yield* loop.createConnection(
          () => new RecordingProtocol(),
          'own:place',
          options,
        );
        expect(loop.asked).to.deep.equal([loop, 'own:place', options]);
        expect(protocol.calls).to.deep.equal(['made']);
        expect(transport.getExtraInfo('url')).to.equal('own:place');
        transport.close();
        const server = yield* loop.createServer(factory, 'mem:also');
        server.close();
        const error = yield* raised(loop.createServer(factory, 'own:place'));
        expect((error as Error).message).to.equal("Cannot use 'own:place': a 'own:' URL cannot be served");
      },
      { loopFactory: () => loop },
    );
  });

  it('is what streams are opened by', () =>
    asyncio.run(
      function* () {
        const [, writer] = yield* asyncio.openConnection('own:place');
        expect(writer.transport).to.be.instanceOf(FakeChannel);
        writer.close();
      },
      { loopFactory: () => new OwnLoop() },
    ));
});
