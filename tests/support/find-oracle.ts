import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../.oracles/', import.meta.url));

/** A stock tool that checks our formats from outside, or undefined where CI did not install it (`node scripts/oracles.ts`). */
export function findOracle(name: 'cosign3' | 'cosign2' | 'opa'): string | undefined {
  const path = `${folder}${name}`;
  return existsSync(path) ? path : undefined;
}
