/** A whole home with real sandboxes: from the call that is blocked to the trace that a stranger verifies. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEmbeddedHome, type EmbeddedHome } from '../../../cli/host/embedded-deps.ts';
import { SandboxRunner } from '../../../runner/sandbox/sandbox-runner.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { isTerminal, type Execution } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { getEgressAttestation } from '../../../shared/execution/read/get-run-egress.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { publishPackage } from '../../../shared/package/publish-package.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor } from '../../support/build-deps.ts';
import { buildBundle } from '../../support/build-package.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { publishDraft } from '../../support/publish-draft.ts';

const folder = mkdtempSync(join(tmpdir(), 'mc-egress-run-'));
const actor = buildActor();
const server = createServer((_, response) => response.end('allowed'));
let home: EmbeddedHome;
let execution: Execution;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A server on a TCP port has one.
  const egress = { resolver: { resolve: () => Promise.resolve(['127.0.0.1']) }, loopbackTargets: [`127.0.0.1:${port}`] };
  const runner = new SandboxRunner({ clock: systemClock, folder: join(folder, 'tasks'), egress });
  home = await openEmbeddedHome({ dataDir: join(folder, 'data'), runner, width: 2, log: () => undefined });
  await addTenant(home.deps, { data: { egress: { allowed_hosts: ['api.example.com'], allowed_ports: [port] } } });
  const code = `export default async () => {
    const text = await (await fetch('http://api.example.com:${port}/')).text();
    if (text === 'allowed') await fetch('https://evil.example.com/');
    return {};
  };`;
  await publishPackage(home.deps, actor, await buildBundle({ name: 'test/call' }, code));
  const task = `{ id: call, uses: 'pkg:test/call@1.0.0', egress: { allow: [{ host: api.example.com, ports: [${port}] }] } }`;
  const text = `name: calling\nversion: 1.0.0\ndataClass: internal\ntasks:\n  - ${task}\n`;
  const { workflow } = await createWorkflow(home.deps, actor, { text, mediaType: 'application/yaml' });
  await publishDraft(home.deps, actor, { id: workflow.id });
  const started = await startExecution(home.deps, actor, { workflow: 'calling' });
  if (started.kind === 'denied') throw new Error('the run was denied');
  execution = started.execution;
  while (!isTerminal(execution.state)) {
    await pause(50);
    execution = await getExecution(home.deps, actor, execution.id);
  }
}, 60_000);

afterAll(async () => {
  await home.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a run whose task was blocked', () => {
  test('fails with the task’s own error and the blocked host', () => {
    expect(execution).toMatchObject({ state: 'failed', error: { taskId: 'call', failure: 'error' } });
    expect(execution.error?.message).toMatch(/^fetch failed; egress blocked once: evil\.example\.com:443 \(not on the list of the task\)$/);
    expect(execution.tasks[0]?.attempts[0]?.egress?.rows.map(({ host, verdict }) => `${host} ${verdict}`)).toEqual([
      'api.example.com allowed',
      'evil.example.com blocked',
    ]);
  });

  const cosign = findOracle('cosign3');
  (cosign === undefined ? test.skip : test)('has a trace that stock cosign accepts for its outputs, and not for another file', async () => {
    const [key, bundle, outputs, other] = ['mc.pub', 'trace.json', 'outputs.json', 'other.json'].map((name) => join(folder, name));
    if (!cosign || !key || !bundle || !outputs || !other) throw new Error('a path is missing');
    writeFileSync(key, (await home.deps.signer.publicKey()).pem);
    writeFileSync(bundle, JSON.stringify(await getEgressAttestation(home.deps, actor, execution.id)));
    writeFileSync(outputs, (await getReceipt(home.deps, actor, execution.id)).outputsDocument ?? '');
    writeFileSync(other, '{"other":true}');
    const verify = (file: string): unknown => {
      const type = ['--type', 'https://in-toto.io/attestation/runtime-trace/v0.1', '--insecure-ignore-tlog=true'];
      return execFileSync(cosign, ['verify-blob-attestation', '--key', key, '--bundle', bundle, ...type, file], { stdio: 'pipe' });
    };
    expect(() => verify(outputs)).not.toThrow();
    expect(() => verify(other)).toThrow();
  });
});
