/** The part of the runner contract about what a task must not reach. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect } from '@jest/globals';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';
import { runOnce, testUnless, type RunnerHarness } from '../support/runner-harness.ts';

/** A module that tries each of some expressions, and answers `reached` for those that did not throw. */
function tries(attempts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(attempts).map(([name, code]) => `await attempt(${JSON.stringify(name)}, async () => { ${code} });`);
  return `import fs from 'node:fs'; import path from 'node:path'; import net from 'node:net';
    export default async ({ inputs, workspace, scratch }) => {
      const found = {};
      const attempt = async (name, run) => { try { await run(); found[name] = 'reached'; } catch { found[name] = 'refused'; } };
      ${lines.join('\n')}
      return found;
    };`;
}

export function describeIsolation(harness: RunnerHarness): void {
  describeFiles(harness);
  describeWaysAround(harness);
  describeProcess(harness);
  describeNetwork(harness);
}

async function outcomes({ runner }: RunnerHarness, attempts: Readonly<Record<string, string>>, inputs: JsonObject = {}): Promise<unknown> {
  const files = [{ path: 'in/file.txt', bytes: new TextEncoder().encode('content') }];
  const { result } = await runOnce(runner, buildTaskSpec({ entry: tries(attempts), inputs, files }));
  return result.kind === 'succeeded' ? result.outputs : result;
}

const allRefused = (attempts: object): Record<string, string> => Object.fromEntries(Object.keys(attempts).map((name) => [name, 'refused']));

function describeFiles(harness: RunnerHarness): void {
  const check = testUnless(harness.skip.code);

  describe('files', () => {
    check('nothing outside of workspace and scratch can be read', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-secret-'));
      const secret = join(folder, 'secret');
      writeFileSync(secret, 'secret');
      const attempts = {
        secret: 'fs.readFileSync(inputs.secret)',
        password: "fs.readFileSync('/etc/passwd')",
        above: "fs.readFileSync(path.join(workspace, '../../../../../../../../etc/passwd'))",
        list: 'fs.readdirSync(inputs.folder)',
        link: "fs.symlinkSync(inputs.secret, scratch + '/link'); fs.readFileSync(scratch + '/link')",
        hardLink: "fs.linkSync(inputs.secret, scratch + '/hard'); fs.readFileSync(scratch + '/hard')",
        node: 'fs.readFileSync(process.execPath)',
        environment: "fs.readFileSync('/proc/1/environ')",
      };
      expect(await outcomes(harness, attempts, { secret, folder })).toEqual(allRefused(attempts));
      rmSync(folder, { recursive: true });
    });

    check('nothing outside of scratch can be written', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-target-'));
      const target = join(folder, 'target');
      writeFileSync(target, 'before');
      const attempts = {
        change: "fs.writeFileSync(workspace + '/in/file.txt', 'changed')",
        add: "fs.writeFileSync(workspace + '/new', 'new')",
        remove: "fs.rmSync(workspace + '/in/file.txt')",
        module: "fs.writeFileSync(new URL(import.meta.url), 'changed')",
        above: "fs.writeFileSync(path.join(scratch, '../escaped'), 'x')",
        host: "fs.writeFileSync(inputs.target, 'after')",
        shared: "fs.writeFileSync('/dev/shm/mc-test', 'x')",
        temporary: "fs.writeFileSync('/tmp/mc-test', 'x')",
      };
      expect(await outcomes(harness, attempts, { target })).toEqual(allRefused(attempts));
      expect(readFileSync(target, 'utf8')).toBe('before');
      rmSync(folder, { recursive: true });
    });
  });
}

/** Parts of Node that open files by themselves, past its permission model or past its check of a path. */
function describeWaysAround(harness: RunnerHarness): void {
  const check = testUnless(harness.skip.code);

  describe('ways around the permissions of Node', () => {
    check('SQLite neither reads nor writes a database of the host', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-table-'));
      const table = join(folder, 'table.sqlite');
      const database = new DatabaseSync(table);
      database.exec("CREATE TABLE items (body TEXT); INSERT INTO items VALUES ('secret')");
      database.close();
      const attempts = {
        read: "new (await import('node:sqlite')).DatabaseSync(inputs.table).prepare('SELECT body FROM items').all()",
        write: "new (await import('node:sqlite')).DatabaseSync(inputs.table).exec('DELETE FROM items')",
        create: "new (process.getBuiltinModule('node:sqlite').DatabaseSync)(inputs.folder + '/new.sqlite').exec('CREATE TABLE a (b)')",
        require:
          "new ((await import('node:module')).createRequire(import.meta.url)('node:sqlite').DatabaseSync)(inputs.folder + '/new.sqlite').exec('CREATE TABLE a (b)')",
      };
      expect(await outcomes(harness, attempts, { table, folder })).toEqual(allRefused(attempts));
      expect(readdirSync(folder)).toEqual(['table.sqlite']);
      rmSync(folder, { recursive: true });
    });

    check('flags of V8 that write files, or lift the limit of memory, end the attempt', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-traces-'));
      const entry = `import v8 from 'node:v8';
        export default async ({ inputs }) => {
          v8.setFlagsFromString('--trace-turbo-path=' + inputs.folder + '/');
          v8.setFlagsFromString('--trace-turbo');
          const sum = new Function('n', 'let s = 0; for (let i = 0; i < n; i++) s += i; return s');
          for (let i = 0; i < 2_000; i++) sum(10_000);
          return {};
        };`;
      const { result } = await runOnce(harness.runner, buildTaskSpec({ entry, inputs: { folder } }));
      expect(readdirSync(folder)).toEqual([]);
      expect(result).toMatchObject({ kind: 'failed', failure: 'crashed' });
      rmSync(folder, { recursive: true });
    });

    check('nothing else of Node that reads, writes or loads files by itself does so', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-target-'));
      const secret = join(folder, 'secret.env');
      writeFileSync(secret, 'SECRET=1');
      const attempts = {
        environmentFile: 'process.loadEnvFile(inputs.secret)',
        report: "process.report.writeReport(inputs.folder + '/report.json')",
        heapSnapshot: "(await import('node:v8')).writeHeapSnapshot(inputs.folder + '/heap')",
        traceEvents: "(await import('node:trace_events')).createTracing({ categories: ['v8'] }).enable()",
        blob: 'await (await fs.openAsBlob(inputs.secret)).text()',
        wasi: "new (await import('node:wasi')).WASI({ version: 'preview1', preopens: { '/': inputs.folder } })",
        bindings: "process.binding('fs')",
        inspector: "new (await import('node:inspector')).Session().connect()",
        loader: "(await import('node:module')).register('data:text/javascript,')",
        engine: "(await import('node:tls')).createSecureContext({ clientCertEngine: '/usr/lib/none.so' })",
        require: "(await import('node:module')).createRequire(inputs.secret)(inputs.secret)",
        replace: "process.execve(process.execPath, ['node', '-e', '0'], {})",
        folder: 'process.chdir(inputs.folder)',
      };
      expect(await outcomes(harness, attempts, { secret, folder })).toEqual(allRefused(attempts));
      expect(readdirSync(folder)).toEqual(['secret.env']);
      rmSync(folder, { recursive: true });
    });

    check('a signal opens no debugger in a task', async () => {
      const entry = `export default async () => {
        process.kill(process.pid, 'SIGUSR1');
        await new Promise((done) => setTimeout(done, 300));
        return {};
      };`;
      const { logs } = await runOnce(harness.runner, buildTaskSpec({ entry }));
      expect(logs.filter(({ text }) => /debugger|inspector/i.test(text))).toEqual([]);
    });
  });
}

function describeProcess({ runner, skip, ...rest }: RunnerHarness): void {
  const check = testUnless(skip.code);

  describe('process', () => {
    check('the environment of the host is not passed on', async () => {
      process.env['MC_TEST_SECRET'] = 'secret';
      const { result } = await runOnce(
        runner,
        buildTaskSpec({ entry: 'export default async () => ({ names: Object.keys(process.env).sort() });' }),
      );
      delete process.env['MC_TEST_SECRET'];
      const names = result.kind === 'succeeded' ? result.outputs['names'] : result;
      expect(['HOME', 'LANG', 'PWD', 'TMPDIR', 'TZ']).toEqual(expect.arrayContaining(names as string[])); // A list when the attempt succeeded.
    });

    check('a task starts neither processes nor threads, and loads no native code', async () => {
      const attempts = {
        process: "(await import('node:child_process')).execFileSync(process.execPath, ['-e', '0'])",
        shell: "(await import('node:child_process')).execSync('true')",
        thread: "new (await import('node:worker_threads')).Worker('0', { eval: true })",
        addon: "process.dlopen({ exports: {} }, '/usr/lib/none.node')",
        inspector: "(await import('node:inspector')).open(0)",
      };
      expect(await outcomes({ runner, skip, ...rest }, attempts)).toEqual(allRefused(attempts));
    });

    check('a task cannot have another process killed by what it writes on descriptors it was not given', async () => {
      const entry = `import { writeSync } from 'node:fs';
        export default async ({ inputs }) => { for (const fd of [5, 6, 7, 8]) try { writeSync(fd, '{ "child-pid": ' + inputs.pid + ' }\\n'); } catch {} for (;;); };`;
      const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      await runOnce(runner, buildTaskSpec({ entry, inputs: { pid: bystander.pid ?? 0 }, limits: { timeoutMs: 1_000 } }));
      expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
      bystander.kill();
    });

    testUnless(skip.code ?? skip.signals)('a task cannot signal or slow down a process of the host', async () => {
      const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      const attempts = {
        probe: 'process.kill(inputs.pid, 0)',
        host: 'process.kill(inputs.host, 0)',
        debug: 'process._debugProcess(inputs.pid)',
        slow: "(await import('node:os')).setPriority(inputs.pid, 19)",
        kill: "process.kill(inputs.pid, 'SIGKILL')",
      };
      expect(await outcomes({ runner, skip, ...rest }, attempts, { pid: bystander.pid ?? 0, host: process.pid })).toEqual(
        allRefused(attempts),
      );
      expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
      bystander.kill();
    });

    check('the request is not on the command line, where others could read it', async () => {
      const entry = `export default async ({ inputs }) => ({ seen: JSON.stringify([process.argv, process.execArgv]).includes(inputs.secret) });`;
      const { result } = await runOnce(runner, buildTaskSpec({ entry, inputs: { secret: 'c0ffee-secret' } }));
      expect(result).toMatchObject({ kind: 'succeeded', outputs: { seen: false } });
    });
  });
}

function describeNetwork(harness: RunnerHarness): void {
  const check = testUnless(harness.skip.code ?? harness.skip.network);
  const connect = `const { promise, resolve, reject } = Promise.withResolvers(); const socket = net.connect(inputs.port, '127.0.0.1', resolve); socket.on('error', reject); await promise; socket.destroy();`;

  describe('network', () => {
    check('a task reaches neither this machine nor the outside', async () => {
      let connections = 0;
      const server = createServer((socket) => {
        connections += 1;
        socket.destroy();
      });
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port } = server.address() as AddressInfo; // A server on a TCP port has one.
      const attempts = {
        connect,
        fetch: "await fetch('http://127.0.0.1:' + inputs.port)",
        name: "await (await import('node:dns/promises')).lookup('example.com')",
        datagram:
          "const { promise, resolve, reject } = Promise.withResolvers(); const s = (await import('node:dgram')).createSocket('udp4'); s.send('x', inputs.port, '192.0.2.1', (e) => (e ? reject(e) : resolve())); try { await promise; } finally { s.close(); }",
      };
      const found = await outcomes(harness, attempts, { port });
      server.close();
      expect(found).toEqual(allRefused(attempts));
      expect(connections).toBe(0);
    });

    check('declared egress gives no network but the proxy, and the log says where that leads', async () => {
      const egress = [{ host: 'api.example.com', ports: [443] }];
      const attempts = {
        direct: "await new Promise((resolve, reject) => net.connect(443, '192.0.2.1').on('connect', resolve).on('error', reject))",
        name: "await (await import('node:dns/promises')).lookup('example.com')",
        other: "await fetch('https://other.example.com/')",
      };
      const { result, logs } = await runOnce(harness.runner, buildTaskSpec({ entry: tries(attempts), egress }));
      expect(result).toMatchObject({ kind: 'succeeded', outputs: allRefused(attempts) });
      expect(logs).toContainEqual(expect.objectContaining({ stream: 'system', text: 'egress: only to api.example.com:443' }));
    });
  });
}
