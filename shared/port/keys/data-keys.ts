import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { TenantId } from '../../core/tenant-id.ts';

/** What bytes are for: the kinds of blobs, and `value` for small values that stand inside an item. */
export const Purpose = z.enum(['data', 'log', 'receipt', 'value']);
export type Purpose = z.infer<typeof Purpose>;

/** A UTC month such as `2026-11`: the life of a data key, and the least that can be shredded at once. */
export const Period = z
  .string()
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/)
  .brand('Period');
export type Period = z.infer<typeof Period>;

/** `<month>.<number>`: a tenant's keys for one purpose are numbered in every month; this stands in every envelope. */
export const DataKeyId = z
  .string()
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])\.[1-9][0-9]{0,5}$/)
  .brand('DataKeyId');
export type DataKeyId = z.infer<typeof DataKeyId>;

/** Whose bytes, and what for. A data key serves one scope and opens nothing of any other. */
export interface DataKeyScope {
  tenant: TenantId;
  purpose: Purpose;
}

/** A data key that is open: 256 bits, in the memory of this process only. */
export interface DataKey {
  id: DataKeyId;
  key: KeyObject;
}

/** Makes and opens data keys. What a key sealed can be opened as long as its row is there, whatever wrapping keys came since. */
export interface DataKeys {
  /** The key for one message that is sealed now: of this month, durable before it is answered, and never for more messages than random nonces allow. */
  current(scope: DataKeyScope): Promise<DataKey>;
  /** The key of an id that an envelope names. Throws `mc:store:shredded` for one that was destroyed, `mc:store:undecryptable` for one that never was. */
  open(scope: DataKeyScope, id: DataKeyId): Promise<DataKey>;
  /** Drops every open key from memory, as after a shredding or when a wrapping key is no longer trusted. */
  forget(): void;
}
