import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as send } from 'node:https';
import { freePort } from './free-port.ts';
import type { Gateway } from './gateway-request.ts';

export interface ApiProxy {
  url: string;
  stop(): void;
}

/**
 * A loopback address for a deployed API. The emulator tells APIs apart by their host name (`<id>.execute-api.localhost`), which not every
 * machine's resolver knows.
 */
export async function startApiProxy(apiUrl: string, gateway: Gateway): Promise<ApiProxy> {
  const { host } = new URL(apiUrl);
  const ca = readFileSync(gateway.certificate);
  const port = await freePort();
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const options = {
      host: '127.0.0.1',
      servername: 'localhost',
      port: gateway.port,
      ca,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, host },
    };
    const request = send(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    request.once('error', () => outgoing.writeHead(502).end());
    incoming.pipe(request);
  };
  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
