/** What a campaign has to have seen before its silence means anything. */
import { ExecutionState, TaskState, terminalStates } from '../../../shared/execution/execution.ts';
import { faultPoints } from '../../../shared/port/faults.ts';

const compensations = ['none', 'pending', 'done', 'failed'] as const;
/** Every reason for which an attempt can fail here. */
const failures = ['error', 'timeout', 'invalid-output', 'cancelled', 'sandbox', 'lost', 'store', 'policy'] as const;
/** The writes that a run is made of. */
const writes = [
  'admission',
  'cancel',
  'claim',
  'completion',
  'completion with claims',
  'begin compensation',
  'claim compensation',
  'end compensation',
  'free compensation',
  'token',
  'seal',
] as const;

/** Names of all that has to happen in some world, by kind. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  'terminal states': terminalStates.map((state) => `ended ${state}`),
  states: ExecutionState.options.filter((state) => state !== 'queued').map((state) => `run state ${state}`),
  'task states': TaskState.options.filter((state) => state !== 'skipped').map((state) => `task seen ${state}`),
  compensations: compensations.map((state) => `compensation ended ${state}`),
  'failures of attempts': failures.map((failure) => `task attempt failed: ${failure}`),
  'crashes at fault points': faultPoints.map((point) => `crash at ${point}`),
  'crashes before writes': writes.map((write) => `crash before ${write}`),
  'crashes after writes': writes.map((write) => `crash after ${write}`),
  'writes lost to others': ['admission', 'claim', 'completion', 'completion with claims', 'seal'].map((write) => `lost ${write}`),
  'failures of runs': ['failed by its outputs'],
  messages: ['message dropped', 'message doubled'],
  outside: [
    'start accepted',
    'start answered again',
    'start denied',
    'cancel accepted',
    'retry accepted',
    'replay accepted',
    'caller heard nothing',
    'supervision redriven',
    'late write of a dead process',
    'bad signature',
    'policy without an answer',
    'clock put back',
    'clock put forward',
    'home told to stop',
    'home stopped by itself',
  ],
};

/** What did not happen, by kind; a kind of which everything happened is not there. */
export function notReached(seen: ReadonlyMap<string, number>): Map<string, readonly string[]> {
  const missing = Object.entries(wanted).map(([kind, names]) => [kind, names.filter((name) => !seen.has(name))] as const);
  return new Map(missing.filter(([, names]) => names.length > 0));
}

/** How many of the things that have to happen did. */
export function reached(seen: ReadonlyMap<string, number>): { count: number; of: number } {
  const names = Object.values(wanted).flat();
  return { count: names.filter((name) => seen.has(name)).length, of: names.length };
}

/** How often each terminal state ended a run. */
export function endings(seen: ReadonlyMap<string, number>): string {
  return terminalStates.map((state) => `${state} ${seen.get(`ended ${state}`) ?? 0}`).join(', ');
}
