/** Runs one attack in the sandbox that tasks get, or as the same child process with nothing around it. */
import { randomUUID } from 'node:crypto';
import { AttemptEgress } from '../../runner/egress/attempt-egress.ts';
import type { Isolation } from '../../runner/sandbox/isolation.ts';
import { LogCollector } from '../../runner/sandbox/log-collector.ts';
import { childMain, taskEnvironment } from '../../runner/sandbox/node-arguments.ts';
import { runChild } from '../../runner/sandbox/child/run-child.ts';
import { SandboxProcess } from '../../runner/sandbox/child/sandbox-process.ts';
import { egressSocket, fillTaskFolder, makeTaskFolder, removeTaskFolder, type TaskFolder } from '../../runner/sandbox/task-folder.ts';
import { toTaskResult } from '../../runner/sandbox/task-result.ts';
import { Spare } from '../../runner/sandbox/warm/spare.ts';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import type { TaskLimits, TaskSpec } from '../../shared/port/runner.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';
import { attackKey } from './attack-package.ts';
import { describeNative, type EscapeCase, type Report, type Target } from './escape-case.ts';

export interface AttackRun {
  package: TaskSpec['package'];
  attack: EscapeCase;
  inputs: JsonObject;
  egress?: Target['egress'];
  base: string;
  /** Whether the sandbox is started for the attack, or was waiting for one; default cold. */
  start?: 'cold' | 'warm';
}

/** What the runner would do, without Node's permissions: where an attacker is who has got past them. */
function withoutPermissions(isolation: Isolation): Isolation {
  const isOfPermissions = (argument: string): boolean => argument === '--permission' || argument.startsWith('--allow-fs-');
  return {
    ...isolation,
    command: (folder, limits) => {
      const command = isolation.command(folder, limits);
      return { ...command, args: command.args.filter((argument) => !isOfPermissions(argument)) };
    },
  };
}

/** No sandbox at all: this user, this machine, the environment of the home. For tests only; no runner can be given it. */
const nothing: Isolation = {
  level: 'node-permission',
  name: 'nothing',
  networkBlocked: false,
  processesHidden: false,
  scratchBounded: false,
  places: ({ entry, workspace, scratch, egress }) => ({ entry, workspace, scratch, egress }),
  command: (folder) => {
    const environment = { ...process.env, ...taskEnvironment(nothing.places(folder)), NODE_OPTIONS: '' };
    const args = [...Object.entries(environment).map(([name, value]) => `${name}=${value}`), process.execPath];
    return { program: '/usr/bin/env', args: [...args, '--disable-warning=SecurityWarning', childMain], reportsPid: false };
  },
};

/** A folder that holds the attempt, and the process on it: in the order in which the runner does it for this start. */
async function prepare(
  { base, start }: AttackRun,
  isolation: Isolation,
  spec: TaskSpec,
): Promise<{ folder: TaskFolder; process: () => Promise<SandboxProcess | Error> }> {
  if (start !== 'warm') {
    const folder = await makeTaskFolder(base, spec);
    return {
      folder,
      process: () => SandboxProcess.start(isolation.command(folder, spec.limits), taskEnvironment(isolation.places(folder))),
    };
  }
  // Started for an attempt that may take longer, as it comes when attempts differ.
  const spare = await Spare.start(isolation, { ...spec.limits, timeoutMs: 2 * spec.limits.timeoutMs }, base);
  if (!(await spare.bind(spec.limits))) throw new Error('the spare could not be bound');
  await fillTaskFolder(spare.folder, spec);
  return { folder: spare.folder, process: () => Promise.resolve(spare.process) };
}

async function run(attackRun: AttackRun, isolation: Isolation, limits: Partial<TaskLimits>): Promise<Report> {
  const { attack, inputs, egress: declared } = attackRun;
  const plain = buildTaskSpec({
    limits: { timeoutMs: 10_000, ...limits },
    files: [{ path: 'in/file.txt', bytes: Buffer.from('content') }],
  });
  const spec = { ...plain, package: attackRun.package };
  const { folder, process } = await prepare(attackRun, isolation, spec);
  const places = isolation.places(folder);
  const log = new LogCollector(systemClock, spec.limits.logBytes);
  const place = { socket: egressSocket(folder), networkBlocked: isolation.networkBlocked, say: (text: string) => log.system(text) };
  // As the runner opens it, without the exception for loopback that tests of what is allowed use.
  const egress = await AttemptEgress.open({ egress: declared?.allow ?? [], egressMode: 'enforce' }, place, {
    ...(declared && { resolver: declared.resolver }),
  });
  try {
    const end = await runChild(await process(), {
      request: JSON.stringify({
        ...places,
        egress: egress.isOpen ? places.egress : null,
        inputs: { ...inputs, attack: attackKey(attack), confined: isolation !== nothing },
        attempt: 1,
        idempotencyKey: randomUUID(),
      }),
      timeoutMs: spec.limits.timeoutMs,
      outputBytes: spec.limits.outputBytes,
      log,
      clock: systemClock,
      signal: new AbortController().signal,
    });
    log.end();
    return reportOf(attack, { result: toTaskResult(end, spec.limits.outputBytes), logs: log.lines(), answer: end.answer });
  } finally {
    await egress.close();
    await removeTaskFolder(folder);
  }
}

function reportOf(attack: EscapeCase, ended: Pick<Report, 'result' | 'logs' | 'answer'>): Report {
  const { result, logs } = ended;
  if (attack.nativeReached !== undefined) {
    const { results, text } = describeNative(logs);
    if (results !== undefined) return { ...ended, reached: attack.nativeReached(results), text };
  }
  if (result.kind === 'failed') return { ...ended, reached: false, text: `${result.failure}: ${result.message}` };
  return { ...ended, reached: result.outputs['reached'] === true, text: JSON.stringify(result.outputs['text']).slice(1, -1) };
}

/** In the sandbox, as far inside as the attack says that its author has come. */
export function runConfined(attack: AttackRun, isolation: Isolation): Promise<Report> {
  return run(attack, attack.attack.from === 'package' ? isolation : withoutPermissions(isolation), attack.attack.limits ?? {});
}

/** The same child process with nothing around it. */
export function runUnconfined(attack: AttackRun): Promise<Report> {
  return run(attack, nothing, {});
}
