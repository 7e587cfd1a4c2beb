/** What attacks are after: things of the host that are made for one attack, watched from outside, and gone afterwards. Network targets listen on loopback only. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from './escape-case.ts';

const secret = 'c0ffee-secret';

/** A folder of the home with a file in it; hit when the attack says what is inside, or has changed it. */
export function secretFile(): Target {
  const folder = mkdtempSync(join(tmpdir(), 'mc-secret-'));
  const file = join(folder, 'secret');
  writeFileSync(file, secret);
  return {
    inputs: { folder, file },
    isHit: ({ text, logs }) =>
      readFileSync(file, 'utf8') !== secret || text.includes(secret) || logs.some((line) => line.text.includes(secret)),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A path of the host at which nothing is; hit when there is something. */
export function freePath(folder = tmpdir()): Target {
  const path = join(mkdtempSync(join(folder, 'mc-target-')), 'written');
  return { inputs: { path }, isHit: () => existsSync(path), dispose: () => rmSync(join(path, '..'), { recursive: true, force: true }) };
}

/** A process of the user beside the home; hit when it has ended. */
export async function bystander(): Promise<Target> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { SECRET: secret },
  });
  await once(child.stdout, 'data');
  return {
    inputs: { pid: child.pid ?? 0, host: process.pid },
    dispose: () => void child.kill('SIGKILL'),
  };
}

/** The same; hit when the process is gone. */
export async function victim(): Promise<Target> {
  const target = await bystander();
  const pid = Number(target.inputs['pid']);
  return {
    ...target,
    isHit: async () => {
      for (let waited = 0; waited < 500; waited += 50) {
        if (/^State:\tZ/m.test(statusOf(pid))) return true;
        await new Promise((done) => setTimeout(done, 50));
      }
      return statusOf(pid) === '';
    },
  };
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return ''; // Gone and collected.
  }
}

async function listen(server: Server, place: string | { port: number; host: string }): Promise<void> {
  server.listen(place);
  await once(server, 'listening');
}

/** A server of this machine; hit when anything connected. */
export async function tcpServer(host = '127.0.0.1', greeting = ''): Promise<Target> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).end(greeting);
  });
  await listen(server, { port: 0, host });
  const { port } = server.address() as AddressInfo; // A server on a TCP port has one.
  return { inputs: { port, host }, isHit: () => connections > 0, dispose: () => void server.close() };
}

/** A server on a unix socket, in the file system or in the abstract name space. */
export async function unixServer(kind: 'file' | 'abstract'): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-socket-'));
  const path = kind === 'file' ? join(folder, 'agent.sock') : `\0mc-${folder}`;
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).end();
  });
  await listen(server, path);
  return {
    inputs: { path },
    isHit: () => connections > 0,
    dispose: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A server for datagrams, such as a name server under somebody's control; hit when one came. */
export async function udpServer(): Promise<Target> {
  let datagrams = 0;
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    datagrams += 1;
    // The same with the bits "response" and "no such name", so that a resolver is content.
    const answer = Buffer.from(query);
    if (answer.length > 3) answer.writeUInt16BE(0x8183, 2);
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { inputs: { port: socket.address().port, host: '127.0.0.1' }, isHit: () => datagrams > 0, dispose: () => void socket.close() };
}
