import { hasCode, McError } from '../../shared/core/errors.ts';
import { shellWord } from '../../shared/core/text/shell-word.ts';
import { keyIdOf } from '../../shared/receipt/key-id.ts';
import { readSmallFile } from '../read-small-file.ts';

/** A thousand keys with the lines that say whose they are. */
const maxBytes = 512 * 1024;
const pemBlock = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\n?/g;

/**
 * The public keys in a file, PEM one after the other, as `maestro keys export` writes them. Throws `mc:cli:usage` for a file without any, and for one with a key that
 * signs no receipts: whoever named it should know, even where another key of the file fits.
 */
export function readTrustedKeys(file: string): string[] {
  const text = readSmallFile(file, maxBytes);
  const found = text.match(pemBlock);
  if (!found)
    throw new McError(
      'mc:cli:usage',
      `${file} does not hold a public key; allowed is PEM with -----BEGIN PUBLIC KEY-----.${instead(text, file)}`,
    );
  for (const [index, pem] of found.entries()) requireReceiptKey(pem, `Key ${index + 1} of ${file}`);
  return [...found];
}

function requireReceiptKey(pem: string, name: string): void {
  try {
    keyIdOf(pem);
  } catch (cause) {
    const why = hasCode(cause, 'mc:key:unreadable') ? cause.message : 'it is cut or was changed';
    throw new McError('mc:cli:usage', `${name} cannot be used: ${why}.`, { cause });
  }
}

/** How the public key is had from what people have at hand. */
function instead(text: string, file: string): string {
  if (text.includes('PRIVATE KEY-----'))
    return ` Nobody needs the private key to verify: \`openssl ec -in ${shellWord(file)} -pubout\` gives its public half.`;
  return text.includes('-----BEGIN CERTIFICATE-----')
    ? ` \`openssl x509 -in ${shellWord(file)} -noout -pubkey\` gives the key of a certificate.`
    : '';
}
