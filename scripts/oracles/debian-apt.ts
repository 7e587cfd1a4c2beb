/**
 * Debian's package archive through an apt state of its own: nothing is installed on the system, and every package is checked against the
 * archive's signature. The mirror is the one this machine already uses.
 */
import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The mirror of Debian's main archive in apt's configuration, in either of its two notations. */
export function findMirror(aptConfiguration: string): string | undefined {
  return /^(?:deb\s(?:\[[^\]]*\]\s+)?|URIs:\s*)(?:\S+\s+)*?(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(aptConfiguration)?.[1];
}

function readAptConfiguration(folder = '/etc/apt'): string {
  const parts = join(folder, 'sources.list.d');
  const paths = [join(folder, 'sources.list'), ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [])];
  return paths
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

/** Runs a program to its end; its output is shown only when it fails. */
export function run(program: string, args: readonly string[], options: SpawnSyncOptions = {}): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { ...options, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (status === 0) return;
  const output = `${String(stdout)}${String(stderr)}`.trim().split('\n').slice(-15).join('\n');
  throw new Error(`${program} ${args.slice(0, 3).join(' ')} ended with ${status ?? 'no status'}\n${output}`, { cause: error });
}

export interface DebianApt {
  /** Downloads these packages (`name` or `name/suite`) into a folder. */
  download(folder: string, packages: readonly string[]): void;
  /** Downloads a package with everything it depends on; answers the folder they are in. */
  downloadWithDependencies(name: string): string;
}

/** Why Debian's archive cannot be used here, or access to the given suites of it. */
export function openDebianApt(scratch: string, suites: readonly string[]): DebianApt | { missing: string } {
  const missing = ['apt-get', 'dpkg-deb'].find((program) => spawnSync(program, ['--version']).status !== 0);
  if (missing !== undefined) return { missing: `${missing} is not on this machine` };
  if (!existsSync(keyring)) return { missing: `${keyring} is not on this machine` };
  const mirror = findMirror(readAptConfiguration());
  if (mirror === undefined) return { missing: 'apt is not set up for a Debian mirror' };

  for (const folder of ['lists/partial', 'cache/archives/partial', 'etc']) mkdirSync(join(scratch, folder), { recursive: true });
  writeFileSync(join(scratch, 'etc/sources.list'), suites.map((suite) => `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`).join(''));
  const state = {
    'Dir::Etc::sourcelist': join(scratch, 'etc/sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(scratch, 'lists'),
    'Dir::Cache': join(scratch, 'cache'),
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(state).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  run('apt-get', [...options, 'update']);
  return {
    download: (folder, packages) => {
      mkdirSync(folder, { recursive: true });
      run('apt-get', [...options, 'download', ...packages], { cwd: folder });
    },
    downloadWithDependencies: (name) => {
      run('apt-get', [...options, 'install', '--download-only', '-y', '--no-install-recommends', name]);
      return join(scratch, 'cache/archives');
    },
  };
}

/** Unpacks every package of a folder whose file name fits. */
export function unpack(folder: string, fits: RegExp, target: (file: string) => string): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb') && fits.test(name)))
    run('dpkg-deb', ['-x', join(folder, file), target(file)]);
}
