/**
 * Puts the test oracles cosign3, cosign2 and opa into a folder (default .oracles), for the suite and never for users. They come from Debian's
 * archive; where that cannot be had nothing is installed, and the suite reports the tests that need an oracle as skipped.
 * Takes about two minutes and 3 GB of scratch space the first time, no time afterwards.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildOpa } from './oracles/build-opa.ts';
import { openDebianApt, unpack, type DebianApt } from './oracles/debian-apt.ts';

const target = resolve(process.argv[2] ?? '.oracles');
const oracles = ['cosign3', 'cosign2', 'opa'].map((name) => join(target, name));

function install(apt: DebianApt, scratch: string): void {
  mkdirSync(target, { recursive: true });
  const debs = join(scratch, 'cosign-debs');
  apt.download(debs, ['cosign/sid', 'cosign/trixie']);
  unpack(debs, /^cosign_/, (file) => join(scratch, file.replace(/^cosign_(\d+).*/, 'cosign$1')));
  for (const name of readdirSync(scratch).filter((entry) => /^cosign\d$/.test(entry)))
    copyFileSync(join(scratch, name, 'usr/bin/cosign'), join(target, name));
  buildOpa(apt, scratch, join(target, 'opa'));
}

if (oracles.every((path) => existsSync(path))) {
  console.log(`oracles: already in ${target}`);
} else {
  const scratch = mkdtempSync(join(tmpdir(), 'mc-oracles-'));
  try {
    const apt = openDebianApt(scratch, ['trixie', 'sid']);
    if ('missing' in apt) console.log(`oracles: not installed, ${apt.missing}; tests that need cosign or opa are skipped`);
    else install(apt, scratch);
  } finally {
    // Go marks what it caches as read-only, which is no obstacle to rm as root and none to `force`.
    rmSync(scratch, { recursive: true, force: true });
  }
  for (const path of oracles.filter((found) => existsSync(found))) console.log(`oracles: installed ${path}`);
}
