/** Sandboxes that wait for their attempt are the same user's processes and folders beside the one that attacks. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBubblewrap } from '../../../runner/sandbox/bubblewrap-isolation.ts';
import { Spare } from '../../../runner/sandbox/warm/spare.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';
import type { EscapeCase, Target } from '../escape-case.ts';

/** A sandbox that waits; `isTouched` looks at it from outside. */
function waiting(isTouched: (spare: Spare) => boolean): () => Promise<Target> {
  return async () => {
    const base = mkdtempSync(join(tmpdir(), 'mc-waiting-'));
    const [isolation] = findBubblewrap(process.execPath).isolations;
    if (isolation === undefined) throw new Error('there is no bubblewrap here');
    const spare = await Spare.start(isolation, buildTaskSpec().limits, base);
    return {
      inputs: { entry: spare.folder.entry, pid: spare.process.innerPid ?? 0 },
      isHit: async () => {
        // What was killed takes a moment to be gone.
        await new Promise((done) => setTimeout(done, 300));
        return isTouched(spare);
      },
      dispose: async () => {
        await spare.discard();
        rmSync(base, { recursive: true, force: true });
      },
    };
  };
}

const left = ({ process }: Spare): string => `/proc/${process.innerPid}/root/scratch/left`;

export default [
  {
    from: 'node',
    group: 'waiting sandboxes',
    name: 'puts a module where that of the next attempt will be',
    stoppedBy: 'mount namespace',
    evidence: /^ENOENT/,
    target: waiting(({ folder }) => existsSync(folder.entry)),
    code: "fs.writeFileSync(inputs.entry, 'export default async () => ({ stolen: true })');",
  },
  {
    from: 'node',
    group: 'waiting sandboxes',
    name: 'ends the sandbox of the next attempt',
    stoppedBy: 'process namespace',
    evidence: /^ESRCH/,
    target: waiting((spare) => !spare.isUsable),
    code: "process.kill(inputs.pid, 'SIGKILL');",
  },
  {
    from: 'node',
    group: 'waiting sandboxes',
    name: 'leaves a file in the scratch of the next attempt',
    onlyProvenAsRoot: 'another user may not look into the root of a process',
    stoppedBy: 'process namespace',
    evidence: /^ENOENT/,
    target: waiting((spare) => existsSync(left(spare))),
    code: "fs.writeFileSync('/proc/' + inputs.pid + '/root/scratch/left', 'left');",
  },
] satisfies EscapeCase[];
