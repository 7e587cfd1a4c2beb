/**
 * Makes the golden receipts of this version: `node scripts/golden-receipts.ts`. A home in a temporary folder runs two workflows with simulated
 * tasks; what it answered is kept byte for byte, with the public half of its key. A version's folder is written once, before its release.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openEmbeddedHome } from '../cli/host/embedded-deps.ts';
import { programVersion } from '../cli/program-version.ts';
import { SimulatedRunner, simulateEcho, type Simulate } from '../runner/simulated/simulated-runner.ts';
import { canonicalJson } from '../shared/core/json/canonical-json.ts';
import { TenantId } from '../shared/core/tenant-id.ts';
import { startExecution } from '../shared/execution/admit/start-execution.ts';
import { getExecution } from '../shared/execution/read/get-execution.ts';
import { getReceipt } from '../shared/execution/read/get-receipt.ts';
import { homeTrustedRoot } from '../shared/identity/home-trusted-root.ts';
import { createWorkflow } from '../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../shared/publish/publish-workflow.ts';
import type { Deps } from '../shared/port/deps.ts';
import type { Actor } from '../shared/tenant/actor.ts';

const actor: Actor = { sub: 'admin@example.com', tenant: TenantId.parse('local'), roles: ['admin'] };
const echo = 'pkg:demo/echo@1.0.0';

/** Fan-out and fan-in, in an odd number of steps, so that the Merkle tree is not balanced. */
const succeeded = {
  name: 'golden-succeeded',
  version: '1.0.0',
  region: 'EU',
  inputs: { who: { type: 'string' } },
  tasks: [
    { id: 'greet', uses: echo, with: { text: 'Grüße, ${{ inputs.who }}' } },
    { id: 'left', uses: echo, needs: ['greet'], with: { text: '${{ tasks.greet.outputs.text }}' } },
    { id: 'right', uses: echo, needs: ['greet'], with: { n: 1.5, list: [null, true, { b: 1, a: 2 }] } },
    { id: 'close', uses: echo, needs: ['left', 'right'], with: { said: '${{ tasks.left.outputs.text }}' } },
    { id: 'check', uses: echo, needs: ['close'] },
  ],
  outputs: { said: '${{ tasks.close.outputs.said }}' },
};

/** One task to undo, one that fails after a retry, one that never starts. */
const failed = {
  name: 'golden-failed',
  version: '1.0.0',
  tasks: [
    { id: 'done', uses: echo, with: { made: 1 }, compensate: { uses: echo, with: { undo: '${{ tasks.done.outputs.made }}' } } },
    { id: 'broken', uses: 'pkg:demo/fail@1.0.0', needs: ['done'], retries: 1 },
    { id: 'never', uses: echo, needs: ['broken'] },
  ],
};

const simulate: Simulate = (spec) =>
  spec.taskId === 'broken'
    ? { result: { kind: 'failed', failure: 'error', message: 'it broke on purpose', retryable: true, usage: { wallMs: 3 } } }
    : {
        ...simulateEcho(spec),
        log: [{ at: Date.now(), stream: 'stdout', text: `hello from ${spec.taskId}` }],
      };

async function sealedRun(deps: Deps, manifest: { name: string }, inputs: { who: string } | undefined): Promise<Record<string, string>> {
  const { workflow: draft } = await createWorkflow(deps, actor, { text: JSON.stringify(manifest), mediaType: 'application/json' });
  const published = await publishWorkflow(deps, actor, { id: draft.id });
  if (published.kind === 'denied') throw new Error(`${manifest.name} may not be published`);
  const { workflow } = published;
  const started = await startExecution(deps, actor, { workflow: manifest.name, ...(inputs && { inputs }) });
  if (started.kind === 'denied') throw new Error(`${manifest.name} was denied`);
  const { id } = started.execution;
  while ((await getExecution(deps, actor, id)).receiptId === null) await delay(20);
  const { bundle, outputsDocument } = await getReceipt(deps, actor, id);
  return {
    'sigstore.json': JSON.stringify(bundle),
    'outputs.json': outputsDocument ?? '',
    'manifest.json': canonicalJson(workflow.manifest),
  };
}

const folder = fileURLToPath(new URL(`../tests/golden/receipts/v${programVersion()}/`, import.meta.url));
if (existsSync(folder)) throw new Error(`${folder} is there already. Receipts of a released version are never made again.`);
const dataDir = mkdtempSync(join(tmpdir(), 'mc-golden-'));
const home = await openEmbeddedHome({ dataDir, region: 'EU', runner: new SimulatedRunner(simulate) });
try {
  const runs = { succeeded: await sealedRun(home.deps, succeeded, { who: 'Welt' }), failed: await sealedRun(home.deps, failed, undefined) };
  const { pem } = await home.deps.signer.publicKey();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mc.pub'), pem);
  writeFileSync(join(folder, 'trusted_root.json'), JSON.stringify(await homeTrustedRoot(home.deps)));
  for (const [run, files] of Object.entries(runs))
    for (const [ending, text] of Object.entries(files)) writeFileSync(join(folder, `${run}.${ending}`), text);
} finally {
  await home.close();
  // The private half of the key goes with the folder.
  rmSync(dataDir, { recursive: true, force: true });
}
