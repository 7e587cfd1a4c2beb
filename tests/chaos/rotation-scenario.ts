/**
 * A process that has signed receipts and rotates a key of its home, and kills itself with SIGKILL at a fault point when told to. Started again without a fault it goes
 * on with the rotation and prints what it finds. Arguments: data folder, kind of key, fault point or `none`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedHome } from '../../cli/host/embedded-deps.ts';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { auditPk } from '../../shared/audit/audit-event.ts';
import { startExecution } from '../../shared/execution/admit/start-execution.ts';
import { getReceipt } from '../../shared/execution/read/get-receipt.ts';
import { publishKeys } from '../../shared/keys/published-keys.ts';
import { integrateLog } from '../../shared/log/integrate-log.ts';
import { monitorLog } from '../../shared/log-monitor/monitor-log.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../../shared/publish/publish-workflow.ts';
import { verifyBundle } from '../../shared/receipt/verify-bundle.ts';
import { requestRotation } from '../../shared/rotation/request-rotation.ts';
import { listRotations, readRotation } from '../../shared/rotation/rotation-view.ts';
import { rotationActor } from '../../shared/rotation/rotation-actor.ts';
import type { RotationKind } from '../../shared/rotation/rotation.ts';
import { addTenant } from '../support/add-tenant.ts';
import { buildActor } from '../support/build-deps.ts';

const [dataDir = '', kind = 'signer', point = 'none'] = process.argv.slice(2);
const actor = buildActor();
const manifest = "name: one\nversion: 1.0.0\ntasks:\n  - { id: a, uses: 'pkg:demo/echo@1.0.0' }\n";

const faults = { hit: (name: string): void => void (name === point && process.kill(process.pid, 'SIGKILL')) };
const home = await openEmbeddedHome({ dataDir, runner: new SimulatedRunner(), faults, maxKeyDays: 0, log: () => undefined });
const { deps } = home;

/** A run of this number, ended; the same one when it is asked for again. */
async function run(number: number): Promise<string> {
  const started = await startExecution(deps, actor, { workflow: 'one', idempotencyKey: `run-${number}` });
  if (started.kind === 'denied') throw new Error('denied');
  const deadline = Date.now() + 10_000;
  while (home.pending() > 0 && Date.now() < deadline) await delay(10);
  return started.execution.id;
}

await addTenant(deps);
const { workflow } = await createWorkflow(deps, actor, { text: manifest, mediaType: 'application/yaml' });
await publishWorkflow(deps, actor, { id: workflow.id });
const before = await run(1);

const known = await listRotations(deps, { limit: 10 });
if (known.items.length === 0) await requestRotation(deps, rotationActor(deps), { kind: kind as RotationKind, windowHours: 0 }); // The test names kinds.
const deadline = Date.now() + 20_000;
const isPending = async (): Promise<boolean> =>
  (await listRotations(deps, { limit: 10 })).items.some(({ finishedAt }) => finishedAt === null);
while ((await isPending()) && Date.now() < deadline) await delay(20);
const after = await run(2);

const keys = await publishKeys(deps);
const pemOf = (keyId: string): string => keys.find((key) => key.keyId === keyId)?.pem ?? '';
const signedBy = async (id: string): Promise<string> => {
  const { bundle } = await getReceipt(deps, actor, id);
  const { hint } = bundle.verificationMaterial.publicKey;
  return verifyBundle(bundle, { pem: pemOf(hint) }).keyId;
};
await integrateLog(deps);
const { differences } = await monitorLog(deps);
const { items } = await listRotations(deps, { limit: 10 });
const audit = await deps.table.query({ pk: auditPk(deps.config.ownerTenant), limit: 100 });
const report = {
  rotations: items.map(({ step, problem }) => ({ step, problem })),
  statements: (await readRotation(deps, items[0]?.id ?? 'rot_')).statements.map(({ name, bundle }) => ({
    name,
    isLogged: verifyBundle(bundle, { pem: pemOf(bundle.verificationMaterial.publicKey.hint) }).log !== null,
  })),
  states: keys.map(({ state }) => state),
  // Both verify with a published key, or this throws.
  wasSignedByOld: (await signedBy(before)) === keys.at(-1)?.keyId,
  isSignedByNew: (await signedBy(after)) === keys[0]?.keyId,
  events: audit.items.filter((item) => JSON.stringify(item).includes('mc.keys.rotate')).length,
  differences,
  files: readdirSync(join(dataDir, 'keys')).filter((name) => /^(receipt-signer|wrapping)/.test(name)).length,
};
await home.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
