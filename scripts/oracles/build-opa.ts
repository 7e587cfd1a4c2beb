/**
 * Builds the OPA program from Debian's source packages: Debian ships OPA as a Go library only.
 */
import { cpSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, unpack, type DebianApt } from './debian-apt.ts';

const goVersion = '1.27';
/** OPA is written against the API that these two had in Debian 13; unstable has moved on. */
const olderLibraries = [
  { path: 'github.com/olekukonko/tablewriter', package: 'golang-github-olekukonko-tablewriter-dev/trixie' },
  { path: 'github.com/mattn/go-runewidth', package: 'golang-github-mattn-go-runewidth-dev/trixie' },
] as const;

export function buildOpa(apt: DebianApt, scratch: string, target: string): void {
  const debs = join(scratch, 'opa-debs');
  const root = join(scratch, 'root');
  apt.download(debs, [`golang-${goVersion}-go`, `golang-${goVersion}-src`, ...olderLibraries.map((library) => library.package)]);
  unpack(apt.downloadWithDependencies('golang-github-open-policy-agent-opa-dev'), /^golang-.*-dev_/, () => root);
  const sources = join(root, 'usr/share/gocode/src');
  for (const { path } of olderLibraries) rmSync(join(sources, path), { recursive: true, force: true });
  unpack(debs, /^golang-github-/, () => root);

  const goRoot = makeGoRoot(debs, join(scratch, 'go'));
  const env = {
    GOROOT: goRoot,
    GOPATH: join(root, 'usr/share/gocode'),
    GOCACHE: join(scratch, 'go-cache'),
    GO111MODULE: 'off',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
    HOME: scratch,
  };
  run(join(goRoot, 'bin/go'), ['build', '-o', target, '.'], {
    cwd: join(sources, 'github.com/open-policy-agent/opa'),
    env: { ...process.env, ...env },
  });
}

/** Debian spreads Go over two folders held together by links to absolute paths, which point nowhere in a scratch folder. */
function makeGoRoot(debs: string, folder: string): string {
  unpack(debs, /^golang-1\./, () => folder);
  const goRoot = join(folder, `usr/lib/go-${goVersion}`);
  const shared = join(folder, `usr/share/go-${goVersion}`);
  for (const parent of [goRoot, join(goRoot, 'pkg')]) {
    for (const path of readdirSync(parent).map((name) => join(parent, name))) if (lstatSync(path).isSymbolicLink()) rmSync(path);
  }
  for (const name of ['src', 'lib', 'misc', 'api', 'pkg'])
    cpSync(join(shared, name), join(goRoot, name), { recursive: true, force: false });
  return goRoot;
}
