/**
 * What stands in the place of a withheld value: a commitment to it. Whoever is later given value and salt can check that it is what was there, and nobody can find
 * it by trying, because every value has a salt of its own.
 */
import { createHmac, hash } from 'node:crypto';
import type { WithheldRule } from './detectors.ts';

/** What a text must not hold by itself: the beginning of a commitment. */
export const tokenStart = '[withheld:';

const token = /\[withheld:([a-z]+):([A-Za-z0-9_-]{43})\]/g;

/** One withheld value with what proves it. */
export interface Opening {
  rule: WithheldRule;
  commitment: string;
  /** base64url of 32 bytes. */
  salt: string;
  value: string;
}

/** Base64url of SHA-256 over the salt and the UTF-8 of the value; the salt has a fixed length, so no two pairs give the same bytes. */
function commit(salt: Uint8Array, value: string): string {
  return hash('sha256', Buffer.concat([salt, Buffer.from(value)]), 'base64url');
}

/** Makes the tokens of one file: the n-th value always gets the same salt, and no two files share any. */
export class Commitments {
  readonly #fileKey: Buffer;
  readonly #onOpening: ((opening: Opening) => void) | undefined;
  readonly #counts = new Map<WithheldRule, number>();
  #next = 0;

  /** `file` names the original by its digest. */
  constructor(secret: Uint8Array, file: string, onOpening?: (opening: Opening) => void) {
    this.#fileKey = createHmac('sha256', secret).update(file).digest();
    this.#onOpening = onOpening;
  }

  /** How many values were withheld, by rule. */
  get counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  token(rule: WithheldRule, value: string): string {
    const salt = this.#nextSalt();
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1);
    const commitment = commit(salt, value);
    this.#onOpening?.({ rule, commitment, salt: salt.toString('base64url'), value });
    return `${tokenStart}${rule}:${commitment}]`;
  }

  /** The digest of the file's key and a number of fixed length; a log may hold 100,000 of them, and an HMAC each would cost ten times as much. */
  #nextSalt(): Buffer {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(this.#next++));
    return hash('sha256', Buffer.concat([this.#fileKey, number]), 'buffer');
  }
}

/** The text with every token for which there is a value replaced by it. */
export function openTokens(text: string, valueOf: (commitment: string) => string | undefined): string {
  return text.replaceAll(token, (whole, _rule: string, commitment: string) => valueOf(commitment) ?? whole);
}

/** Whether an opening says the truth about its commitment. */
export function isOpeningTrue({ commitment, salt, value }: Opening): boolean {
  const bytes = Buffer.from(salt, 'base64url');
  return bytes.byteLength === 32 && commit(bytes, value) === commitment;
}
