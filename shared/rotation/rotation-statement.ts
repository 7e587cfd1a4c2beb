/** What a home signs about a rotation: first the old and the new key vouch for each other, in the end the new one says what was checked. */
import { digestBytes, hexOf } from '../core/digest.ts';
import { assertInvariant } from '../core/errors.ts';
import type { JsonObject } from '../core/json/canonical-json.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { predicateTypes, type Statement } from '../receipt/statement.ts';
import type { RotatedKey, Rotation, RotationChecks } from './rotation.ts';

/** The bytes that stand for a key in statements and evidence files: its public half, or the name of a key that has none. */
export function keyDocument({ keyId, pem }: RotatedKey): string {
  return pem ?? `${keyId}\n`;
}

/** The names that those documents may have, as files of evidence too: whoever saves them takes no other from a home. */
export const keyDocumentNames = ['old.pub', 'old.key-id', 'new.pub', 'new.key-id'] as const;

/** The name of that document. */
export function keyDocumentName(which: 'old' | 'new', { pem }: RotatedKey): (typeof keyDocumentNames)[number] {
  return pem === null ? `${which}.key-id` : `${which}.pub`;
}

function subject(which: 'old' | 'new', key: RotatedKey): Statement['subject'][number] {
  return { digest: { sha256: hexOf(digestBytes(keyDocument(key))) }, name: keyDocumentName(which, key) };
}

/** The statement about a rotation: `introduced` before the new key is used, `completed` with what was checked before the old one is given up. */
export function buildRotationStatement(
  { config }: Pick<Deps, 'config'>,
  rotation: Rotation,
  event: 'introduced' | 'completed',
  checks?: RotationChecks,
): Statement {
  const { id, kind, reason, startedAt, oldKey, newKey } = rotation;
  assertInvariant(newKey !== null, `${id} has no new key to speak of`);
  const predicate: JsonObject = {
    rotationId: id,
    kind,
    event,
    home: config.builderId,
    reason,
    startedAt: isoTime(startedAt),
    windowSeconds: Math.round(rotation.windowMs / 1_000),
    oldKey: { keyId: oldKey.keyId },
    newKey: { keyId: newKey.keyId },
    ...(checks && { checks: { ...checks } }),
  };
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicate,
    predicateType: predicateTypes.rotation,
    subject: [subject('old', oldKey), subject('new', newKey)],
  };
}
