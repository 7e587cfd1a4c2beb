import { McError } from '../../../shared/core/errors.ts';
import { readSmallFile } from '../../read-small-file.ts';

const maxPassphraseBytes = 4_096;

/** The passphrase in a file, without the end of its line; undefined when no file is named. It is never an argument, which other users could see. */
export function readPassphrase(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const text = readSmallFile(file, maxPassphraseBytes).replace(/\r?\n$/, '');
  if (text === '' || /[\r\n]/.test(text)) throw new McError('mc:cli:usage', `${file} must hold the passphrase in one line.`);
  return text;
}
