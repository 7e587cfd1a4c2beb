/** A service on loopback that gives faults before answers, for clients and adapters that must live with them. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ServiceAnswer {
  status: number;
  type?: string;
  body?: string | Uint8Array;
}

/** `reset` closes the connection without a word, `reset-after` does so when the request was carried out, `silence` never answers. */
export type Fault = ServiceAnswer | 'reset' | 'reset-after' | 'silence';

export interface ServiceRequest {
  method: string;
  path: string;
  /** `DynamoDB_20120810.GetItem` and the like; empty for S3. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** When it came. */
  at: number;
}

export interface FaultyService {
  url: string;
  /** What comes first; each is given once. */
  faults: Fault[];
  /** Every request, those that met a fault among them. */
  readonly asked: ServiceRequest[];
  /** What the service does when it works. */
  carryOut: (request: ServiceRequest) => ServiceAnswer | Promise<ServiceAnswer>;
  /** Listens no more, and ends its connections. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
}

/** What AWS says when it is asked too fast or fails: S3 in XML, everybody else in JSON. */
export const faults = {
  slowDown: {
    status: 503,
    type: 'application/xml',
    body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
  },
  json: (name: string, status = 400, fields: object = {}): ServiceAnswer => ({
    status,
    type: 'application/x-amz-json-1.0',
    body: JSON.stringify({ __type: `com.amazonaws#${name}`, message: name, ...fields }),
  }),
} as const;

export async function startFaultyService(): Promise<FaultyService> {
  let server: Server;
  let port = 0;
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming);
    service.asked.push(request);
    const fault = service.faults.shift();
    if (fault === 'silence') return;
    if (fault === 'reset') return void incoming.socket.destroy();
    const answer = fault === undefined || fault === 'reset-after' ? await service.carryOut(request) : fault;
    if (fault === 'reset-after') return void incoming.socket.destroy();
    outgoing.writeHead(answer.status, { 'content-type': answer.type ?? 'application/x-amz-json-1.0' }).end(answer.body ?? '{}');
  };
  const service: FaultyService = {
    url: '',
    faults: [],
    asked: [],
    carryOut: () => ({ status: 200 }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    start: async () => {
      server = createServer((incoming, outgoing) => void serve(incoming, outgoing).catch(() => incoming.socket.destroy()));
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      port = (server.address() as AddressInfo).port; // It listens on TCP.
    },
  };
  await service.start();
  service.url = `http://127.0.0.1:${port}`;
  return service;
}

async function readRequest(incoming: IncomingMessage): Promise<ServiceRequest> {
  const at = performance.now();
  const body = await buffer(incoming);
  const { method = '', url: path = '', headers } = incoming;
  return { method, path, target: String(headers['x-amz-target'] ?? ''), headers, body, at };
}
