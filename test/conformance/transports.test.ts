// CPython's test_transports, under its names.

import * as asyncio from 'asyncio-web';
import { FlowControlTransport } from 'asyncio-web/lowlevel';
import { expect } from 'chai';
import { bytes, text } from '../support/bytes.ts';
import { simulate } from '../support/loops.ts';

describe('TransportTests', () => {
  it('test_ctor_extra_is_none', () => {
    expect(new asyncio.Transport()._extra).to.deep.equal({});
  });

  it('test_get_extra_info', () => {
    const transport = new asyncio.Transport({ extra: 'info' });
    expect(transport.getExtraInfo('extra')).to.equal('info');
    expect(transport.getExtraInfo('unknown')).to.equal(null);
    expect(transport.getExtraInfo('toString')).to.equal(null);
    const fallback = {};
    expect(transport.getExtraInfo('unknown', fallback)).to.equal(fallback);
  });

  it('test_writelines', () => {
    const written: string[] = [];
    class MyTransport extends asyncio.Transport {
      override write(data: Uint8Array): void {
        written.push(text(data));
      }
    }
    new MyTransport().writelines([
      bytes('line1'),
      bytes('line2').buffer,
      new DataView(bytes('line3').buffer),
    ]);
    expect(written).to.deep.equal(['line1line2line3']);
  });

  it('test_not_implemented', () => {
    const transport = new asyncio.Transport();
    const calls: (() => unknown)[] = [
      () => transport.setWriteBufferLimits(),
      () => transport.getWriteBufferSize(),
      () => transport.getWriteBufferLimits(),
      () => transport.write(bytes('data')),
      () => transport.writeEof(),
      () => transport.canWriteEof(),
      () => transport.pauseReading(),
      () => transport.resumeReading(),
      () => transport.isReading(),
      () => transport.close(),
      () => transport.abort(),
      () => transport.isClosing(),
      () => transport.setProtocol(new asyncio.Protocol()),
      () => transport.getProtocol(),
    ];
    for (const call of calls) expect(call, String(call)).to.throw(asyncio.NotImplementedError);
  });

  it('test_dgram_not_implemented', () => {
    const transport = new asyncio.DatagramTransport();
    expect(() => transport.sendto(bytes('data'))).to.throw(asyncio.NotImplementedError);
    expect(() => transport.abort()).to.throw(asyncio.NotImplementedError);
  });

  it('test_flowcontrol_mixin_set_write_limits', () =>
    simulate(function* () {
      class MyTransport extends FlowControlTransport {
        override getWriteBufferSize(): number {
          return 512;
        }
      }
      const transport = new MyTransport(asyncio.getRunningLoop());
      expect(transport._protocolPaused).to.equal(false);
      expect(() => transport.setWriteBufferLimits({ high: 0, low: 1 })).to.throw(
        RangeError,
        'high (0) must be >= low (1) must be >= 0',
      );
      transport.setWriteBufferLimits({ high: 1024, low: 128 });
      expect(transport._protocolPaused).to.equal(false);
      expect(transport.getWriteBufferLimits()).to.deep.equal([128, 1024]);
      transport.setWriteBufferLimits({ high: 256, low: 128 });
      expect(transport._protocolPaused).to.equal(true);
      expect(transport.getWriteBufferLimits()).to.deep.equal([128, 256]);
    }));
});
