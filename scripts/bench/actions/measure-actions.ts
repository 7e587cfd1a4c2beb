/** How long a person waits for cancel, retry and replay while other runs are under way: over HTTP, on runs in different states. */
import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostEnvironment, hostFlags } from '../../../cli/bin/host-flags.mjs';
import { BurstClient } from '../burst-client.ts';
import { end, receive } from '../measured-process.ts';
import { percentiles, type Percentiles } from '../percentiles.ts';
import type { ActionHostMessage } from './protocol.ts';
import { workflows } from './workflows.ts';

/** The kinds of runs that are acted on, and what is done to them. */
export const targets = [
  { action: 'cancel', workflow: 'running', state: 'running' },
  { action: 'cancel', workflow: 'pausing', state: 'between two attempts' },
  { action: 'cancel', workflow: 'undoing', state: 'running, with steps to undo' },
  { action: 'retry', workflow: 'failing', state: 'failed' },
  { action: 'replay', workflow: 'quick', state: 'succeeded' },
] as const;
export type Target = (typeof targets)[number];

export type ActionRow = Target & {
  count: number;
  /** From the first byte of the request to the last of the answer. */
  ms: Percentiles & { max: number };
};

export interface ActionsResult {
  rows: ActionRow[];
  /** As the home measures all of them: `mc_action_latency_ms`. */
  homeMs: Percentiles;
  /** Runs that others asked for meanwhile, and how many of them the home refused. */
  load: { started: number; refused: number };
  seconds: number;
}

export interface ActionsOptions {
  /** Runs of each kind. */
  each: number;
  /** Runs a second that others start meanwhile. */
  loadPerSecond: number;
  /** People who act at the same time. */
  operators: number;
}

/** Of those who start runs; operators have one each of their own, so that no action waits behind the load on this side. */
const loadConnections = 64;
/** A home that has not come to rest by then does not. */
const timeoutMs = 120_000;
/** The whole measurement; then the home is ended, and with it everything that waits for it. */
const measureMaxMs = 300_000;
/** The first actions compile the code that the others run. */
const warmUps = 5;

interface Home {
  child: ChildProcess;
  /** Of the operators. */
  client: BurstClient;
  /** Of everybody else. */
  others: BurstClient;
}

export async function measureActions(options: ActionsOptions): Promise<ActionsResult> {
  const child = fork(fileURLToPath(new URL('host.ts', import.meta.url)), {
    execArgv: [...hostFlags],
    env: { ...hostEnvironment, ...process.env },
  });
  const watchdog = setTimeout(() => child.kill('SIGKILL'), measureMaxMs);
  try {
    const { url, token } = await receive<ActionHostMessage, 'ready'>(child, 'ready');
    const client = await BurstClient.connect(url, token, options.operators);
    const home = { child, client, others: await BurstClient.connect(url, token, loadConnections) };
    for (const text of workflows) await publish(home, text);
    const jobs = await prepare(home, options.each + warmUps);
    await perform(home, jobs.slice(0, warmUps * targets.length), options.operators);
    const load = startLoad(home, options.loadPerSecond);
    const startedAt = performance.now();
    const rows = rowsOf(await perform(home, jobs.slice(warmUps * targets.length), options.operators));
    const seconds = (performance.now() - startedAt) / 1_000;
    const asked = await load.end();
    await requireEnded(home, { cancelled: jobs.filter(({ target }) => target.action === 'cancel').length, actions: jobs.length });
    const { actionMs } = await report(child);
    return { rows, homeMs: actionMs, load: asked, seconds };
  } finally {
    clearTimeout(watchdog);
    await end(child);
  }
}

async function publish({ client }: Home, text: string): Promise<void> {
  const { id } = JSON.parse(await client.post('/api/workflows', text, 'application/yaml')) as { id: string };
  await client.post(`/api/workflows/${id}/publish`, '{}');
}

async function start({ others }: Home, workflow: string): Promise<string> {
  return (JSON.parse(await others.post('/api/executions', JSON.stringify({ workflow }))) as { id: string }).id;
}

interface Job {
  target: Target;
  id: string;
}

/** Brings so many runs of each kind into their state; the jobs of all kinds take turns. */
async function prepare(home: Home, count: number): Promise<Job[]> {
  const ids = await Promise.all(
    targets.map(async ({ workflow }) => Promise.all(Array.from({ length: count }, () => start(home, workflow)))),
  );
  const staying = targets.filter(({ action }) => action === 'cancel').length * count;
  await until(async () => (await report(home.child)).open <= staying);
  return Array.from({ length: count }, (_, index) => targets.map((target, kind) => ({ target, id: ids[kind]?.[index] ?? '' }))).flat();
}

/** So many people work the jobs off, each one after the other; answers how long each job took. */
async function perform({ client }: Home, jobs: readonly Job[], operators: number): Promise<{ target: Target; ms: number }[]> {
  const waiting = [...jobs];
  const done: { target: Target; ms: number }[] = [];
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const from = performance.now();
      await client.post(`/api/executions/${job.id}:${job.target.action}`, JSON.stringify({ reason: 'bench' }));
      done.push({ target: job.target, ms: performance.now() - from });
    }
  };
  await Promise.all(Array.from({ length: operators }, work));
  return done;
}

/** Starts a run at even times, whether the earlier ones were answered or not, until told to end. */
function startLoad(home: Home, perSecond: number): { end(): Promise<ActionsResult['load']> } {
  const asked: Promise<boolean>[] = [];
  const isStarted = (): Promise<boolean> =>
    start(home, 'quick').then(
      () => true,
      () => false, // Refused, or the home is gone: then the actions fail too and say so.
    );
  const timer = setInterval(() => asked.push(isStarted()), 1_000 / perSecond);
  return {
    end: async () => {
      clearInterval(timer);
      const started = (await Promise.all(asked)).filter(Boolean).length;
      return { started, refused: asked.length - started };
    },
  };
}

function rowsOf(done: readonly { target: Target; ms: number }[]): ActionRow[] {
  return targets.map((target) => {
    const times = done.flatMap((job) => (job.target === target ? [job.ms] : [])).sort((a, b) => a - b);
    return { ...target, count: times.length, ms: { ...percentiles(times), max: Math.round(times.at(-1) ?? Number.NaN) } };
  });
}

/** An action that was answered and did not happen would be the fastest of all. */
async function requireEnded({ child }: Home, expected: { cancelled: number; actions: number }): Promise<void> {
  await until(async () => (await report(child)).open === 0);
  const { ended, actions } = await report(child);
  if (ended.cancelled !== expected.cancelled || actions !== expected.actions)
    throw new Error(
      `${expected.cancelled} runs were cancelled and ${ended.cancelled} sealed so; ${expected.actions} actions, ${actions} counted`,
    );
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`the home did not come to rest within ${timeoutMs} ms`);
    await delay(50);
  }
}

type MessageOf<K extends ActionHostMessage['kind']> = Extract<ActionHostMessage, { kind: K }>;

async function report(child: ChildProcess): Promise<MessageOf<'report'>> {
  child.send('report');
  return receive<ActionHostMessage, 'report'>(child, 'report');
}
