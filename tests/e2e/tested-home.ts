import { ApiProblem } from '../../cli/client/api-problem.ts';
import type { MaestroClient } from '../../cli/client/maestro-client.ts';
import { waitForExecution } from '../../cli/client/wait-for-execution.ts';
import type { Execution, StartRequest } from '../../shared/execution/execution.ts';
import type { Role } from '../../shared/tenant/actor.ts';
import type { Workflow } from '../../shared/manifest/workflow.ts';

/** Whom a token speaks of. */
export interface TestedSubject {
  tenant: string;
  sub: string;
  roles: readonly Role[];
}

export interface TestedHome {
  /** An admin of the tenant of this suite. */
  readonly client: MaestroClient;
  /** An admin of the tenant that owns the home. */
  readonly owner: MaestroClient;
  readonly url: string;
  /** The tenant of this suite. */
  readonly tenant: string;
  /** A token as the home's issuer makes it. */
  tokenFor(subject: TestedSubject): Promise<string>;
  /** Part of every name a test publishes under. */
  readonly unique: string;
}

/** Wall-clock limit of one test: several cold task starts on a slow home. */
export const slowMs = 180_000;

const runTimeoutMs = 150_000;

/** Creates and publishes a manifest given as a value. */
export async function publish(home: Pick<TestedHome, 'client'>, manifest: object): Promise<Workflow> {
  const { workflow } = await home.client.createWorkflow(JSON.stringify(manifest), 'application/json');
  return home.client.publishWorkflow(workflow.id);
}

/** Starts a run and waits until it is terminal. */
export async function run(home: Pick<TestedHome, 'client'>, request: StartRequest): Promise<Execution> {
  const started = await home.client.startExecution(request);
  return waitForExecution(home.client, started.id, { timeoutMs: runTimeoutMs });
}

/** The problem a call answers; fails when the call succeeds. */
export async function problemOf(call: Promise<unknown>): Promise<ApiProblem> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}

/** A manifest with one task that answers its inputs. */
export function echoManifest(name: string, more: object = {}): { name: string } {
  const tasks = [{ id: 'echo', uses: 'pkg:demo/echo@1.0.0', with: { said: 'hello' } }];
  return { name, ...{ version: '1.0.0', tasks }, ...more };
}
