/**
 * Installs the peers into a folder (default .peers) that is no part of the project: the versions and hashes of package-lock.json beside this file,
 * from the registry that npm uses on this machine, without running any script of theirs.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { digestBytes } from '../../../shared/core/digest.ts';

export interface Peers {
  folder: string;
  /** Path of Restate's program. */
  restateServer: string;
  versions: { restateServer: string; restateSdk: string; dbosSdk: string };
}

const here = fileURLToPath(new URL('.', import.meta.url));
const Manifest = z.object({ version: z.string() });
const installLimitMs = 600_000;

/** The peers, or why they cannot be had here. */
export function installPeers(folder: string): Peers | { missing: string } {
  const serverPackage = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  const lock = digestBytes(readFileSync(join(here, 'package-lock.json'), 'utf8'));
  const stamp = join(folder, 'installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    mkdirSync(folder, { recursive: true });
    // Whatever is put here is ignored by git, even in a checkout that does not know the folder.
    writeFileSync(join(folder, '.gitignore'), '*\n');
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(here, name), join(folder, name));
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: installLimitMs,
    });
    if (npm.status !== 0)
      return { missing: `npm could not install them: ${npm.error?.message ?? npm.stderr.trim().split('\n').at(-1) ?? ''}` };
    writeFileSync(stamp, lock);
  }
  const restateServer = join(folder, 'node_modules', serverPackage, 'bin/restate-server');
  if (!existsSync(restateServer)) return { missing: `there is no Restate server for ${process.platform}-${process.arch}` };
  const versionOf = (name: string): string =>
    Manifest.parse(JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'))).version;
  return {
    folder,
    restateServer,
    versions: {
      restateServer: versionOf(serverPackage),
      restateSdk: versionOf('@restatedev/restate-sdk'),
      dbosSdk: versionOf('@dbos-inc/dbos-sdk'),
    },
  };
}
