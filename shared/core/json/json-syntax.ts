/** Where a text stops being JSON, and how the platform's parser says so. */
export interface JsonSyntaxError {
  message: string;
  offset: number;
}

function failureOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/** The first place where a text stops being JSON (RFC 8259); undefined for valid JSON. */
export function findJsonSyntaxError(text: string): JsonSyntaxError | undefined {
  const message = failureOf(text);
  if (message === undefined) return undefined;
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return { message, offset: Number(position) };
  if (!message.startsWith('Unexpected token')) return { message, offset: text.length };
  // V8 names no position for these, but a prefix fails in this way exactly when it holds the offending character.
  let [low, high] = [0, text.length];
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if (failureOf(text.slice(0, middle))?.startsWith('Unexpected token') === true) high = middle;
    else low = middle;
  }
  return { message, offset: low };
}
