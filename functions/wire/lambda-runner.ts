/**
 * Runs tasks inside the worker Lambda, in child processes under Node's permission model. Other functions only need to know the level, for
 * plans; there is one level for all, so what the plan says is what the receipt will say.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SandboxRunner } from '../../runner/sandbox/sandbox-runner.ts';
import { McError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/port/clock.ts';
import type { Logger } from '../../shared/port/logger.ts';
import type { Runner, SandboxLevel } from '../../shared/port/runner.ts';

/** Lambda offers no namespaces, so nothing stronger is even tried. */
const level = 'node-permission' satisfies SandboxLevel;

/** Lambda ends an invocation after 15 minutes; the last one is for logs, digests and the completing write. */
const timeoutMaxMs = 14 * 60_000;

/** The runner of this function: the worker's when it runs tasks, else one that knows the level and refuses to provision. */
export function lambdaRunner(clock: Clock, logger: Logger, runsTasks: boolean): Runner {
  const sandboxes = runsTasks
    ? new SandboxRunner({ clock, logger, folder: join(tmpdir(), 'mc-tasks'), minimumLevel: level, highestLevel: level })
    : undefined;
  return {
    level: async () => level,
    async provision(spec) {
      if (sandboxes === undefined) throw new McError('mc:runner:refused', 'Only the worker function runs tasks.');
      if (spec.limits.timeoutMs > timeoutMaxMs) {
        throw new McError(
          'mc:runner:refused',
          `The task may take ${spec.limits.timeoutMs} ms; the AWS home ends tasks after ${timeoutMaxMs} ms. Lower \`timeout\` in the manifest.`,
        );
      }
      return sandboxes.provision(spec);
    },
  };
}
