/**
 * A process that runs a fixed set of runs on a data folder and, when told to, kills itself with SIGKILL at the nth hit of a fault point. Started again
 * without a fault it finishes what is left and prints what it finds. Arguments: data folder, fault point or `none`, hit.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedHome } from '../../cli/host/embedded-deps.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { startExecution } from '../../shared/execution/admit/start-execution.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { addTenant } from '../support/add-tenant.ts';
import { reportCrash } from './crash-report.ts';

const [dataDir = '', point = 'none', hit = '1'] = process.argv.slice(2);
const actor: Actor = { sub: 'crash@example.com', tenant: TenantId.parse('acme'), roles: ['admin'] };

const good = `name: good
version: 1.0.0
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0', with: { n: 1 } }
  - { id: b, uses: 'pkg:demo/echo@1.0.0', needs: [a], with: { n: '\${{ tasks.a.outputs.n }}' } }
  - { id: c, uses: 'pkg:demo/echo@1.0.0', needs: [a] }
  - { id: d, uses: 'pkg:demo/echo@1.0.0', needs: [b, c] }
outputs: { n: '\${{ tasks.b.outputs.n }}' }
`;
const bad = `name: bad
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: first } } }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', needs: [first], compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: second } } }
  - { id: broken, uses: 'pkg:demo/fail@1.0.0', needs: [second], retries: 1 }
`;

let hits = 0;
const faults = {
  hit: (name: string): void => {
    if (name === point && ++hits === Number(hit)) process.kill(process.pid, 'SIGKILL');
  },
};
const runner = new SimulatedRunner((spec) => {
  // What the outside world sees: one effect a key, however often it is asked for.
  appendFileSync(join(dataDir, 'effects.log'), `${spec.idempotencyKey}\n`);
  if (spec.taskId === 'broken') {
    return { result: { kind: 'failed', failure: 'error', message: 'always', retryable: true, usage: { wallMs: 1 } } };
  }
  return { result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } } };
});

const home = await openEmbeddedHome({ dataDir, runner, faults });
const { deps } = home;
await addTenant(deps);
for (const text of [good, bad]) {
  const { workflow } = await createWorkflow(deps, actor, { text, mediaType: 'application/yaml' });
  await publishWorkflow(deps, actor, { id: workflow.id });
}
const ids: string[] = [];
for (const [index, workflow] of ['good', 'good', 'bad'].entries()) {
  const started = await startExecution(deps, actor, { workflow, idempotencyKey: `run-${index}` });
  if (started.kind === 'started') ids.push(started.execution.id);
}
const deadline = Date.now() + 20_000;
while (home.pending() > 0 && Date.now() < deadline) await delay(20);

const report = await reportCrash(deps, actor, ids);
await home.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
