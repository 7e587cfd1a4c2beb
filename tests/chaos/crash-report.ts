import { z } from 'zod';
import { openPartitions } from '../../shared/execution/execution-record.ts';
import { getExecution } from '../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../shared/execution/read/get-receipt.ts';
import { integrateLog } from '../../shared/log/integrate-log.ts';
import { monitorLog } from '../../shared/log-monitor/monitor-log.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { verifyBundle } from '../../shared/receipt/verify-bundle.ts';
import type { Actor } from '../../shared/tenant/actor.ts';

/** What a crash scenario found after everything ended. */
export interface CrashReport {
  runs: {
    id: string;
    state: string;
    /** Key id of the receipt's verified signature. */
    verified: string;
    receipts: number;
    ledgerRows: number;
    tasks: Record<string, string>;
    costBalances: boolean;
  }[];
  /** Runs that a sweep would still find. */
  open: number;
  /** What the monitor of the transparency log finds, and how many entries it verified: each statement once. */
  log: { differences: string[]; isWhole: boolean };
  /** Slots of the tenant's quota that are still taken. */
  inUse: number;
  /** Audit events about actions, by subject and action. */
  actions: string[];
}

const Event = z.object({ event: z.object({ type: z.string(), subject: z.string(), data: z.object({ details: z.looseObject({}) }) }) });

/** Looks at these runs of the actor's tenant, all of which have ended. */
export async function reportCrash(deps: Deps, actor: Actor, ids: readonly string[]): Promise<CrashReport> {
  const { table } = deps;
  const of = (more: string): string => `T#${actor.tenant}#${more}`;
  const { pem } = await deps.signer.publicKey();
  const runs: CrashReport['runs'] = [];
  for (const id of ids) {
    const execution = await getExecution(deps, actor, id);
    const { bundle } = await getReceipt(deps, actor, id);
    const partition = await table.query({ pk: of(`X#${id}`), limit: 100 });
    const day = execution.endedAt?.slice(0, 10) ?? '';
    runs.push({
      id,
      state: execution.state,
      verified: verifyBundle(bundle, { pem }).keyId,
      receipts: partition.items.filter((item) => item.sk === 'RECEIPT').length,
      ledgerRows: (await table.query({ pk: of(`LEDGER#${day}`), prefix: id, limit: 10 })).items.length,
      tasks: Object.fromEntries(execution.tasks.map((task) => [task.id, `${task.state}/${task.compensation}`])),
      costBalances: execution.actualCostUsdMicros === execution.tasks.reduce((sum, task) => sum + task.costUsdMicros, 0),
    });
  }
  const events = (await table.query({ pk: of('AUDIT'), limit: 100 })).items.map((item) => Event.parse(item).event);
  const actions = events.filter(({ type }) => type === 'mc.exec.action');
  await integrateLog(deps);
  const { verified, size, differences } = await monitorLog(deps);
  return {
    runs,
    log: { differences, isWhole: verified === size && size >= runs.length },
    inUse: z.object({ inUse: z.int() }).parse(await table.get({ pk: of('USAGE'), sk: 'RUNS' })).inUse,
    open: (await Promise.all(openPartitions.map((pk) => table.query({ index: 'gsi2', pk, limit: 10 })))).flatMap(({ items }) => items)
      .length,
    actions: actions.map(({ subject, data }) => `${subject} ${String(data.details['action'])}`),
  };
}
