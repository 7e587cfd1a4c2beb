import { keyOf } from '../../../shared/port/table-rules.ts';
import type { WriteOp } from '../../../shared/port/table.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What becomes of an item: the members that a write sets. */
interface Setting {
  sk: string;
  set: Fields;
  /** Its place in the write. */
  at: number;
  /** The item is new, so all of its members are set. */
  isWhole: boolean;
}

/** The first whose test holds of one of the ops. A task without a row is changed by giving it one, so tests of tasks hold of whole items too. */
const names: readonly (readonly [(setting: Setting) => boolean, string])[] = [
  [({ sk }) => sk === 'RECEIPT', 'seal'],
  [({ sk }) => sk === 'DECISION#start', 'admission'],
  [({ sk, set }) => sk === 'EXEC' && 'phaseToken' in set, 'token'],
  [({ sk, set }) => sk === 'EXEC' && 'cancellation' in set, 'cancel'],
  [({ sk, set }) => sk === 'EXEC' && set['state'] === 'compensating', 'begin compensation'],
  [({ sk, set, at }) => isTask(sk) && ('begun' in set || (at > 0 && set['state'] === 'running')), 'completion with claims'],
  [({ sk, set }) => isTask(sk) && set['state'] === 'running', 'claim'],
  [({ sk, set }) => isTask(sk) && set['compensation'] === 'running', 'claim compensation'],
  [({ sk, set, isWhole }) => isTask(sk) && !isWhole && 'compensationAttempts' in set, 'end compensation'],
  [({ sk, set }) => isTask(sk) && 'attempts' in set, 'completion'],
  [({ sk, set, isWhole }) => isTask(sk) && !isWhole && 'compensation' in set, 'free compensation'],
  [({ sk, set }) => sk === 'HEAD' && 'root' in set, 'append'],
  [({ sk, set }) => sk === 'HEAD' && 'isFiled' in set, 'publish'],
  [({ sk }) => isLeaf(sk), 'file entries'],
  [({ sk }) => sk.startsWith('DAY#'), 'open day'],
  [({ sk }) => sk.startsWith('DECISION#'), 'denial'],
  [({ sk }) => sk === 'TEXT', 'common text'],
];

/** A log entry is called by its hash, which is of a signature and so another in every world. */
const isLeaf = (sk: string): boolean => /^[0-9a-f]{64}$/.test(sk);

const isTask = (sk: string): boolean => sk.startsWith('TASK#');

function fieldsOf(op: WriteOp): Fields {
  if (op.kind === 'put') return op.item;
  if (op.kind !== 'update') return {};
  return { ...op.set, ...Object.fromEntries((op.remove ?? []).map((name) => [name, null])) };
}

/** What a write is about in the words of the engine; traces and counts of crashes use it. */
export function nameWrite(ops: readonly WriteOp[]): string {
  const changes = ops
    .filter(({ kind }) => kind !== 'check')
    .map((op, at): Setting => ({ sk: keyOf(op).sk, set: fieldsOf(op), at, isWhole: op.kind === 'put' }));
  const found = names.find(([matches]) => changes.some(matches));
  return found?.[1] ?? `write of ${changes.map(({ sk }) => sk.split(/[#_:]/)[0]).join('+')}`;
}

/** The items that a write touches. */
export function targetsOf(ops: readonly WriteOp[]): string {
  return ops
    .map(keyOf)
    .map(({ pk, sk }) => (isLeaf(sk) ? 'LOG/entry' : `${pk.split('#').at(-1) ?? ''}/${sk}`))
    .join(' ');
}
