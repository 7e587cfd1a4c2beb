/**
 * Reads `-i name=value` by the declarations of the manifest: a value keeps the type its input declares, `@path` reads a file. What the
 * manifest does not declare is passed on as text, so that the home reports it with everything else that is wrong.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import type { Json } from '../shared/core/json/canonical-json.ts';
import { McError } from '../shared/core/errors.ts';
import { type FileRef } from '../shared/execution/execution.ts';
import type { InputDeclaration } from '../shared/manifest/manifest.ts';
import { reasonOf } from './workflow-source.ts';

export interface InputOptions {
  input?: string[];
  inputsFile?: string;
}

/** Makes a file known to the home, or only names it by digest when nothing may change there. */
export type TakeFile = (name: string, bytes: Buffer<ArrayBuffer>) => Promise<FileRef>;

type Declarations = Readonly<Record<string, InputDeclaration>>;

const InputsFile = z.record(z.string(), z.json());

export async function readInputs(options: InputOptions, declared: Declarations, takeFile: TakeFile): Promise<Record<string, Json>> {
  const inputs: Record<string, Json> = {};
  for (const [name, value] of Object.entries(options.inputsFile === undefined ? {} : readInputsFile(options.inputsFile))) {
    const isPath = declared[name]?.type === 'file' && typeof value === 'string';
    inputs[name] = isPath ? await takePath(value.replace(/^@/, ''), takeFile) : value;
  }
  for (const flag of options.input ?? []) {
    const at = flag.indexOf('=');
    if (at < 1) throw usage(`-i ${flag} is not an input`, 'name=value or name=@file');
    const name = flag.slice(0, at);
    inputs[name] = await readValue(name, flag.slice(at + 1), declared[name], takeFile);
  }
  return inputs;
}

async function readValue(name: string, text: string, declaration: InputDeclaration | undefined, takeFile: TakeFile): Promise<Json> {
  const type = declaration?.type;
  const path = text.startsWith('@') ? text.slice(1) : undefined;
  if (type === 'file') {
    if (path === undefined) throw usage(`input ${name} takes a file, got ${JSON.stringify(text)}`, `-i ${name}=@path/to/file`);
    return takePath(path, takeFile);
  }
  const content = path === undefined ? text : readBytes(path).toString('utf8');
  if (type === 'number' || type === 'integer') return readNumber(name, content, type);
  if (type === 'boolean') return readBoolean(name, content);
  if (type === 'object' || type === 'array') return readJson(name, content);
  return content;
}

function readNumber(name: string, text: string, type: 'number' | 'integer'): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || (type === 'integer' && !Number.isInteger(value))) {
    throw usage(`input ${name} takes ${type === 'integer' ? 'an integer' : 'a number'}, got ${JSON.stringify(text)}`, `-i ${name}=42`);
  }
  return value;
}

function readBoolean(name: string, text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw usage(`input ${name} takes a boolean, got ${JSON.stringify(text)}`, `-i ${name}=true or -i ${name}=false`);
}

function readJson(name: string, text: string): Json {
  try {
    return z.json().parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw usage(`input ${name} takes JSON, got ${JSON.stringify(text.slice(0, 80))}`, `-i ${name}=@file.json`);
    throw error;
  }
}

function readInputsFile(path: string): Record<string, Json> {
  try {
    return InputsFile.parse(JSON.parse(readBytes(path).toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new McError('mc:cli:usage', `${path} does not hold inputs: allowed is one JSON object of input names and values.`, {
        cause: error,
      });
    }
    throw error;
  }
}

async function takePath(path: string, takeFile: TakeFile): Promise<Json> {
  return takeFile(fileName(path), readBytes(path));
}

/** Names in the workspace of a task are restricted; what does not fit is replaced, the content is what counts. */
function fileName(path: string): string {
  const name = basename(path)
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 128);
  return name === '' ? 'file' : name;
}

function readBytes(path: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

function usage(got: string, allowed: string): McError {
  return new McError('mc:cli:usage', `${got}; allowed is ${allowed}.`);
}
