/** JSON from outside that nests so deep that whatever recurses over it (zod, ajv, JCS, JSON.stringify) would overflow the stack. */

/** Twice the depth a manifest may have; nothing real nests deeper. */
export const maxJsonDepth = 64;

const ascii = { quote: 0x22, backslash: 0x5c, openBracket: 0x5b, closeBracket: 0x5d, openBrace: 0x7b, closeBrace: 0x7d } as const;

/** Whether brackets of a JSON text in UTF-8 nest deeper than the limit; brackets inside strings do not count. Any bytes are answered. */
export function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === ascii.backslash) at++;
      else if (byte === ascii.quote) inString = false;
    } else if (byte === ascii.quote) inString = true;
    else if (byte === ascii.openBrace || byte === ascii.openBracket) {
      if (++depth > maxJsonDepth) return true;
    } else if (byte === ascii.closeBrace || byte === ascii.closeBracket) depth--;
  }
  return false;
}
