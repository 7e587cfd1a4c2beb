import { z } from 'zod';
import type { Gateway } from '../../scripts/cloud/gateway-request.ts';
import type { ServiceAnswer, ServiceRequest } from '../chaos/faulty-service.ts';

const { AWS_ENDPOINT_URL, NODE_EXTRA_CA_CERTS } = z
  .object({ AWS_ENDPOINT_URL: z.url(), NODE_EXTRA_CA_CERTS: z.string() })
  .parse(process.env);

/** Where the emulator of this run listens. */
export const gateway: Gateway = { port: Number(new URL(AWS_ENDPOINT_URL).port), certificate: NODE_EXTRA_CA_CERTS };

/** Of the connection to the proxy, and not of the request. */
const ofTheConnection = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'keep-alive']);

/** Has the emulator carry out what a proxy in front of it was asked. */
export async function forwardToEmulator({ method, path, headers, body }: ServiceRequest): Promise<ServiceAnswer> {
  const passed = Object.entries(headers).filter(([name]) => !ofTheConnection.has(name));
  const answer = await fetch(`${AWS_ENDPOINT_URL}${path}`, {
    method,
    headers: passed.map(([name, value]): [string, string] => [name, String(value)]),
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { status: answer.status, type: answer.headers.get('content-type') ?? 'application/octet-stream', body: bytes };
}
