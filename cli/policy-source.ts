/** Reads a policy pack of the user: a bundle as it is, or a folder that stock OPA builds first. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { McError } from '../shared/core/errors.ts';
import { reasonOf } from './workflow-source.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export function readBytes(path: string): Bytes {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

/** The bundle at this path; a folder is built. */
export function readPackSource(path: string): Bytes {
  if (!existsSync(path) || !statSync(path).isDirectory()) return readBytes(path);
  return buildFolder(path);
}

const installOpa = 'install opa 1.x (https://www.openpolicyagent.org/docs/#running-opa), put it on the PATH or name it in MC_OPA';

function findOpa(env: NodeJS.ProcessEnv = process.env): string {
  const onPath = (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'opa'));
  const found = env['MC_OPA'] ?? onPath.find((path) => existsSync(path));
  if (found) return found;
  throw new McError('mc:cli:usage', `A folder is built with stock OPA, which was not found: ${installOpa}; or give a built bundle.`);
}

const Manifest = z.looseObject({ roots: z.tuple([z.string().regex(/^mc\/[a-z][a-z0-9_]{0,31}$/)]) });

/** The pack is named by the only root of its bundle. */
function rootOf(folder: string): string {
  const file = join(folder, '.manifest');
  const text = readText(file);
  try {
    return Manifest.parse(JSON.parse(text)).roots[0];
  } catch (cause) {
    const message = `${file} names no pack`;
    const issues = [{ code: 'manifest', pointer: '/roots', message, allowed: '"roots": ["mc/<pack>"], in lower case' }];
    throw new McError('mc:policy:bundle-refused', `${message}.`, { issues, cause });
  }
}

function buildFolder(folder: string): Bytes {
  const root = rootOf(folder);
  const opa = findOpa();
  const scratch = mkdtempSync(join(tmpdir(), 'maestro-policy-'));
  try {
    const output = join(scratch, 'bundle.tar.gz');
    const args = ['build', '-t', 'wasm', '-e', `${root}/verdict`, '--ignore', '*_test.rego', '-r', 'test', '-o', output, '-b', '.'];
    const { status, stderr, stdout, error } = spawnSync(opa, args, { cwd: folder, encoding: 'utf8' });
    if (error) throw new McError('mc:cli:usage', `${opa} cannot be started: ${error.message}; ${installOpa}.`, { cause: error });
    if (status === 0) return readBytes(output);
    const issues = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((message) => ({ code: 'opa-build', pointer: '', message }));
    throw new McError('mc:policy:bundle-refused', `opa build fails in ${folder}.`, { issues });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
