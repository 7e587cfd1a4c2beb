/** Runs one attack in the sandbox that tasks get, or as the same child process with nothing around it. */
import { randomUUID } from 'node:crypto';
import { AttemptEgress } from '../../runner/egress/attempt-egress.ts';
import type { Isolation } from '../../runner/sandbox/isolation.ts';
import { LogCollector } from '../../runner/sandbox/log-collector.ts';
import { childMain, taskEnvironment } from '../../runner/sandbox/node-arguments.ts';
import { runChild } from '../../runner/sandbox/run-child.ts';
import { egressSocket, makeTaskFolder, removeTaskFolder } from '../../runner/sandbox/task-folder.ts';
import { toTaskResult } from '../../runner/sandbox/task-result.ts';
import type { JsonObject } from '../../shared/core/canonical-json.ts';
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
  command: () => ({ program: process.execPath, args: ['--disable-warning=SecurityWarning', childMain], reportsPid: false }),
};

async function run(
  { package: attacks, attack, inputs, egress: declared, base }: AttackRun,
  isolation: Isolation,
  limits: Partial<TaskLimits>,
): Promise<Report> {
  const plain = buildTaskSpec({
    limits: { timeoutMs: 10_000, ...limits },
    files: [{ path: 'in/file.txt', bytes: Buffer.from('content') }],
  });
  const spec = { ...plain, package: attacks };
  const folder = await makeTaskFolder(base, spec);
  const places = isolation.places(folder);
  const log = new LogCollector(systemClock, spec.limits.logBytes);
  const place = { socket: egressSocket(folder), networkBlocked: isolation.networkBlocked, say: (text: string) => log.system(text) };
  // As the runner opens it, without the exception for loopback that tests of what is allowed use.
  const egress = await AttemptEgress.open({ egress: declared?.allow ?? [], egressMode: 'enforce' }, place, {
    ...(declared && { resolver: declared.resolver }),
  });
  try {
    const end = await runChild({
      command: isolation.command(folder, spec.limits),
      env: isolation === nothing ? { ...process.env, ...taskEnvironment(places), NODE_OPTIONS: '' } : taskEnvironment(places),
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
