/** Callers that start runs, alone or many in one request, and ask again until each of them is answered. */
import { deniedRules } from '../../shared/decision/deny-reasons.ts';
import { startExecution, type StartResult } from '../../shared/execution/admit/start-execution.ts';
import { startExecutions, type LineResult } from '../../shared/execution/admit/start-executions.ts';
import type { StartRequest } from '../../shared/execution/execution.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { ask, backOff, isFinal, isFinalError, mayAsk, type Caller, type Outside } from './ask-home.ts';
import { forbiddenCaller } from './port/policy-port.ts';
import { acme } from './world/acme.ts';
import type { PlannedBatch, PlannedStart } from './world/scenario.ts';
import { workflowOf } from './world/workflow-model.ts';
import type { World } from './world/world.ts';

/** How often somebody asks again who was denied for want of room. */
const patience = 3;

export async function startUntilAnswered(caller: Caller, start: PlannedStart): Promise<void> {
  const { world, outside } = caller;
  const actor = actorNamed(start.isForbidden ? forbiddenCaller : 'caller@example.com');
  let denials = 0;
  for (let tries = 1; mayAsk(world); tries += 1) {
    const heard = await ask(caller, start.patienceMs, (deps) => startExecution(deps, actor, requestOf(start)));
    if (isFinal(caller, heard)) {
      if (heard.kind === 'answer') note(world, outside, start, heard.value);
      if (heard.kind !== 'answer' || heard.value.kind === 'started' || !isForWantOfRoom(heard.value) || ++denials > patience) return;
    }
    await backOff(world, tries);
  }
  world.violate('callers are answered', `nobody answered the start ${start.key ?? 'without a key'}`);
}

/** What is left of the batch is sent again. */
export async function batchUntilAnswered(caller: Caller, batch: PlannedBatch): Promise<void> {
  const { world } = caller;
  const actor = actorNamed('caller@example.com');
  const denials = new Map<PlannedStart, number>();
  let left = batch.lines;
  for (let tries = 1; mayAsk(world); tries += 1) {
    const lines = left.map((start) => () => requestOf(start));
    const heard = await ask(caller, batch.patienceMs, (deps) => startExecutions(deps, actor, { lines }, (result) => result));
    if (heard.kind === 'answer') left = left.filter((start, at) => !isAnswered(caller, { start, denials }, heard.value[at]));
    else if (isFinal(caller, heard)) return;
    if (left.length === 0) return;
    await backOff(world, tries);
  }
  world.violate('callers are answered', `nobody answered the starts ${left.map(({ key }) => key).join()} of a batch`);
}

function isAnswered(
  { world, outside }: Caller,
  { start, denials }: { start: PlannedStart; denials: Map<PlannedStart, number> },
  result: LineResult | undefined,
): boolean {
  if (result === undefined) return false;
  if (result.kind === 'failed') return isFinalError(world, result.error);
  note(world, outside, start, result);
  if (result.kind === 'started') world.note('start accepted in a batch');
  if (result.kind === 'started' || !isForWantOfRoom(result)) return true;
  denials.set(start, (denials.get(start) ?? 0) + 1);
  return (denials.get(start) ?? 0) > patience;
}

const actorNamed = (sub: string): Actor => ({ sub, tenant: acme, roles: ['operator'] });

function requestOf({ workflow, word, key }: PlannedStart): StartRequest & { idempotencyKey?: string } {
  return { workflow: workflowOf(workflow).name, inputs: { word }, ...(key !== undefined && { idempotencyKey: key }) };
}

/** Such a denial may be another answer later. */
function isForWantOfRoom(result: Extract<StartResult, { kind: 'denied' }>): boolean {
  return deniedRules(result.decision).every((rule) => !rule.startsWith('sim.'));
}

function note(world: World, { accepted, denied }: Outside, start: PlannedStart, result: StartResult): void {
  world.tell(
    'caller',
    () => `${start.key ?? 'no key'} ${result.kind} ${result.kind === 'started' ? result.execution.id : result.decision.id}`,
  );
  if (result.kind === 'denied') {
    denied.push({ decisionId: result.decision.id });
    world.note('start denied');
  } else {
    accepted.push({ start, executionId: result.execution.id, replayed: result.replayed });
    world.note(result.replayed ? 'start answered again' : 'start accepted');
  }
}
