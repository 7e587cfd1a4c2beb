/** How the proxy says no: one sentence that a task's own error message can carry, and the reason in a header. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { egressReasons, type EgressReason } from '../../shared/port/egress-trace.ts';
import type { EgressEnd } from './egress-ledger.ts';
import { targetName } from './egress-target.ts';

export type Refusal = Pick<EgressEnd, 'target' | 'verdict' | 'reason'>;

const statusOf: Readonly<Record<EgressReason, string>> = {
  listed: '403 Forbidden',
  'not-listed': '403 Forbidden',
  'private-address': '403 Forbidden',
  unresolved: '502 Bad Gateway',
  unreachable: '502 Bad Gateway',
  malformed: '400 Bad Request',
  limit: '429 Too Many Requests',
};

function textOf({ target, verdict, reason }: Refusal): string {
  return `egress ${verdict}${target === undefined ? '' : ` to ${targetName(target)}`}: ${egressReasons[reason]}\n`;
}

/** On a connection that no answer of Node's belongs to. */
export function refuse(client: Duplex, refusal: Refusal): void {
  if (!client.writable) return void client.destroy();
  const text = textOf(refusal);
  const head = [
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Mc-Egress: ${refusal.reason}`,
    'Connection: close',
  ];
  client.end(`HTTP/1.1 ${statusOf[refusal.reason]}\r\n${head.join('\r\n')}\r\n\r\n${text}`, () => client.destroy());
}

export function answer(response: ServerResponse, refusal: Refusal): void {
  const headers = { 'content-type': 'text/plain', 'x-mc-egress': refusal.reason, connection: 'close' };
  response.writeHead(Number.parseInt(statusOf[refusal.reason], 10), headers).end(textOf(refusal));
}
