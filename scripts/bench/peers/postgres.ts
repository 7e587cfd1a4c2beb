/** A PostgreSQL server of its own for one measurement: the programs of the machine, a fresh cluster as initdb makes it, and loopback only. */
import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SlowFsync } from '../slow-fsync.ts';
import { endProcess } from './end-process.ts';
import { freePorts } from './free-ports.ts';
import { untilTrue } from './until-true.ts';

export interface Postgres {
  process: ChildProcess;
  /** For a database of this name. */
  urlOf(database: string): string;
  /** The only value of a query's only row. */
  ask(database: string, query: string): string;
  stop: () => Promise<void>;
}

export interface PostgresPrograms {
  folder: string;
  version: string;
}

const debian = '/usr/lib/postgresql';

/** The newest PostgreSQL of the machine, or why there is none. */
export function findPostgres(): PostgresPrograms | { missing: string } {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')];
  const folder = folders.find((path) => ['initdb', 'postgres', 'psql'].every((name) => existsSync(join(path, name))));
  if (folder === undefined) return { missing: 'PostgreSQL (initdb, postgres, psql) is not on this machine' };
  const version = /\d+(\.\d+)*/.exec(spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout)?.[0];
  return version === undefined ? { missing: `${folder}/postgres does not run` } : { folder, version };
}

/** PostgreSQL refuses to be root, so a root starts it as the user that Debian made for it, or as nobody. */
function findUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const rows = readFileSync('/etc/passwd', 'utf8').split('\n');
  const row = ['postgres', 'nobody'].flatMap((name) => rows.filter((line) => line.startsWith(`${name}:`)))[0]?.split(':');
  if (row === undefined) throw new Error('there is no user that PostgreSQL could run as');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

export async function startPostgres({ folder }: PostgresPrograms, slow?: SlowFsync): Promise<Postgres> {
  const base = mkdtempSync(join(tmpdir(), 'mc-peer-postgres-'));
  const user = findUser();
  if (user) chownSync(base, user.uid, user.gid);
  const data = join(base, 'data');
  const asUser = { ...user, cwd: base };
  const run = (program: string, args: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(join(folder, program), args, { ...asUser, encoding: 'utf8' });
  const [port = 0] = await freePorts(1);
  const connection = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
  const made = run('initdb', ['--no-sync', '--auth=trust', '--username=postgres', '--locale=C', '--encoding=UTF8', '-D', data]);
  if (made.status !== 0) {
    rmSync(base, { recursive: true, force: true });
    throw new Error(`initdb failed: ${made.stderr}`);
  }
  const plain = { program: join(folder, 'postgres'), args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', base] };
  const command = slow?.wrap(plain) ?? plain;
  const child = spawn(command.program, command.args, { ...asUser, stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    // Its data is thrown away, so it need not write a checkpoint; it still ends its own children.
    await endProcess(child, () => child.kill('SIGQUIT'));
    rmSync(base, { recursive: true, force: true });
  };
  const ask = (database: string, query: string): string => {
    const { status, stdout, stderr } = run('psql', [...connection, '-d', database, '-qtAc', query]);
    if (status !== 0) throw new Error(`psql failed: ${stderr}`);
    return stdout.trim();
  };
  try {
    await untilTrue('PostgreSQL was not ready', async () => ask('postgres', 'SELECT 1') === '1');
  } catch (error) {
    await stop();
    throw error;
  }
  return { process: child, urlOf: (database) => `postgresql://postgres@127.0.0.1:${port}/${database}`, ask, stop };
}
