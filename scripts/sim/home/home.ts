/** What both simulated homes are for whoever stands outside. */
import { InvariantError } from '../../../shared/core/errors.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { BlobsPort } from '../port/blobs-port.ts';
import type { HomeParts } from '../port/process-deps.ts';
import type { Plant } from '../plants.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';

/** What a caller hears: an answer, a refusal, or nothing (the line went dead, and nobody knows how far it came). */
export type Heard<T> = { kind: 'answer'; value: T } | { kind: 'error'; error: unknown } | { kind: 'nothing' };

export interface Home {
  /** Asks for one thing, as a request from outside does. */
  ask<T>(work: (deps: Deps) => Promise<T>): Promise<Heard<T>>;
}

/** What processes of this world share, whichever home they are of. */
export interface HomeRules extends Pick<HomeParts, 'behaviourOf' | 'isDenied'> {
  lendBlobs(process: SimulatedProcess): BlobsPort;
  /** The bug that is planted, if any. */
  plant: Plant;
}

/** The answer of a process, unless it dies first. */
export function hear<T>(process: SimulatedProcess, work: Promise<T>): Promise<Heard<T>> {
  return new Promise((resolve) => {
    process.onDeath(() => resolve({ kind: 'nothing' }));
    work.then(
      (value) => resolve({ kind: 'answer', value }),
      (error: unknown) => {
        if (error instanceof InvariantError) process.world.violate('no invariant breaks', error.stack ?? error.message);
        resolve({ kind: 'error', error });
      },
    );
  });
}
