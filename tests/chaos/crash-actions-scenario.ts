/**
 * A process that cancels, retries and replays runs on a data folder and, when told to, kills itself with SIGKILL at the nth hit of a fault point. Mode `prepare` makes the
 * failed run that the others act on; `act` acts, waits for the end and prints what it finds, as often as it is started. Arguments: data folder, mode, fault point or `none`, hit.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedHome } from '../../cli/host/embedded-deps.ts';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { actOnExecution, type ExecutionAction } from '../../shared/execution/actions/act-on-execution.ts';
import { startExecution, type StartResult } from '../../shared/execution/admit/start-execution.ts';
import { getExecution } from '../../shared/execution/read/get-execution.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { addTenant } from '../support/add-tenant.ts';
import { reportCrash } from './crash-report.ts';

const [dataDir = '', mode = 'act', point = 'none', hit = '1'] = process.argv.slice(2);
const actor: Actor = { sub: 'crash@example.com', tenant: TenantId.parse('acme'), roles: ['admin'] };

const manifests = [
  `name: slow
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: made } } }
  - { id: sleep, uses: 'pkg:demo/echo@1.0.0', needs: [made] }
`,
  `name: broken
version: 1.0.0
tasks:
  - { id: kept, uses: 'pkg:demo/echo@1.0.0' }
  - { id: fetch, uses: 'pkg:demo/echo@1.0.0', needs: [kept] }
`,
];

let hits = 0;
const faults = {
  hit: (name: string): void => {
    if (name === point && ++hits === Number(hit)) process.kill(process.pid, 'SIGKILL');
  },
};
const runner = new SimulatedRunner((spec) => {
  appendFileSync(join(dataDir, 'effects.log'), `${spec.idempotencyKey}\n`);
  const usage = { wallMs: 1 };
  if (mode === 'prepare' && spec.taskId === 'fetch')
    return { result: { kind: 'failed', failure: 'error', message: 'not there', retryable: false, usage } };
  return { result: { kind: 'succeeded', outputs: spec.inputs, usage }, ...(spec.taskId === 'sleep' && { delayMs: 60_000 }) };
});

const home = await openEmbeddedHome({ dataDir, runner, faults });
const { deps } = home;
await addTenant(deps);
for (const text of manifests) {
  const { workflow } = await createWorkflow(deps, actor, { text, mediaType: 'application/yaml' });
  await publishWorkflow(deps, actor, { id: workflow.id });
}

function idOf(result: StartResult): string {
  if (result.kind === 'denied') throw new Error('denied');
  return result.execution.id;
}
const start = async (workflow: string): Promise<string> => idOf(await startExecution(deps, actor, { workflow, idempotencyKey: workflow }));
const act = async (action: ExecutionAction, id: string): Promise<string> =>
  idOf(await actOnExecution(deps, actor, { action, id, reason: 'a test', idempotencyKey: action }));

const broken = await start('broken');
const ids = [broken];
if (mode === 'act') {
  const slow = await start('slow');
  const isUnderWay = async (): Promise<boolean> => {
    const { tasks, cancellation } = await getExecution(deps, actor, slow);
    return cancellation !== null || tasks.some(({ id, state }) => id === 'sleep' && state === 'running');
  };
  while (!(await isUnderWay())) await delay(5);
  ids.push(await act('cancel', slow), await act('retry', broken), await act('replay', broken));
}
const deadline = Date.now() + 20_000;
while (home.pending() > 0 && Date.now() < deadline) await delay(20);
const report = await reportCrash(deps, actor, ids);
await home.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
