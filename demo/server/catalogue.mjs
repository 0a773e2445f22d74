// The URLs that the page starts with. Each comes with a promise: how fetching it ends, given at least 3 attempts and
// a timeout of 1 second.
//
// `attempts: 'all'` means that every attempt is used up.

/**
 * @typedef {object} Promised
 * @property {'ok' | 'HTTP error' | 'timeout' | 'network error' | 'invalid URL' | 'duplicate'} outcome
 * @property {number} [status]
 * @property {number | 'all'} attempts
 * @property {number} [bytes]
 */

/** Where nothing listens: a port that is nobody's by default, and that browsers do not refuse by themselves. */
const UNREACHABLE = 'http://127.0.0.1:2/';

const ok = (more) => ({ outcome: 'ok', status: 200, attempts: 1, ...more });
const httpError = (status, attempts = 1) => ({ outcome: 'HTTP error', status, attempts });
const networkError = { outcome: 'network error', attempts: 'all' };

/**
 * @param {string} elsewhere The second server's origin.
 * @returns {{title: string, urls: [url: string, promised: Promised][]}[]}
 */
export function createCatalogue(elsewhere) {
  const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return [
    {
      title: 'Answer at once, or soon',
      urls: [
        ...range(1, 8).map((n) => [`/api/slow?ms=0&n=${n}`, ok()]),
        ...range(1, 6).map((n) => [`/api/slow?ms=${n * 50}`, ok()]),
      ],
    },
    {
      title: 'Fail a few times, then recover',
      urls: [
        ...['a', 'b', 'c'].map((key) => [`/api/flaky?times=1&key=${key}`, ok({ attempts: 2 })]),
        ...['d', 'e', 'f'].map((key) => [`/api/flaky?times=2&key=${key}`, ok({ attempts: 3 })]),
        ['/api/flaky?times=1&key=g&status=429&retry=1', ok({ attempts: 2 })],
      ],
    },
    {
      title: 'Send bytes',
      urls: [
        ['/api/status?code=204', ok({ status: 204, bytes: 0 })],
        ...[0, 1, 65_536, 1_000_000, 5_000_000].map((count) => [
          `/api/bytes?count=${count}`,
          ok({ bytes: count }),
        ]),
        ['/api/bytes?count=40000&seconds=0.5', ok({ bytes: 40_000 })],
      ],
    },
    {
      title: 'Redirect',
      urls: [
        ...[1, 3, 5].map((hops) => [`/api/redirect?hops=${hops}`, ok()]),
        ['/api/redirect-loop', networkError],
      ],
    },
    {
      title: 'Fail for good',
      urls: [
        ...[400, 403, 404, 410].map((code) => [`/api/status?code=${code}`, httpError(code)]),
        ...[500, 503].map((code) => [`/api/status?code=${code}`, httpError(code, 'all')]),
      ],
    },
    {
      title: 'Never answer, or break off in the middle',
      urls: [
        ...[1, 2].map((n) => [`/api/hang?n=${n}`, { outcome: 'timeout', attempts: 'all' }]),
        ...[1000, 200_000].map((count) => [`/api/drop?count=${count}`, networkError]),
      ],
    },
    {
      title: 'Elsewhere: permitted, refused by CORS, unreachable',
      urls: [
        [`${elsewhere}/permitted`, ok()],
        [`${elsewhere}/refused`, networkError],
        [UNREACHABLE, networkError],
      ],
    },
    {
      title: 'Not to be fetched',
      urls: [
        ['http://', { outcome: 'invalid URL', attempts: 0 }],
        ['not a URL', { outcome: 'invalid URL', attempts: 0 }],
        ['/api/slow?ms=0&n=1', { outcome: 'duplicate', attempts: 0 }],
      ],
    },
  ];
}
