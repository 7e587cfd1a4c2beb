/** A run that was admitted and not handed on, as after a crash or while the supervision is throttled: only a sweep finds it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Execution } from '../../shared/execution/execution.ts';
import type { Engine } from './open-engine.ts';

/** Starts the published workflow; answers the id of its run. Later runs of the engine are handed on again. */
export async function startForgotten(engine: Engine, workflow: string): Promise<Execution['id']> {
  const { deps } = engine.home;
  const { phases } = deps;
  deps.phases = { start: () => Promise.reject(new Error('throttled')), finishRun: (input, end) => phases.finishRun(input, end) };
  const { id } = await engine.start({ workflow });
  deps.phases = phases;
  await delay(100);
  return id;
}
