import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { hasDuplicateMembers } from '../../shared/core/json/has-duplicate-members.ts';
import { maxBundleBytes } from '../../shared/receipt/bundle.ts';
import { readSmallFile } from '../read-small-file.ts';
import { reasonOf } from '../workflow-source.ts';

/** The bundle in this file, unverified; throws `mc:receipt:invalid` for what is none. */
export function readBundleFile(file: string): unknown {
  if (sizeOf(file) > maxBundleBytes)
    throw new McError('mc:receipt:invalid', `${file} has more than ${String(maxBundleBytes)} bytes, so it is no bundle`);
  return readBundleText(readSmallFile(file, maxBundleBytes), file);
}

/** The bundle in this text, unverified. Throws `mc:receipt:invalid` for what is too large, no JSON, or names a member twice, so that two readers could read two bundles. */
export function readBundleText(text: string, name: string): unknown {
  if (text.length > maxBundleBytes)
    throw new McError('mc:receipt:invalid', `${name} has more than ${String(maxBundleBytes)} bytes, so it is no bundle`);
  const bundle = parse(text, name);
  if (hasDuplicateMembers(text, bundle)) throw new McError('mc:receipt:invalid', `${name} names a member twice`);
  return bundle;
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new McError('mc:receipt:invalid', `${name} is not JSON: ${error.message}`, { cause: error });
    throw error;
  }
}

/** 0 for a file that cannot be read: whoever reads it says so. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Artifacts may be large, so they are hashed as a stream. */
export async function digestOfFile(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  return `sha256:${hash.digest('hex')}`;
}
