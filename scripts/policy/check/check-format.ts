import { relative } from 'node:path';
import { regoFiles } from '../pack-annotations.ts';
import { regoFlags } from '../pack-manifest.ts';
import type { CheckStep, Problem } from './check-step.ts';

/** Every file of rules and tests is laid out as `opa fmt` does it. */
export const checkFormat: CheckStep = {
  name: 'format',
  needsOpa: true,
  async run({ opa }, pack) {
    const files = regoFiles([...pack.bundled, ...pack.tests]);
    const found = await Promise.all(
      files.map(async (file): Promise<Problem[]> => {
        const { status, stdout, stderr } = await opa.run(['fmt', '--fail', '--diff', ...regoFlags(pack), file], { cwd: pack.folder });
        const place = relative('.', `${pack.folder}/${file}`);
        if (status === 0) return [];
        const lines = stdout.split('\n').filter((line) => /^[-+](?![-+])/.test(line));
        return lines.length > 0
          ? [
              {
                place,
                message: `is not laid out as opa fmt does it, for example: ${lines.slice(0, 2).join(' → ')}`,
                fix: `opa fmt -w ${place}`,
              },
            ]
          : [{ place, message: (stderr || stdout).trim(), fix: 'Mend what OPA cannot read.' }];
      }),
    );
    return { facts: `${files.length} files`, problems: found.flat() };
  },
};
