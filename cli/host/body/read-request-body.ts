/**
 * Reads the body of a node:http request. A body that says it is too large is refused before a byte of it is read, any other as soon as it
 * has grown over the limit. What the client still sends is drained by the server, up to a limit, so that the client gets to see the answer.
 */
import type { IncomingMessage } from 'node:http';
import { McError } from '../../../shared/core/errors.ts';

/** After an early answer, at most this much is read and thrown away before the connection is cut. */
const maxDrainBytes = 64 * 1024 * 1024;

const empty = Buffer.alloc(0);

function tooLarge(maxBytes: number, got: string): McError {
  return new McError('mc:request:too-large', `The body has ${got} bytes; this operation takes at most ${maxBytes}.`);
}

function tooEarly(): McError {
  return new McError('mc:request:invalid', 'The body ended too early.');
}

/** The content-length, or undefined for a chunked body; node has refused malformed ones already. */
function declaredLength(request: IncomingMessage): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(request.headers['content-length'] ?? 0);
}

/** Whose body it is. */
export interface BodyHolder {
  /** Takes so many bytes of what bodies may take together, until its answer was given, or answers false. */
  reserve(bytes: number): boolean;
  /** Tells a caller who asked first to send the body. */
  allowBody(): void;
}

/** Reads at most `maxBytes`, which are reserved. Throws `mc:request:too-large`, `mc:host:overloaded` or, for a caller who has gone, `mc:request:invalid`. */
export async function readRequestBody(request: IncomingMessage, maxBytes: number, holder: BodyHolder): Promise<Uint8Array> {
  const declared = declaredLength(request);
  if (declared === 0) return empty;
  if (declared !== undefined && declared > maxBytes) throw tooLarge(maxBytes, String(declared));
  // Nobody would ever say that such a body has ended, or give back what it reserved.
  if (request.destroyed) throw tooEarly();
  if (!holder.reserve(declared ?? maxBytes)) throw new McError('mc:host:overloaded', 'Too many bytes of request bodies are waiting.');
  holder.allowBody();
  return collect(request, maxBytes);
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBytes) return;
      request.off('data', onData);
      reject(tooLarge(maxBytes, 'more'));
    };
    request.on('data', onData);
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    // The connection is gone, so nobody sees this; it only ends the pipeline. Whole requests close too, and an error costs a stack trace.
    request.once('close', () => {
      if (!request.complete) reject(tooEarly());
    });
  });
}

/** Lets an early answer reach a client that is still sending: reads on for a while, then cuts the connection. */
export function drain(request: IncomingMessage): void {
  if (request.complete) return;
  let drained = 0;
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > maxDrainBytes) request.destroy();
  });
}
