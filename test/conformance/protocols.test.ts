// CPython's test_protocols, under its names. That they have no `__dict__` is no matter of JavaScript's.

import * as asyncio from 'asyncio-web';
import { expect } from 'chai';

const transport = new asyncio.Transport();

/** What all of them have in common. */
function expectBase(protocol: asyncio.BaseProtocol): void {
  expect(protocol.connectionMade(transport)).to.equal(undefined);
  expect(protocol.connectionLost(null)).to.equal(undefined);
  expect(protocol.pauseWriting()).to.equal(undefined);
  expect(protocol.resumeWriting()).to.equal(undefined);
  expect(Object.keys(protocol)).to.deep.equal([]);
}

describe('ProtocolsAbsTests', () => {
  it('test_base_protocol', () => {
    expectBase(new asyncio.BaseProtocol());
  });

  it('test_protocol', () => {
    const protocol = new asyncio.Protocol();
    expectBase(protocol);
    expect(protocol.dataReceived(new Uint8Array(1))).to.equal(undefined);
    expect(protocol.eofReceived()).to.equal(undefined);
  });

  it('test_buffered_protocol', () => {
    const protocol = new asyncio.BufferedProtocol();
    expectBase(protocol);
    expect(protocol.getBuffer(100)).to.have.length(0);
    expect(protocol.bufferUpdated(150)).to.equal(undefined);
    expect(protocol.eofReceived()).to.equal(undefined);
  });

  it('test_datagram_protocol', () => {
    const protocol = new asyncio.DatagramProtocol();
    expectBase(protocol);
    expect(protocol.errorReceived(new Error())).to.equal(undefined);
    expect(protocol.datagramReceived(new Uint8Array(1), 'address')).to.equal(undefined);
  });
});
