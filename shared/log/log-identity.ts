/** How a log is known: everything follows from its Ed25519 key, so two homes can never have logs of the same name. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { McError } from '../core/errors.ts';
import { sha256 } from '../core/sha256.ts';

export interface LogIdentity {
  /** First line of its checkpoints; cosign wants it to be the host of the log's base URL. */
  origin: string;
  /** SHA-256 over origin and key as C2SP signed-note has it; what bundles and the trusted root call the log. */
  id: Buffer;
  key: KeyObject;
  /** SubjectPublicKeyInfo. */
  der: Buffer;
}

/** C2SP signed-note: the signature type of Ed25519. */
const ed25519Type = Buffer.of(1);
const rawKeyBytes = 32;

/** The bytes of an Ed25519 key without its wrapping: they are the last of its DER. */
const rawKey = (der: Buffer): Buffer => der.subarray(-rawKeyBytes);

/** The log of a public key, PEM or DER; throws `mc:key:unreadable` for a key of another kind. */
export function logIdentity(publicKey: string | Buffer, origin?: string): LogIdentity {
  const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ed25519')
    throw new McError('mc:key:unreadable', `the key of a log is Ed25519, got ${String(key.asymmetricKeyType)}`);
  const der = key.export({ format: 'der', type: 'spki' });
  const name = origin ?? `mc-${sha256(rawKey(der)).toString('hex').slice(0, 32)}.log.maestro-conductor.dev`;
  return { origin: name, id: sha256(`${name}\n`, ed25519Type, rawKey(der)), key, der };
}

/** The verifier key of C2SP signed-note, `<origin>+<hash>+<key>`: what other tools take to follow the log. */
export function verifierKey({ origin, id, der }: LogIdentity): string {
  return `${origin}+${id.toString('hex').slice(0, 8)}+${Buffer.concat([ed25519Type, rawKey(der)]).toString('base64')}`;
}
