import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const Count = z.coerce.number().int().min(1).max(10_000);

const Options = z.object({
  /** Folders of packs to check instead of those that this program ships with. */
  pack: z.array(z.string()).default([]),
  key: z.string().optional(),
  runs: Count.optional(),
  mutations: Count.optional(),
  seed: z.coerce.number().int().min(0).max(0xffffffff).optional(),
  report: z.string().endsWith('.md', 'the name of the report ends in .md; a .json of the same name is written beside it').optional(),
  nightly: z.boolean().default(false),
  'without-opa': z.boolean().default(false),
});

export interface CheckOptions {
  folders: string[];
  /** File of the public key that signed the bundles in these folders. */
  keyFile: string | undefined;
  runs: number;
  mutations: number;
  seed: number;
  report: string | undefined;
  withoutOpa: boolean;
  /** OPA processes at a time. */
  processes: number;
}

export const usage = `npm run policy:check -- [--pack FOLDER [--key FILE.pem]]... [--runs N] [--mutations N] [--seed N] [--report FILE.md] [--nightly] [--without-opa]
  --pack FOLDER    checks the pack in that folder instead of those in policy/packs; may be given several times
  --key FILE.pem   public key that must have signed the bundles in these folders
  --runs N         starts every test N times (5; with --nightly 100) and fails when one fails in more than 1 % of them
  --mutations N    broken variants of the goldens on which wasm and OPA are compared, a pack (400; with --nightly 3000)
  --seed N         of everything that is varied
  --report FILE.md writes the report, and a .json beside it
  --nightly        100 runs, 3000 variants, another seed every night, and the report in dist/policy-report.md
  --without-opa    checks what needs no OPA, and says what was not checked`;

/** Another seed is another test: by day it is always the same, so that a change is judged by what it changes. */
const seedByDay = 20_261_120;

/** Reads the command line, or tells what is wrong with it. `now` gives every night a seed of its own, in milliseconds. */
export function parseOptions(args: readonly string[], now: number): CheckOptions | { wrong: string } {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        pack: { ...text, multiple: true },
        key: text,
        runs: text,
        mutations: text,
        seed: text,
        report: text,
        nightly: flag,
        'without-opa': flag,
      },
    });
    const { pack, key, runs, mutations, seed, report, nightly, 'without-opa': withoutOpa } = Options.parse(values);
    return {
      folders: pack,
      keyFile: key,
      runs: runs ?? (nightly ? 100 : 5),
      mutations: mutations ?? (nightly ? 3000 : 400),
      seed: seed ?? (nightly ? Math.floor(now / 86_400_000) : seedByDay),
      report: report ?? (nightly ? 'dist/policy-report.md' : undefined),
      withoutOpa,
      processes: Math.max(2, availableParallelism()),
    };
  } catch (error) {
    if (error instanceof z.ZodError) return { wrong: z.prettifyError(error) };
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
