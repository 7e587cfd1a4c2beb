/** Answers what node:http could not parse as HTTP, in the same shape as every other error. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { McError } from '../../shared/core/errors.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { toProblem } from '../../functions/middleware/problem.ts';
import { renderProblem } from '../../functions/middleware/render-response.ts';

function errorOf(code: unknown): McError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new McError('mc:request:headers-too-large', 'The headers of the request are larger than 32 KB.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new McError('mc:request:timeout', 'The request did not arrive in time.');
  return new McError('mc:request:invalid', 'The request is not valid HTTP/1.1.');
}

export function refuseBrokenRequest({ deps, origin }: { deps: Deps; origin: string }): (error: Error, socket: Duplex) => void {
  return (error, socket) => {
    const code = 'code' in error ? error.code : undefined;
    // The client has gone; writing would only raise the next error.
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const requestId = deps.ids.next('req');
    const { status, headers, body } = renderProblem(toProblem(errorOf(code), requestId), { requestId, origin });
    // A problem is text.
    const text = typeof body === 'string' ? body : '';
    const lines = Object.entries({ ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(text)) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${text}`);
  };
}
