// The parser of server-sent events, wherever the text is cut. The cases are those of the HTML Standard.

import { expect } from 'chai';
import { ServerSentEventParser } from '../../src/transports/sse.ts';
import { Random } from '../support/random.ts';

const EXAMPLE = [
  ': a comment',
  '',
  'data: first',
  'data',
  'data: third',
  'id: 1',
  '',
  'event: add',
  'data:73857293',
  '',
  'event: none of these: there is no data',
  '',
  'data:  one space is taken off',
  'id',
  'retry: 2500',
  'retry: soon',
  'unknown: field',
  '',
  'id: bad\0id',
  'data: ü€😀',
  '',
  'data: never ended',
].join('\n');

const EXPECTED = [
  { type: 'message', data: 'first\n\nthird', lastEventId: '1' },
  { type: 'add', data: '73857293', lastEventId: '1' },
  { type: 'message', data: ' one space is taken off', lastEventId: '' },
  { type: 'message', data: 'ü€😀', lastEventId: '' },
];

describe('ServerSentEventParser', () => {
  for (const [name, end] of [
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ] as const) {
    it(`takes lines that end with ${name}, in one piece, in single characters, and cut at random`, () => {
      const text = EXAMPLE.replaceAll('\n', end);
      const random = new Random();
      const cuts = [[text], [...text], []] as string[][];
      for (let rest = text; rest !== ''; ) {
        const length = 1 + random.below(9);
        cuts[2]!.push(rest.slice(0, length), '');
        rest = rest.slice(length);
      }
      for (const pieces of cuts) {
        const parser = new ServerSentEventParser();
        expect(pieces.flatMap((piece) => parser.feed(piece))).to.deep.equal(EXPECTED);
        expect(parser.retry).to.equal(2.5);
      }
    });
  }

  it('an id counts when its event is complete', () => {
    const parser = new ServerSentEventParser('before');
    parser.feed('id: after\ndata: x\n');
    expect(parser.lastEventId).to.equal('before');
    parser.feed('\n');
    expect(parser.lastEventId).to.equal('after');
  });

  it('bounds an event, in whatever pieces it comes, and not the sum of events or comments', () => {
    const parser = new ServerSentEventParser('', 20);
    for (let n = 0; n < 100; n++) parser.feed(': keep-alive\ndata: short\n\n');
    expect(() => {
      for (let n = 0; n < 100; n++) parser.feed('x');
    }).to.throw(RangeError, 'longer than 20 characters');
  });
});
