import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import { systemErrorField } from '../system-error.ts';
import { backupFiles, backupIn, listBackups, readMark } from './backup-folder.ts';

const Envelope = z.looseObject({ dsseEnvelope: z.looseObject({ payload: z.base64() }) });
const Taken = z.looseObject({ predicate: z.looseObject({ takenAt: z.iso.datetime() }) });

/**
 * When the newest whole backup of a folder was made, in milliseconds since the Unix epoch; undefined when there is none, or none that can be read. By what it says, unproven, and not
 * by its id, which says a later time when the clock went back.
 */
export function newestBackupAt(folder: string): number | undefined {
  try {
    const newest = readMark(folder) && listBackups(folder).at(-1);
    if (newest === undefined) return undefined;
    const bundle = Envelope.parse(JSON.parse(readFileSync(join(backupIn(folder, newest), backupFiles.statement), 'utf8')));
    const statement = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8');
    return Date.parse(Taken.parse(JSON.parse(statement)).predicate.takenAt);
  } catch (error) {
    // The backup that is tried says what is wrong with the folder.
    const isUnreadable = error instanceof z.ZodError || error instanceof SyntaxError || systemErrorField(error, 'code') !== undefined;
    if (error instanceof McError || isUnreadable) return undefined;
    throw error;
  }
}
