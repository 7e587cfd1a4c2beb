/**
 * The bundle of a package: an uncompressed tar of exactly `mc-package.json` and `index.mjs`. Written the same way every time, so equal content has
 * an equal digest. The reader takes bytes from strangers: it refuses whatever it would not write itself, and never touches a file system.
 */
import { extract, pack, type Header } from 'tar-stream';
import { canonicalJson } from '../core/json/canonical-json.ts';
import { isTooDeep, maxJsonDepth } from '../core/json/too-deep.ts';
import { isWellFormedJson } from '../core/json/well-formed.ts';
import { digestBytes, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { Issue } from '../core/issue.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { issuesOfZod } from '../core/zod-issues.ts';
import { PackageDescriptor } from './descriptor.ts';

/** Limits of a bundle, each with its reason. */
export const bundleLimits = {
  /** What one request may carry (Lambda takes 6 MB, and API Gateway hands bytes over as base64); a package is one module, not an installation. */
  bytes: 4 * 1024 * 1024,
  /** A descriptor is kept in one table item (400 KB) and read whenever a plan is made. */
  descriptorBytes: 64 * 1024,
} as const;

const descriptorName = 'mc-package.json';
const entryName = 'index.mjs';

export interface PackageBundle {
  descriptor: PackageDescriptor;
  /** The text of `index.mjs` in UTF-8. */
  entry: Uint8Array;
}

function invalid(issues: readonly Issue[]): McError {
  const [first] = issues;
  return new McError(
    'mc:package:invalid',
    `The package is not well formed: ${first?.message ?? ''}${issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''}.`,
    { issues },
  );
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The one tar of this content: fixed order, owner, mode and time. */
export async function writeBundle({ descriptor, entry }: PackageBundle): Promise<Uint8Array> {
  const tar = pack();
  const fixed = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'file' } as const;
  tar.entry({ ...fixed, name: descriptorName }, canonicalJson(descriptor));
  tar.entry({ ...fixed, name: entryName }, Buffer.from(entry));
  tar.finalize();
  return collect(tar);
}

function checkEntry(header: Header, seen: ReadonlyMap<string, Buffer>): Issue | undefined {
  const pointer = '';
  const got = shownValue(header.name);
  const allowed = `${descriptorName} and ${entryName}, as plain files`;
  if (header.type !== 'file' && header.type !== 'contiguous-file')
    return { code: 'entry-type', pointer, message: `${got} is a ${String(header.type)}`, got, allowed };
  if (header.name !== descriptorName && header.name !== entryName)
    return { code: 'unknown-entry', pointer, message: `${got} does not belong in a package`, got, allowed };
  if (seen.has(header.name)) return { code: 'duplicate-entry', pointer, message: `${got} is there twice`, got, allowed };
  return undefined;
}

async function readEntries(bytes: Uint8Array): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const issues: Issue[] = [];
  const tar = extract();
  try {
    tar.end(Buffer.from(bytes));
    for await (const entry of tar) {
      const issue = checkEntry(entry.header, found);
      const content = await collect(entry);
      if (issue === undefined) found.set(entry.header.name, content);
      else issues.push(issue);
      // A tar of 4 MiB may have 10,000 empty entries; the first ones say enough.
      if (issues.length >= 20) throw invalid(issues);
    }
  } catch (cause) {
    if (cause instanceof McError) throw cause;
    const message = 'the bytes are not a tar archive';
    throw new McError('mc:package:invalid', `The package is not well formed: ${message}.`, {
      issues: [{ code: 'tar', pointer: '', message, allowed: 'an uncompressed tar (ustar)' }],
      cause,
    });
  }
  for (const name of [descriptorName, entryName]) {
    if (!found.has(name))
      issues.push({
        code: 'missing-entry',
        pointer: '',
        message: `${name} is missing`,
        allowed: `${descriptorName} and ${entryName} at the top of the archive`,
      });
  }
  if (issues.length > 0) throw invalid(issues);
  return found;
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid([{ code: 'encoding', pointer: '', message: `${name} is not UTF-8` }]);
  }
}

function readDescriptor(bytes: Buffer): PackageDescriptor {
  if (bytes.length > bundleLimits.descriptorBytes) {
    throw invalid([
      {
        code: 'too-large',
        pointer: '',
        message: `${descriptorName} is ${bytes.length} bytes`,
        allowed: `at most ${bundleLimits.descriptorBytes} bytes`,
      },
    ]);
  }
  if (isTooDeep(bytes))
    throw invalid([
      {
        code: 'json-depth',
        pointer: '',
        message: `${descriptorName} nests too deep`,
        allowed: `at most ${maxJsonDepth} levels`,
        fix: 'Flatten it.',
      },
    ]);
  const text = decode(descriptorName, bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid([
      { code: 'json', pointer: '', message: `${descriptorName} is not JSON: ${error instanceof Error ? error.message : String(error)}` },
    ]);
  }
  if (!isWellFormedJson(text, value))
    throw invalid([{ code: 'encoding', pointer: '', message: `a string of ${descriptorName} holds half of a surrogate pair` }]);
  const parsed = PackageDescriptor.safeParse(value);
  if (!parsed.success) throw invalid(issuesOfZod(parsed.error, value));
  return parsed.data;
}

/** Reads a bundle of unknown origin; throws `mc:package:invalid` with every issue. The digest is that of the bytes as given. */
export async function readBundle(bytes: Uint8Array): Promise<PackageBundle & { digest: Digest }> {
  if (bytes.length > bundleLimits.bytes) {
    throw invalid([
      { code: 'too-large', pointer: '', message: `the bundle is ${bytes.length} bytes`, allowed: `at most ${bundleLimits.bytes} bytes` },
    ]);
  }
  const entries = await readEntries(bytes);
  const entry = entries.get(entryName) ?? Buffer.alloc(0);
  if (decode(entryName, entry).trim() === '') throw invalid([{ code: 'empty', pointer: '', message: `${entryName} is empty` }]);
  return { descriptor: readDescriptor(entries.get(descriptorName) ?? Buffer.alloc(0)), entry, digest: digestBytes(bytes) };
}
