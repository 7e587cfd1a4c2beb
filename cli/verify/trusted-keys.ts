import { McError } from '../../shared/core/errors.ts';
import { readSmallFile } from '../read-small-file.ts';

/** A thousand keys with the lines that say whose they are. */
const maxBytes = 512 * 1024;
const pemBlock = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\n?/g;

/** The public keys in a file, PEM one after the other, as `maestro keys export` writes them. Throws `mc:cli:usage` for a file without any. */
export function readTrustedKeys(file: string): string[] {
  const found = readSmallFile(file, maxBytes).match(pemBlock);
  if (!found) throw new McError('mc:cli:usage', `${file} does not hold a public key; allowed is PEM with -----BEGIN PUBLIC KEY-----.`);
  return [...found];
}
