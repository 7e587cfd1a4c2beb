import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import type { Key, Table } from '../../port/table.ts';
import { openKeyFile, type KeyKind } from './key-file.ts';

const KeyRecord = z.looseObject({ keyId: z.string() });

interface RecordedKey {
  path: string;
  kind: KeyKind;
  /** Where the table says which key it is. */
  record: Key;
  idOf: (key: KeyObject) => Promise<string>;
  /** What the home does with it, in messages. */
  use: string;
}

/**
 * The key in this file. It is made at the first start of the home and never again: everything the home keeps is checked against what that key signed.
 * Throws `mc:key:unreadable` when the file is gone or holds another key than the table names.
 */
export async function openRecordedKey(table: Table, { path, kind, record, idOf, use }: RecordedKey): Promise<KeyObject> {
  const stored = await table.get(record);
  const recorded = stored && KeyRecord.parse(stored).keyId;
  const refuseAnother = (): never => {
    throw new McError('mc:key:unreadable', `the key file ${path} is gone; this home ${use} with ${recorded}, and with no other key`);
  };
  const key = recorded === undefined ? openKeyFile(path, { kind }) : openKeyFile(path, { kind, whenAbsent: refuseAnother });
  const keyId = await idOf(key);
  if (recorded === undefined) await table.write([{ kind: 'put', item: { ...record, keyId }, conditions: [{ kind: 'absent' }] }]);
  else if (recorded !== keyId)
    throw new McError('mc:key:unreadable', `the key file ${path} holds the key ${keyId}, but this home ${use} with ${recorded}`);
  return key;
}
