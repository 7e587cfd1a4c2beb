/** What the process that judges tenants' packs is told and what it answers; both ends are ours, and values cross as node clones them. */
import type { PackVerdict } from '../../../shared/port/policy-engine.ts';
import type { RunnableBundle } from '../wasm-pack.ts';

export interface PackQuestion {
  /** Given when the process does not have the pack; it keeps the last few by this key. */
  bundle?: RunnableBundle;
  key: string;
  /** Views of the input, as JSON. One message may carry thousands, because each message costs more than a verdict. */
  inputs: readonly string[];
}

/** A verdict, or why there is none for this input. */
export type PackAnswer = { verdict: PackVerdict } | { failure: string };

/**
 * `ready` once at the start, then for each question first `begun`, when its pack is started and the time of its rules begins, and then the
 * answers, in one or several messages and in the order of the inputs. `unknown` asks for the bundle; `broken` says why a pack cannot be started.
 */
export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'begun' }
  | { kind: 'answers'; answers: PackAnswer[] }
  | { kind: 'unknown' }
  | { kind: 'broken'; reason: string };
