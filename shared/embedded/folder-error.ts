import { McError } from '../core/errors.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { systemErrorField, systemErrorWords } from './system-error.ts';

/** What a system says about a path that is there but not for us, or cannot be made. */
const unusable = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EIO'];

/**
 * What kept a data folder from being opened, as an error that a person can act on: full, damaged, or not usable by this user. Anything else comes
 * back as it was, because it is a fault of ours.
 */
export function folderError(path: string, error: unknown): unknown {
  if (error instanceof McError) return error;
  const code = systemErrorField(error, 'code');
  const problem = sqliteProblem(error);
  const reason = systemErrorWords(code) ?? (error instanceof Error ? error.message : String(error));
  if (problem === 'full' || code === 'ENOSPC' || code === 'EDQUOT')
    return new McError('mc:store:full', `there is no space left for ${path}`, { cause: error });
  if (problem === 'damaged') return new McError('mc:store:damaged', `${path} is damaged or another file: ${reason}`, { cause: error });
  if (problem === 'unusable' || problem === 'held' || (typeof code === 'string' && unusable.includes(code)))
    return new McError('mc:host:data-dir-unusable', `${path} cannot be opened for writing: ${reason}`, { cause: error });
  return error;
}
