import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { InputError } from '../../input-error.ts';
import { shownText } from '../../shown-text.ts';
import type { TaskContext } from '../../task-context.ts';

interface Inputs {
  algorithm?: 'sha256' | 'sha384' | 'sha512';
  text?: string;
  base64?: string;
  json?: unknown;
}

interface Outputs {
  algorithm: string;
  hex: string;
  /** `<algorithm>:<hex>` */
  digest: string;
  sizeBytes: number;
}

function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  // Buffer skips what is not base64; a digest of half the data would be worse than none.
  if (bytes.toString('base64') !== text)
    throw new InputError(
      `base64 starts with ${shownText(text)} and is not base64; allowed is the standard alphabet with padding and no spaces`,
    );
  return bytes;
}

function bytesOf({ text, base64, json }: Inputs): Buffer {
  if (text !== undefined) return Buffer.from(text);
  if (base64 !== undefined) return decodeBase64(base64);
  if (json !== undefined) return Buffer.from(canonicalize(json) ?? '');
  throw new InputError('there is nothing to digest; allowed is one of text, base64 and json');
}

export default async function run({ inputs }: TaskContext<Inputs>): Promise<Outputs> {
  const algorithm = inputs.algorithm ?? 'sha256';
  const bytes = bytesOf(inputs);
  const hex = createHash(algorithm).update(bytes).digest('hex');
  return { algorithm, hex, digest: `${algorithm}:${hex}`, sizeBytes: bytes.length };
}
