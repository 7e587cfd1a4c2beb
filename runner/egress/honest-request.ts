/** What a request to the proxy has to be before anybody asks where it wants to go: one request that says the same thing to whoever reads it. */
import type { IncomingMessage } from 'node:http';
import { targetName, type EgressTarget } from './egress-target.ts';

/** A Host header that says something else than the target is how one program is made to see another request than the next; some clients leave the port out. */
export function isHonest({ headersDistinct, httpVersion }: IncomingMessage, target: EgressTarget): boolean {
  const hosts = headersDistinct['host'] ?? [];
  const [host] = hosts;
  const named = targetName(target);
  return httpVersion === '1.1' && hosts.length === 1 && [named, named.slice(0, named.lastIndexOf(':'))].includes(host?.toLowerCase() ?? '');
}

/** Other codings than `chunked` cannot be written anew without knowing them. */
export function isFramed({ headers }: IncomingMessage): boolean {
  return [undefined, 'chunked'].includes(headers['transfer-encoding']?.toLowerCase());
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}
