/** Runs whose logs have a wanted size, made by the real engine: only what the tasks print is made up. */
import { openEmbeddedHome } from '../../../cli/host/embedded-deps.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { denyReasons } from '../../../shared/decision/deny-reasons.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { isTerminal } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import type { LogLine } from '../../../shared/port/runner.ts';
import { publishWorkflow } from '../../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { lineOf, logKinds, type LogKind } from './log-lines.ts';

/** An attempt keeps at most 4 MiB of text; with what each line costs beside it a log of this size is never cut. */
const logBytes = 4_000_000;

/** Of JSON around the text of a line. */
const overheadBytes = 95;

function logOf(kind: LogKind, task: number, sizeBytes: number): LogLine[] {
  const lines: LogLine[] = [];
  for (let index = 1, size = 0; size < sizeBytes; index++) {
    const text = lineOf(kind, index, task);
    lines.push({ at: 1_767_000_000_000 + 7 * index, stream: index % 10 === 0 ? 'stderr' : 'stdout', text });
    size += text.length + overheadBytes;
  }
  return lines;
}

const workflowOf = (name: string, tasks: number): string =>
  `name: ${name}\nversion: 1.0.0\ndataClass: internal\ntasks:\n${Array.from({ length: tasks }, (_, index) => `  - { id: t${index}, uses: 'pkg:demo/echo@1.0.0' }\n`).join('')}`;

export interface LogSet {
  kind: LogKind;
  executionId: string;
  logBytes: number;
}

/** Leaves a closed home with this many runs, each with so many megabytes of logs, of one kind after the other. */
export async function makeLogSets(dataDir: string, { sets, megabytes }: { sets: number; megabytes: number }): Promise<LogSet[]> {
  const wanted = megabytes * 1_000_000;
  const tasks = Math.ceil(wanted / logBytes);
  let printed = 0;
  let kind: LogKind = logKinds[0];
  const runner = new SimulatedRunner((spec) => {
    const task = Number(spec.taskId.slice(1));
    const log = logOf(kind, task, Math.min(logBytes, wanted - task * logBytes));
    printed += log.reduce((sum, { text }) => sum + text.length + overheadBytes, 0);
    return { result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } }, log };
  });
  const home = await openEmbeddedHome({ dataDir, runner, width: 1 });
  try {
    const { deps } = home;
    const actor: Actor = { sub: 'admin@example.com', tenant: deps.config.ownerTenant, roles: ['admin'] };
    const made: LogSet[] = [];
    for (let set = 0; set < sets; set++) {
      printed = 0;
      kind = logKinds[set % logKinds.length] ?? kind;
      const { workflow } = await createWorkflow(deps, actor, { text: workflowOf(`set-${set}`, tasks), mediaType: 'application/yaml' });
      await publishWorkflow(deps, actor, { id: workflow.id });
      const started = await startExecution(deps, actor, { workflow: `set-${set}` });
      if (started.kind === 'denied') throw new Error(JSON.stringify(denyReasons(started.decision)));
      const { id } = started.execution;
      while (!isTerminal((await getExecution(deps, actor, id)).state)) await delay(50);
      made.push({ kind, executionId: id, logBytes: printed });
    }
    return made;
  } finally {
    await home.close();
  }
}
