/** A whole embedded home in a temporary folder, with simulated tasks: for tests of the engine that need no processes. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from '@jest/globals';
import { openEmbeddedHome, type EmbeddedHome, type EmbeddedHomeOptions } from '../../cli/host/embedded-deps.ts';
import { SimulatedRunner, simulateEcho, type Simulate } from '../../runner/simulated/simulated-runner.ts';
import { isTerminal, type Execution, type StartRequest } from '../../shared/execution/execution.ts';
import { getExecution } from '../../shared/execution/read/get-execution.ts';
import { startExecution } from '../../shared/execution/admit/start-execution.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import { publishDraft } from './publish-draft.ts';
import type { TaskSpec } from '../../shared/port/runner.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { denyReasons } from '../../shared/decision/deny-reasons.ts';
import type { Tenant } from '../../shared/tenant/tenant.ts';
import { addTenant } from './add-tenant.ts';
import { buildActor } from './build-deps.ts';

export interface Engine {
  home: EmbeddedHome;
  actor: Actor;
  /** The data folder. */
  folder: string;
  /** Every attempt that was handed to the runner, in order. */
  attempts: TaskSpec[];
  /** How tasks end from now on; echo at first. */
  simulate(simulate: Simulate): void;
  publish(manifest: string): Promise<void>;
  start(request: StartRequest & { idempotencyKey?: string }): Promise<Execution>;
  /** Waits until the run is terminal. */
  finish(id: string): Promise<Execution>;
  close(): Promise<void>;
}

/** A run of simulated tasks takes milliseconds; this long means that it hangs. */
const finishTimeoutMs = 15_000;

let template: Promise<string> | undefined;
afterAll(async () => {
  if (template) rmSync(await template, { recursive: true, force: true });
});

/** A data folder as its first start leaves it: making keys and building the catalog takes ten times as long as opening a copy, so that is done once a file. */
async function makeTemplate(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mc-engine-template-'));
  await (await openEmbeddedHome({ dataDir, runner: new SimulatedRunner(), log: () => undefined })).close();
  return dataDir;
}

/** Homes of one file of tests have the same keys and catalog, and nothing else in common; with `hasOwnKeys` not even those. */
export async function openEngine(
  options: Pick<EmbeddedHomeOptions, 'region' | 'faults' | 'maxOpenRuns' | 'log' | 'width' | 'isVolumeEncrypted'> & {
    tenant?: Partial<Omit<Tenant, 'id'>>;
    hasOwnKeys?: boolean;
  } = {},
): Promise<Engine> {
  const { tenant, hasOwnKeys = false, ...homeOptions } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'mc-engine-'));
  if (!hasOwnKeys) cpSync(await (template ??= makeTemplate()), dataDir, { recursive: true });
  const actor = buildActor();
  const attempts: TaskSpec[] = [];
  let current: Simulate = simulateEcho;
  const runner = new SimulatedRunner((spec) => {
    attempts.push(spec);
    return current(spec);
  });
  const home = await openEmbeddedHome({ log: () => undefined, width: 16, ...homeOptions, dataDir, runner });
  const { deps } = home;
  await addTenant(deps, tenant);
  return {
    home,
    actor,
    folder: dataDir,
    attempts,
    simulate: (simulate) => void (current = simulate),
    publish: async (text) => {
      const { workflow } = await createWorkflow(deps, actor, { text, mediaType: 'application/yaml' });
      await publishDraft(deps, actor, { id: workflow.id });
    },
    start: async (request) => {
      const started = await startExecution(deps, actor, request);
      if (started.kind === 'denied') throw new Error(JSON.stringify(denyReasons(started.decision)));
      return started.execution;
    },
    finish: async (id) => {
      const deadline = Date.now() + finishTimeoutMs;
      for (;;) {
        const execution = await getExecution(deps, actor, id);
        if (isTerminal(execution.state)) return execution;
        if (Date.now() > deadline) throw new Error(`the run is still ${execution.state}`);
        await delay(10);
      }
    },
    close: async () => {
      await home.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A task that fails like this. */
export function failing(message: string, retryable: boolean): ReturnType<Simulate> {
  return { result: { kind: 'failed', failure: 'error', message, retryable, usage: { wallMs: 1 } } };
}
