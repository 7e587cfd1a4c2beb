import type { WriteOp } from '../port/table.ts';
import { dataKeyKey, type LivingDataKey } from './data-key-record.ts';

/**
 * The op that destroys a data key and leaves its tombstone: its id is never used again. What it sealed is unreadable within five minutes in every process, and at
 * once in one that forgets its open keys.
 */
export function shredOp(record: LivingDataKey, now: number): WriteOp {
  const remove = ['wrapped', 'wrappedBy'];
  return { kind: 'update', key: dataKeyKey(record, record.id), set: { shreddedAt: now }, remove, conditions: [{ kind: 'present' }] };
}
