/** How somebody outside asks a home: he waits for as long as he has patience, and asks again until the answer is final. */
import { InvariantError, McError } from '../../shared/core/errors.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { Heard, Home } from './home/home.ts';
import type { PlannedAction, PlannedStart } from './world/scenario.ts';
import type { World } from './world/world.ts';

/** A start that was answered with a run. */
export interface Accepted {
  start: PlannedStart;
  executionId: string;
  replayed: boolean;
}

/** An action that was answered with the run it acted on, or the new one. */
export interface Acted {
  action: PlannedAction;
  on: string;
  executionId: string;
  replayed: boolean;
}

/** What callers know in the end. */
export interface Outside {
  acted: Acted[];
  accepted: Accepted[];
  denied: { decisionId: string }[];
  /** Callers that still want an answer. */
  waiting: number;
}

/** A caller that was asking for so long when nothing went wrong any more was not answered. */
const patienceAfterFaultsMs = 3_600_000;

export interface Caller {
  world: World;
  home: Home;
  outside: Outside;
}

function pause(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => void world.scheduler.after(ms, resolve));
}

export function mayAsk({ now, scenario }: World): boolean {
  return now < scenario.faultsEndMs + patienceAfterFaultsMs;
}

/** Callers of a home that is down for long ask less and less often. */
export function backOff(world: World, tries: number): Promise<void> {
  return pause(world, 100 + world.random.next() * Math.min(60_000, 2_000 * tries));
}

/** Asks, and goes on without an answer when it takes too long; the home may go on with it all the same. */
export async function ask<T>({ world, home }: Caller, patienceMs: number, work: (deps: Deps) => Promise<T>): Promise<Heard<T>> {
  const heard = await Promise.race([home.ask(work), pause(world, patienceMs).then((): Heard<T> => ({ kind: 'nothing' }))]);
  if (heard.kind === 'nothing') world.note('caller heard nothing');
  return heard;
}

/** Whether asking again would change nothing. */
export function isFinal<T>({ world }: Caller, heard: Heard<T>): boolean {
  return heard.kind === 'error' ? isFinalError(world, heard.error) : heard.kind === 'answer';
}

/** Whether what was refused so is refused for good. */
export function isFinalError(world: World, error: unknown): boolean {
  if (error instanceof InvariantError) world.violate('no invariant breaks', error.stack ?? error.message);
  world.tell('caller', () => `heard ${String(error)}`);
  if (!(error instanceof McError)) return false;
  world.note(`caller heard ${error.code}`);
  return error.retry === 'never';
}
