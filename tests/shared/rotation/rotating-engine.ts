import { setTimeout as delay } from 'node:timers/promises';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { requestRotation, type RequestRotation } from '../../../shared/rotation/request-rotation.ts';
import { rotationActor } from '../../../shared/rotation/rotation-actor.ts';
import { findPending, getRotation, type Rotation } from '../../../shared/rotation/rotation.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = "name: one\nversion: 1.0.0\ntasks:\n  - { id: a, uses: 'pkg:demo/echo@1.0.0' }\n";

/** A rotation takes less than a second; this long means that it hangs. */
const patienceMs = 20_000;

/** An engine with a workflow called `one`. */
export async function openRotatingEngine(options: Parameters<typeof openEngine>[0] = {}): Promise<Engine> {
  const engine = await openEngine(options);
  await engine.publish(manifest);
  return engine;
}

/** Begins a rotation that nobody goes on with: the steps are for the test to take. */
export async function begin({ home }: Engine, request: Partial<RequestRotation> = {}): Promise<Rotation> {
  const deps: Deps = { ...home.deps, rotations: { start: async () => undefined } };
  return requestRotation(deps, rotationActor(deps), { kind: 'signer', windowHours: 0, ...request });
}

/** Begins a rotation and waits until the home has finished it. */
export async function rotate({ home: { deps } }: Engine, request: Partial<RequestRotation> = {}): Promise<Rotation> {
  const { id, kind } = await requestRotation(deps, rotationActor(deps), { kind: 'signer', windowHours: 0, ...request });
  const deadline = Date.now() + patienceMs;
  while ((await findPending(deps, kind)) !== undefined) {
    if (Date.now() > deadline) throw new Error(`the rotation is still ${(await getRotation(deps, id)).step}`);
    await delay(10);
  }
  return getRotation(deps, id);
}

/** The receipt of a run that ends now. */
export async function sealedRun(engine: Engine): Promise<{ id: string; bundle: Bundle }> {
  const { id } = await engine.start({ workflow: 'one' });
  await engine.finish(id);
  return { id, bundle: (await getReceipt(engine.home.deps, engine.actor, id)).bundle };
}

/** The id of the key that a bundle names. */
export function keyIdIn({ verificationMaterial }: Bundle): string {
  return verificationMaterial.publicKey.hint;
}
