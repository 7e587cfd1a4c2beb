import { readFileSync, statSync } from 'node:fs';
import { McError } from '../shared/core/errors.ts';
import { reasonOf } from './workflow-source.ts';

/** The text of a file; throws `mc:cli:usage` for one that is larger than what it should hold, before it is read. */
export function readSmallFile(file: string, maxBytes: number): string {
  try {
    const { size } = statSync(file);
    if (size > maxBytes) throw new McError('mc:cli:usage', `${file} has ${String(size)} bytes; allowed are ${String(maxBytes)}.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof McError) throw error;
    throw new McError('mc:cli:file-unreadable', `${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}
