import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { InputError } from '../../input-error.ts';
import type { TaskContext } from '../../task-context.ts';

interface Inputs {
  path: string;
  encoding?: 'utf8' | 'base64';
  parse?: 'json' | 'yaml';
  maxBytes?: number;
}

interface Outputs {
  path: string;
  sizeBytes: number;
  digest: string;
  content?: string;
  value?: unknown;
}

const defaultMaxBytes = 2 * 1024 * 1024;
/** As many names as a message bears. */
const maxNames = 20;

function assertBelow(workspace: string, path: string, named: string): void {
  if (path !== workspace && path.startsWith(workspace + sep)) return;
  throw new InputError(
    `${JSON.stringify(named)} is not inside the workspace; allowed are paths below it, such as \${{ inputs.<name>.path }}`,
  );
}

async function namesBelow(workspace: string): Promise<string> {
  const entries = await readdir(workspace, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => relative(workspace, join(entry.parentPath, entry.name)));
  if (names.length === 0) return 'the workspace is empty: a run gets the files of its inputs of type file';
  return `the workspace has ${names.sort().slice(0, maxNames).join(', ')}${names.length > maxNames ? ` and ${names.length - maxNames} more` : ''}`;
}

async function readInside(workspace: string, named: string, maxBytes: number): Promise<Buffer> {
  const wanted = resolve(workspace, named);
  assertBelow(workspace, wanted, named);
  const info = await stat(wanted).catch(() => undefined);
  if (info === undefined) throw new InputError(`there is no file ${JSON.stringify(named)}; ${await namesBelow(workspace)}`);
  if (!info.isFile()) throw new InputError(`${JSON.stringify(named)} is a folder; allowed is a file: ${await namesBelow(workspace)}`);
  // A link could lead out again; Node's permission model does not look at where links lead.
  assertBelow(await realpath(workspace), await realpath(wanted), named);
  if (info.size > maxBytes) throw new InputError(`${JSON.stringify(named)} has ${info.size} bytes; allowed are ${maxBytes} (maxBytes)`);
  return readFile(wanted);
}

function decode(bytes: Buffer, named: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new InputError(`${JSON.stringify(named)} is not UTF-8 text; read it with encoding: base64`);
  }
}

function parseText(text: string, format: 'json' | 'yaml', named: string): unknown {
  try {
    // A few aliases are fine; a bomb of them is not (the library's default limit, spelt out because it is a security limit).
    return format === 'json' ? JSON.parse(text) : parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new InputError(
      `${JSON.stringify(named)} is not ${format.toUpperCase()}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export default async function run({ inputs, workspace, log }: TaskContext<Inputs>): Promise<Outputs> {
  const bytes = await readInside(workspace, inputs.path, inputs.maxBytes ?? defaultMaxBytes);
  const found = { path: inputs.path, sizeBytes: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
  log(`read ${inputs.path}: ${bytes.length} bytes, ${found.digest}`);
  if (inputs.parse !== undefined) return { ...found, value: parseText(decode(bytes, inputs.path), inputs.parse, inputs.path) };
  return { ...found, content: inputs.encoding === 'base64' ? bytes.toString('base64') : decode(bytes, inputs.path) };
}
