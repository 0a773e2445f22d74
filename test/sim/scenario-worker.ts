// Run in a Worker: computes the table of hashes there.

import { hashTable } from './scenarios.ts';

globalThis.postMessage(hashTable());
