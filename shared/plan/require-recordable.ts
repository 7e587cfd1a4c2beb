import { McError } from '../core/errors.ts';
import type { UnpricedTask } from './plan-tasks.ts';

/**
 * What packs see of the tasks stands in the decision about the run, in one item of at most 400 KB: this, rule data of 32 KB and reasons of 48 KB fit.
 * It is above what a manifest of 256 KB says for itself, so only what packages add to it can be too much.
 */
const maxBytes = 280 * 1024;

/** Throws `mc:manifest:too-large` when no decision about these tasks could be recorded: an answer here is one that can be mended. */
export function requireRecordable(tasks: readonly UnpricedTask[]): void {
  const seen = tasks.map(({ task: { id, uses, region, resourceClass, egress } }) => ({
    id,
    uses,
    region,
    resourceClass,
    egress,
    redacts: false,
  }));
  const bytes = Buffer.byteLength(JSON.stringify(seen));
  if (bytes <= maxBytes) return;
  const hosts = tasks.reduce((sum, { task }) => sum + task.egress.length, 0);
  const detail = `the ${tasks.length} tasks have ${bytes} bytes with the ${hosts} hosts that they or their packages ask for, allowed are ${maxBytes}`;
  throw new McError(
    'mc:manifest:too-large',
    `${detail}; give tasks an \`egress\` of their own with the hosts they call, or split the workflow`,
  );
}
