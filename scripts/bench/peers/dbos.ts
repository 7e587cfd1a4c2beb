/** DBOS: a Node application with the DBOS library, beside a PostgreSQL server. */
import { join } from 'node:path';
import type { SlowFsync } from '../slow-fsync.ts';
import type { Contender, RunningContender } from './contender.ts';
import type { Peers } from './install-peers.ts';
import { peerNodeFlags } from './peer-node-flags.ts';
import { startPostgres, type PostgresPrograms } from './postgres.ts';
import { ServiceProcess } from './service-process.ts';
import type { TaskShape } from './task-shape.ts';

const poolSize = 20;
const database = 'bench';

export function dbos({ folder, versions }: Peers, programs: PostgresPrograms, shape: TaskShape): Contender {
  return {
    name: shape === 'steps' ? 'DBOS' : 'DBOS, a child workflow a task',
    settings: `SDK ${versions.dbosSdk} on PostgreSQL ${programs.version}; ${poolSize} database connections instead of 10; PostgreSQL as initdb sets it up, fsync and synchronous_commit on`,
    start: (slow) => start({ folder, programs, shape }, slow),
  };
}

interface Options {
  folder: string;
  programs: PostgresPrograms;
  shape: TaskShape;
}

async function start({ folder, programs, shape }: Options, slow?: SlowFsync): Promise<RunningContender> {
  await using started = new AsyncDisposableStack();
  const postgres = await startPostgres(programs, slow);
  started.defer(postgres.stop);
  const { service, url, token } = await ServiceProcess.start({
    module: new URL('dbos-service.ts', import.meta.url),
    flags: peerNodeFlags,
    args: [join(folder, 'package.json'), postgres.urlOf(database), String(poolSize)],
    env: { NODE_ENV: 'production' },
    slow,
  });
  started.defer(() => service.end());
  const stack = started.move();
  return {
    url,
    token,
    submit: async (client, index) => {
      await client.post(`/${shape}`, JSON.stringify({ key: String(index) }));
      return String(index);
    },
    isDone: async (runs) => (await service.progress()).sealed >= runs,
    completedInBooks: async () =>
      Number(postgres.ask(database, "SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS' AND name IN ('steps', 'calls')")),
    starts: () => service.starts(),
    pids: () => [...service.pids, ...(postgres.process.pid === undefined ? [] : [postgres.process.pid])],
    stop: () => stack.disposeAsync(),
  };
}
