/** Restate: its server beside a Node service, both on loopback. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { SlowFsync } from '../slow-fsync.ts';
import type { Contender, RunningContender } from './contender.ts';
import { endProcess } from './end-process.ts';
import { freePorts } from './free-ports.ts';
import type { Peers } from './install-peers.ts';
import { peerNodeFlags } from './peer-node-flags.ts';
import { ServiceProcess } from './service-process.ts';
import type { TaskShape } from './task-shape.ts';
import { untilTrue } from './until-true.ts';

const partitions = 2;
const invocations = 20_000;
const Counted = z.object({ rows: z.array(z.object({ completed: z.number() })) });

export function restate({ folder, versions, restateServer }: Peers, shape: TaskShape): Contender {
  return {
    name: shape === 'steps' ? 'Restate' : 'Restate, a call a task',
    settings: `server ${versions.restateServer}, SDK ${versions.restateSdk}; ${partitions} partitions instead of 24, ${invocations} concurrent invocations instead of 1,000, no telemetry; its write-ahead log is synced as shipped`,
    start: (slow) => start({ folder, restateServer, shape }, slow),
  };
}

type Options = Pick<Peers, 'folder' | 'restateServer'> & { shape: TaskShape };

async function start({ folder, restateServer, shape }: Options, slow?: SlowFsync): Promise<RunningContender> {
  await using started = new AsyncDisposableStack();
  const { service, url: serviceUrl } = await ServiceProcess.start({
    module: new URL('restate-service.ts', import.meta.url),
    flags: peerNodeFlags,
    args: [join(folder, 'package.json')],
    env: { RESTATE_LOGGING: 'ERROR', NODE_ENV: 'production' },
    slow,
  });
  started.defer(() => service.end());
  const [node = 0, ingress = 0, admin = 0] = await freePorts(3);
  const server = startServer(restateServer, { node, ingress, admin }, slow);
  started.defer(server.stop);
  const adminUrl = `http://127.0.0.1:${admin}`;
  await untilTrue('Restate was not ready', async () => (await fetch(`${adminUrl}/health`)).ok);
  await untilTrue('the ingress of Restate was not ready', async () => (await fetch(`http://127.0.0.1:${ingress}/restate/health`)).ok);
  await postJson(`${adminUrl}/deployments`, { uri: serviceUrl });
  const stack = started.move();
  return {
    url: `http://127.0.0.1:${ingress}`,
    token: 'none',
    submit: async (client, index) => {
      await client.post(`/bench/${shape}/send`, JSON.stringify({ key: String(index), message: '' }));
      return String(index);
    },
    isDone: async (runs) => (await service.progress()).sealed >= runs,
    completedInBooks: async () => {
      const query =
        "SELECT count(*) AS completed FROM sys_invocation WHERE target_service_name = 'bench' AND status = 'completed' AND completion_result = 'success'";
      return Counted.parse(await postJson(`${adminUrl}/query`, { query })).rows[0]?.completed ?? 0;
    },
    starts: () => service.starts(),
    pids: () => [...service.pids, ...(server.process.pid === undefined ? [] : [server.process.pid])],
    stop: () => stack.disposeAsync(),
  };
}

interface Ports {
  node: number;
  ingress: number;
  admin: number;
}

function startServer(program: string, ports: Ports, slow?: SlowFsync): { process: ChildProcess; stop: () => Promise<void> } {
  const dataDir = mkdtempSync(join(tmpdir(), 'mc-peer-restate-'));
  const plain = {
    program,
    args: ['--no-logo', '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--node-name', 'bench', '--base-dir', dataDir],
  };
  const command = slow?.wrap(plain) ?? plain;
  const env = {
    RESTATE_BIND_PORT: String(ports.node),
    RESTATE_INGRESS__BIND_PORT: String(ports.ingress),
    RESTATE_ADMIN__BIND_PORT: String(ports.admin),
    RESTATE_DEFAULT_NUM_PARTITIONS: String(partitions),
    RESTATE_WORKER__INVOKER__CONCURRENT_INVOCATIONS_LIMIT: String(invocations),
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
    RESTATE_LOG_FILTER: 'error,octocrab=off',
  };
  const child = spawn(command.program, command.args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  // Its data is thrown away, so it need not drain its queues.
  const stop = async (): Promise<void> => {
    await endProcess(child);
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { process: child, stop };
}

async function postJson(url: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`Restate answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
