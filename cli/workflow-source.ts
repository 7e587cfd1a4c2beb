/** Tells manifest files and workflow references apart, and reads the file. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { McError } from '../shared/core/errors.ts';
import { systemErrorWords } from '../shared/embedded/system-error.ts';
import { manifestLimits } from '../shared/manifest/manifest.ts';
import type { ManifestMediaType } from './client/maestro-client.ts';
import { errnoOf } from './errno.ts';

export interface ManifestFile {
  kind: 'file';
  path: string;
  text: string;
  mediaType: ManifestMediaType;
}

export type WorkflowSource = ManifestFile | { kind: 'ref'; ref: string };

/**
 * A reference never has a slash or a manifest's extension, so a mistyped file name is reported as a missing file. A folder of the name of a workflow, as
 * `maestro new workflow` makes it, is not what a bare name means.
 */
export function findSource(refOrFile: string): WorkflowSource {
  const looksLikeFile = /[/\\]|^\.+$/.test(refOrFile) || /\.(ya?ml|json)$/i.test(refOrFile);
  const isFile = existsSync(refOrFile) && !statSync(refOrFile).isDirectory();
  return looksLikeFile || isFile ? readManifestFile(refOrFile) : { kind: 'ref', ref: refOrFile };
}

export function readManifestFile(path: string): ManifestFile {
  const text = readText(path, manifestLimits.bytes);
  return { kind: 'file', path, text, mediaType: extname(path).toLowerCase() === '.json' ? 'application/json' : 'application/yaml' };
}

function readText(path: string, maxBytes: number): string {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new McError('mc:cli:file-unreadable', folderWords(path));
    const { size } = stats;
    if (size > maxBytes) {
      throw new McError('mc:manifest:too-large', `${path} has ${String(size)} bytes; allowed are ${String(maxBytes)}.`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof McError) throw error;
    throw new McError('mc:cli:file-unreadable', `${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

function folderWords(path: string): string {
  const named = path.endsWith('/') ? path : `${path}/`;
  return `${named} is a folder; give ${join(path, 'workflow.yaml')}, or ${basename(resolve(path))}@VERSION for the published workflow.`;
}

/** The reason of a failed file operation in words. */
export function reasonOf(error: unknown): string {
  const code = errnoOf(error);
  return systemErrorWords(code) ?? code ?? 'unknown reason';
}
