/** Copies of a pack with nothing wrong (tests/fixtures/policy-check/calm), for tests that break one thing and see who notices. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { CheckContext, CheckSettings } from '../../scripts/policy/check/check-step.ts';
import { OpaPool } from '../../scripts/policy/check/opa-pool.ts';
import { findOpa } from '../../scripts/policy/find-opa.ts';
import { readPackSources, type PackSources } from '../../scripts/policy/pack-sources.ts';

const calm = fileURLToPath(new URL('../fixtures/policy-check/calm/', import.meta.url));
const baseQuestion = new URL('../../policy/goldens/input.json', import.meta.url);

export interface PackCopy {
  folder: string;
  /** What lies there now. */
  sources(): PackSources;
  /** Replaces `from`, which must be there, in a file; without `from` the whole file. */
  change(file: string, from: string | undefined, to: string): void;
  remove(): void;
}

/** A folder of its own for one test. */
export function copyCalmPack(): PackCopy {
  const home = mkdtempSync(join(tmpdir(), 'mc-pack-'));
  const folder = join(home, 'calm');
  cpSync(calm, folder, { recursive: true });
  return {
    folder,
    sources: () => readPackSources(home)[0]!,
    change: (file, from, to) => {
      const path = join(folder, file);
      const before = from === undefined ? '' : readFileSync(path, 'utf8');
      if (from !== undefined && !before.includes(from)) throw new Error(`${file} does not hold ${from}`);
      writeFileSync(path, from === undefined ? to : before.replaceAll(from, () => to));
    },
    remove: () => rmSync(home, { recursive: true }),
  };
}

/** What a step of the checks is given, with OPA where there is one. */
export function checkContext(more: Partial<CheckContext> & Partial<CheckSettings> = {}): CheckContext {
  const { runs = 2, seed = 1, mutations = 100, ...context } = more;
  const opa = findOpa();
  return {
    opa: new OpaPool(opa ?? 'opa', 2),
    hasOpa: opa !== undefined,
    settings: { runs, seed, mutations },
    base: z.json().parse(JSON.parse(readFileSync(baseQuestion, 'utf8'))),
    isShipped: false,
    key: undefined,
    ...context,
  };
}
