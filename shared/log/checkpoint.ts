/** C2SP checkpoints: a signed note that says how many entries the log has and what their root is. */
import { verify } from 'node:crypto';
import type { LogIdentity } from './log-identity.ts';

export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
}

/** Room for witnesses' signatures; a longer text is no checkpoint. */
export const maxCheckpointCharacters = 16_384;

const hashBytes = 32;
/** A signature line begins with the first bytes of the log's id. */
const keyHashBytes = 4;
const signatureBytes = 64;

/** The text that is signed. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** The note: the text, an empty line and the signature of the log. */
export function sealCheckpoint(text: string, log: Pick<LogIdentity, 'origin' | 'id'>, signature: Uint8Array): string {
  const line = Buffer.concat([log.id.subarray(0, keyHashBytes), signature]).toString('base64');
  return `${text}\n\u2014 ${log.origin} ${line}\n`;
}

/** signed-note: neither Unicode spaces, nor plus, nor control characters stand in the name of a key. */
const shape =
  /^([^\s\p{Cc}+]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n\n((?:\u2014 [^\s\p{Cc}+]+ (?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\n)+)$/u;

/** What a note says, whoever signed it; undefined for any other text than a checkpoint without extensions. */
export function readCheckpoint(note: string): Checkpoint | undefined {
  if (note.length > maxCheckpointCharacters) return undefined;
  const [, origin, sizeText, rootText] = shape.exec(note) ?? [];
  if (origin === undefined || rootText === undefined) return undefined;
  const size = Number(sizeText);
  const root = Buffer.from(rootText, 'base64');
  const isExact = Number.isSafeInteger(size) && root.byteLength === hashBytes && root.toString('base64') === rootText;
  return isExact ? { origin, size, root } : undefined;
}

/**
 * What the log itself says in the note, or undefined when it did not sign it. Signatures of others, such as witnesses, are passed over; one that claims to be the
 * log's and is not spoils the note, also beside a good one, as signed-note advises.
 */
export function openCheckpoint(note: string, log: LogIdentity): Checkpoint | undefined {
  const checkpoint = readCheckpoint(note);
  if (checkpoint?.origin !== log.origin) return undefined;
  const text = Buffer.from(checkpointText(checkpoint));
  const [, lines = ''] = note.split('\n\n');
  const own = lines.split('\n').flatMap((line) => {
    const [, name, encoded = ''] = line.split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    return name === log.origin && bytes.subarray(0, keyHashBytes).equals(log.id.subarray(0, keyHashBytes)) ? [{ encoded, bytes }] : [];
  });
  const isSigned = own.every(
    ({ encoded, bytes }) =>
      bytes.byteLength === keyHashBytes + signatureBytes &&
      bytes.toString('base64') === encoded &&
      verify(null, text, log.key, bytes.subarray(keyHashBytes)),
  );
  return own.length > 0 && isSigned ? checkpoint : undefined;
}
