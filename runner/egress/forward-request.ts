/**
 * Plain HTTP through the proxy: the request is read by Node's strict parser and written anew, so that nothing of its framing (lengths, chunks, a second
 * request hidden in the first) comes out as the task wrote it.
 */
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isIPv4 } from 'node:net';
import { parseTarget, type EgressTarget } from './egress-target.ts';

/** The same limit as for what tasks send. */
export const maxHeaderBytes = 8 * 1024;

const httpPort = 80;

/** Headers about one connection, not about the message (RFC 9110 §7.6.1); `Connection` may name more. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What says where a message ends; no `Connection` takes it away, or the body would come out as a request of its own. */
const framing = 'content-length';

export interface ForwardTarget {
  target: EgressTarget;
  /** Path and query. */
  path: string;
}

/** Reads the absolute form of a request (RFC 9112 §3.2.2); undefined for anything but plain HTTP to a host without credentials. */
export function parseForward(uri: string): ForwardTarget | undefined {
  const found = /^http:\/\/([^/?#\s@\\]+)([/?][\x21-\x7e]*)?$/i.exec(uri);
  if (!found) return undefined;
  const [, authority = '', rest = ''] = found;
  const target = parseTarget(/:\d+$/.test(authority) ? authority : `${authority}:${httpPort}`);
  return target && !rest.includes('#') ? { target, path: rest.startsWith('/') ? rest : `/${rest}` } : undefined;
}

function endToEnd(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  const named = pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/));
  const dropped = new Set([...hopByHop, ...named.filter((name) => name !== framing)]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
}

function hostHeader({ host, port }: EgressTarget): string {
  const name = host.includes(':') && !isIPv4(host) ? `[${host}]` : host;
  return port === httpPort ? name : `${name}:${port}`;
}

/** Sends the request over a connection that is made already, and answers with what comes back. */
export function forwardRequest({ target, path }: ForwardTarget, socket: Socket, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const headers = endToEnd(incoming.rawHeaders).filter(([name]) => name.toLowerCase() !== 'host');
  const isChunked = incoming.headers['transfer-encoding'] !== undefined;
  const sent = request({
    // No `agent` at all: with one, even `false`, Node makes a connection of its own, to the host it takes from somewhere else.
    createConnection: () => socket,
    method: incoming.method,
    path,
    setHost: false,
    headers: [
      ['host', hostHeader(target)],
      ...headers,
      ['connection', 'close'],
      ...(isChunked ? [['transfer-encoding', 'chunked']] : []),
    ].flat(),
    maxHeaderSize: maxHeaderBytes,
    insecureHTTPParser: false,
  });
  const fail = (): void => {
    socket.destroy();
    // An answer that broke off must not look like a whole one.
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502, { connection: 'close' }).end();
  };
  sent.once('response', (answer) => {
    try {
      outgoing.writeHead(answer.statusCode ?? 502, [...endToEnd(answer.rawHeaders), ['connection', 'close']].flat());
    } catch {
      return fail(); // A status such as 099 is no answer that can be given.
    }
    answer.pipe(outgoing);
    answer.once('error', fail);
  });
  sent.once('error', fail);
  // A server that changes the protocol gets no further; there is nothing here to speak it.
  sent.once('upgrade', fail);
  outgoing.once('close', () => socket.destroy());
  incoming.pipe(sent);
}
