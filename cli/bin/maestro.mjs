#!/usr/bin/env node
// Starts the command line with the Node it needs. Plain JavaScript for Node 20 on purpose: this file may run on whatever Node the machine has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hostEnvironment, hostFlags } from './host-flags.mjs';

const wanted = 24;
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Compiled code is kept where only the owner of the checkout writes; it halves the time to start. */
const compileCache =
  process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('../../node_modules/.cache/maestro-conductor', import.meta.url));
const current = Number(process.versions.node.split('.')[0]);

/** The Node that `npm ci` has put beside our dependencies; there is one for Linux. */
function pinnedNode() {
  const names = [`node-${process.platform}-${process.arch}/bin/node`, '.bin/node'];
  return names.map((name) => fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url))).find((path) => existsSync(path));
}

function runWith(node) {
  const child = spawn(node, [...(isHost ? hostFlags : []), main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...(isHost ? hostEnvironment : {}), ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both of us, so the child may get it twice; commands take that as once.
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`error: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1));
  });
}

const isHost = process.argv[2] === 'up';
// The host gets a process of its own even under the right Node: its memory flags can only be given at the start.
const pinned = current === wanted ? (isHost ? process.execPath : undefined) : pinnedNode();
if (pinned !== undefined) {
  runWith(pinned);
} else if (current >= wanted) {
  nodeModule.enableCompileCache?.(compileCache);
  await import(pathToFileURL(main).href);
} else {
  process.stderr.write(
    `error: maestro needs Node ${wanted} or newer; this is Node ${process.versions.node} on ${process.platform}-${process.arch}.\n` +
      `  fix  run \`npm ci\` in the checkout (it brings Node ${wanted} on Linux), or install Node ${wanted} from https://nodejs.org\n`,
  );
  process.exitCode = 2;
}
