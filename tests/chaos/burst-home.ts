/**
 * A home in a process of its own that a test starts, floods and kills. Arguments: data folder. Over IPC it says where it listens; asked for a report, it waits until
 * nothing is open any more and says what it finds.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { startHost } from '../../cli/host/start-host.ts';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { openPartitions } from '../../shared/execution/execution-record.ts';
import { LedgerRow, ledgerPk } from '../../shared/execution/ledger.ts';
import { getExecution } from '../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../shared/execution/read/get-receipt.ts';
import { listExecutions } from '../../shared/execution/read/list-executions.ts';
import type { Item } from '../../shared/port/table.ts';
import { verifyBundle } from '../../shared/receipt/verify-bundle.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import type { BurstReport } from './burst-report.ts';

const [dataDir = ''] = process.argv.slice(2);
const tenant = TenantId.parse('local');
const actor: Actor = { sub: 'report@example.com', tenant, roles: ['admin'] };

const runner = new SimulatedRunner((spec) => {
  // What the outside world sees, in one write a line.
  appendFileSync(join(dataDir, 'effects.log'), `${spec.idempotencyKey} ${spec.attempt}\n`);
  const usage = { wallMs: 7 };
  if (spec.taskId === 'broken')
    return { result: { kind: 'failed', failure: 'error', message: 'always', retryable: false, usage }, delayMs: 7 };
  return { result: { kind: 'succeeded', outputs: spec.inputs, usage }, delayMs: 7 };
});

const host = await startHost({ port: 0, dataDir, runner, width: 200, isAnnounced: false });
const { deps } = host.home;

async function itemsOf(pk: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await deps.table.query({ pk, limit: 500, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor);
  return items;
}

async function runIds(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listExecutions(deps, actor, { limit: 100, ...(cursor && { cursor }) });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor);
  return ids;
}

async function report(): Promise<BurstReport> {
  while (host.home.pending() > 0) await delay(50);
  const { pem } = await deps.signer.publicKey();
  const runs: BurstReport['runs'] = [];
  for (const id of await runIds()) {
    const execution = await getExecution(deps, actor, id);
    const { bundle } = await getReceipt(deps, actor, id);
    const receipts = (await itemsOf(`T#${tenant}#X#${id}`)).filter(({ sk }) => sk === 'RECEIPT');
    runs.push({
      id,
      state: execution.state,
      verified: verifyBundle(bundle, { pem }).keyId !== '',
      receipts: receipts.length,
      costUsdMicros: execution.actualCostUsdMicros ?? -1,
      tasks: execution.tasks.map((task) => `${task.id} ${task.state}/${task.compensation}`).join(', '),
    });
  }
  const usage = await itemsOf(`T#${tenant}#USAGE`);
  const Day = z.object({ committedUsdMicros: z.int(), reservedUsdMicros: z.int(), measuredUsdMicros: z.int() });
  const days = usage.filter(({ sk }) => sk.startsWith('DAY#'));
  const ledger = (await Promise.all(days.map(({ sk }) => itemsOf(ledgerPk(tenant, sk.slice('DAY#'.length)))))).flat();
  return {
    kind: 'report',
    runs,
    inUse: z.object({ inUse: z.int() }).parse(usage.find(({ sk }) => sk === 'RUNS')).inUse,
    open: (await Promise.all(openPartitions.map((pk) => deps.table.query({ index: 'gsi2', pk, limit: 10 })))).flatMap(({ items }) => items)
      .length,
    days: days.map((day) => Day.parse(day)),
    ledger: ledger.map(({ pk: _pk, sk: _sk, ...row }) => LedgerRow.parse(row)),
  };
}

process.on('message', (message: unknown) => {
  if (message !== 'report') return;
  void report().then((found) => process.send?.(found));
});
process.on('disconnect', () => void host.close().then(() => process.exit(0)));
process.send?.({ kind: 'ready', url: host.url, token: host.token });
