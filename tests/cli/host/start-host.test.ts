import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHost, type RunningHost } from '../../../cli/host/start-host.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';

const folder = mkdtempSync(join(tmpdir(), 'mc-host-'));
const start = (name: string, port = 0): Promise<RunningHost> =>
  startHost({ dataDir: join(folder, name), port, isAnnounced: false, runner: new SimulatedRunner(), log: () => undefined });

let host: RunningHost;
beforeAll(async () => {
  host = await start('main');
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

describe('a running host', () => {
  test('leaves a login file for this user only, whose token is let in', async () => {
    const file = join(folder, 'main', 'login.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { url, token } = JSON.parse(readFileSync(file, 'utf8')) as { url: string; token: string };
    const response = await fetch(`${url}/api/whoami`, { headers: { authorization: `Bearer ${token}` } });
    expect(await response.json()).toMatchObject({ subject: 'admin@local', tenant: 'local', roles: ['admin'] });
  });

  test('serves its interface as a document and as a page', async () => {
    const document = await fetch(`${host.url}/openapi.json`);
    expect(await document.json()).toMatchObject({ openapi: '3.1.1', info: { title: 'Maestro Conductor' } });
    const page = await fetch(`${host.url}/docs`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'sha256-");
    expect(await page.text()).toContain('Start a run of a published workflow');
  });

  test('keeps its data folder to itself and goes on when a second host wants it', async () => {
    await expect(start('main')).rejects.toMatchObject({ code: 'mc:host:data-dir-in-use' });
    expect((await fetch(`${host.url}/healthz`)).status).toBe(200);
  });

  test('keeps its port to itself, and the host that wanted it leaves its own data folder free', async () => {
    const port = Number(new URL(host.url).port);
    await expect(start('second', port)).rejects.toMatchObject({ code: 'mc:host:port-in-use' });
    expect(existsSync(join(folder, 'second', 'login.json'))).toBe(false);
    const second = await start('second');
    await second.close();
  });
});

describe('a host that ends', () => {
  test('takes its login file away and is not reached any more', async () => {
    const other = await start('other');
    await other.close();
    expect(existsSync(join(folder, 'other', 'login.json'))).toBe(false);
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
  });

  test('keeps its issuer: a new start signs with the same key', async () => {
    const keysOf = async (running: RunningHost): Promise<unknown> => (await fetch(`${running.url}/.well-known/jwks.json`)).json();
    const first = await start('again');
    const keys = await keysOf(first);
    await first.close();
    const second = await start('again');
    expect(await keysOf(second)).toEqual(keys);
    await second.close();
  });
});
