/** From TypeScript to a script: types are taken out and imports become calls; lines stay where they are. */

import { transform } from 'sucrase';
import type { Problem } from '../protocol.ts';

export function compile(code: string): { readonly script: string } | { readonly problem: Problem } {
  try {
    const { code: plain } = transform(code, {
      transforms: ['typescript', 'imports'],
      disableESTransforms: true,
      production: true,
      preserveDynamicImport: true,
    });
    return { script: plain };
  } catch (error) {
    return { problem: toProblem(error) };
  }
}

function toProblem(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  const at = /^(?:Error transforming [^:]*: )?([\s\S]*?)(?: \((\d+):(\d+)\))?$/.exec(message);
  return { message: at?.[1] ?? message, line: Number(at?.[2] ?? 1), column: Number(at?.[3] ?? 1) };
}
