import { relative } from 'node:path';
import { z } from 'zod';
import { checkMisconfiguration } from '../check-misconfiguration.ts';
import { regoFiles } from '../pack-annotations.ts';
import { regoFlags } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckStep, Problem } from './check-step.ts';
import type { OpaPool } from './opa-pool.ts';

const Errors = z.object({
  errors: z.array(
    z.object({
      message: z.string(),
      code: z.string(),
      location: z.object({ file: z.string(), row: z.int() }).optional(),
    }),
  ),
});

async function checkStrictly(opa: OpaPool, pack: PackSources): Promise<Problem[]> {
  const files = regoFiles([...pack.bundled, ...pack.tests]);
  const args = ['check', '--strict', '--format', 'json', '--max-errors', '100', ...regoFlags(pack), ...files];
  const { status, stdout, stderr } = await opa.run(args, { cwd: pack.folder });
  if (status === 0) return [];
  const { data } = Errors.safeParse(parseOrNothing(stderr || stdout));
  if (!data) return [{ place: relative('.', pack.folder), message: (stderr || stdout).trim(), fix: 'Mend what OPA cannot read.' }];
  return data.errors.map(({ message, code, location }) => ({
    place: relative('.', location ? `${pack.folder}/${location.file}:${location.row}` : pack.folder),
    message: `${code}: ${message}`,
    fix: 'Mend the rule; `opa check --strict` says the same.',
  }));
}

function parseOrNothing(printed: string): unknown {
  try {
    return JSON.parse(printed);
  } catch {
    return undefined;
  }
}

/** OPA's strict compiler finds nothing, and neither does our guard against rules that say less than they seem to. */
export const checkLint: CheckStep = {
  name: 'lint',
  needsOpa: true,
  async run({ opa }, pack) {
    const problems = await checkStrictly(opa, pack);
    // The guard reads what OPA parsed: where OPA cannot, there is nothing to guard.
    if (problems.length > 0) return { facts: 'opa check --strict; the misconfiguration guard waits for it', problems };
    // What a rule does not say about itself is said by the step annotations, once.
    const guarded = checkMisconfiguration(opa.path, pack).filter(({ code }) => code !== 'missing-solution');
    const found = guarded.map(({ code, place, message, fix }) => ({
      place,
      message: `${code}: ${message}`,
      fix,
    }));
    return { facts: 'opa check --strict, misconfiguration guard', problems: found };
  },
};
