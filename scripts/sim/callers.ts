/** Who stands outside: callers that start runs and ask again when they hear nothing, operators that cancel, publishers. */
import { McError, InvariantError } from '../../shared/core/errors.ts';
import { startExecution, type StartResult } from '../../shared/execution/admit/start-execution.ts';
import { actOnExecution } from '../../shared/execution/actions/act-on-execution.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { publishWorkflow } from '../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { deniedRules } from '../../shared/decision/deny-reasons.ts';
import { acme } from './world/acme.ts';
import type { Heard, Home } from './home/home.ts';
import { forbiddenCaller } from './port/policy-port.ts';
import type { PlannedAction, PlannedStart } from './world/scenario.ts';
import { workflowOf, manifestText } from './world/workflow-model.ts';
import type { World } from './world/world.ts';

/** A start that was answered with a run. */
export interface Accepted {
  start: PlannedStart;
  executionId: string;
  replayed: boolean;
}

/** An action that was answered with the run it acted on, or the new one. */
export interface Acted {
  action: PlannedAction;
  on: string;
  executionId: string;
  replayed: boolean;
}

/** What callers know in the end. */
export interface Outside {
  acted: Acted[];
  accepted: Accepted[];
  denied: { decisionId: string }[];
  /** Callers that still want an answer. */
  waiting: number;
}

const operator: Actor = { sub: 'operator@example.com', tenant: acme, roles: ['operator'] };

/** A caller that was asking for so long when nothing went wrong any more was not answered. */
const patienceAfterFaultsMs = 3_600_000;

export function sendCallers(world: World, home: Home): Outside {
  const outside: Outside = { acted: [], accepted: [], denied: [], waiting: 0 };
  const caller = { world, home, outside };
  for (const start of world.scenario.starts) later(caller, start.atMs, () => startUntilAnswered(caller, start));
  for (const action of world.scenario.actions) later(caller, action.atMs, () => actUntilAnswered(caller, action));
  if (world.scenario.publishes) later(caller, world.random.next() * 5_000, () => publishAgain(caller));
  return outside;
}

interface Caller {
  world: World;
  home: Home;
  outside: Outside;
}

function later({ world, outside }: Caller, ms: number, work: () => Promise<void>): void {
  outside.waiting += 1;
  world.scheduler.after(ms, () => void work().then(() => (outside.waiting -= 1)));
}

function pause(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => void world.scheduler.after(ms, resolve));
}

function mayAsk({ now, scenario }: World): boolean {
  return now < scenario.faultsEndMs + patienceAfterFaultsMs;
}

/** Callers of a home that is down for long ask less and less often. */
function backOff(world: World, tries: number): Promise<void> {
  return pause(world, 100 + world.random.next() * Math.min(60_000, 2_000 * tries));
}

async function startUntilAnswered(caller: Caller, start: PlannedStart): Promise<void> {
  const { world, outside } = caller;
  const sub = start.isForbidden ? forbiddenCaller : 'caller@example.com';
  const actor: Actor = { sub, tenant: acme, roles: ['operator'] };
  const request = { workflow: workflowOf(start.workflow).name, inputs: { word: start.word } };
  const body = start.key === undefined ? request : { ...request, idempotencyKey: start.key };
  let patience = 3;
  for (let tries = 1; mayAsk(world); tries += 1) {
    const heard = await ask(caller, start.patienceMs, (deps) => startExecution(deps, actor, body));
    if (isFinal(caller, heard)) {
      if (heard.kind === 'answer') note(world, outside, start, heard.value);
      // A denial for want of room may be another answer later.
      if (heard.kind !== 'answer' || heard.value.kind === 'started' || !isForWantOfRoom(heard.value) || patience-- === 0) return;
    }
    await backOff(world, tries);
  }
  world.violate('callers are answered', `nobody answered the start ${start.key ?? 'without a key'}`);
}

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

/** Acts on one of the runs that callers know of; several people may choose the same one. */
async function actUntilAnswered(caller: Caller, planned: PlannedAction): Promise<void> {
  const { world, outside } = caller;
  const { action, key, which } = planned;
  const known = outside.accepted[which % Math.max(1, outside.accepted.length)];
  if (known === undefined) return;
  const on = known.executionId;
  let patience = 3;
  for (let tries = 1; mayAsk(world); tries += 1) {
    const request = { action, id: on, reason: 'simulated', idempotencyKey: key };
    const heard = await ask(caller, planned.patienceMs, (deps) => actOnExecution(deps, operator, request));
    if (isFinal(caller, heard)) {
      if (heard.kind !== 'answer') return world.note(`${action} refused`);
      if (heard.value.kind === 'started') {
        outside.acted.push({ action: planned, on, executionId: heard.value.execution.id, replayed: heard.value.replayed });
        world.tell('operator', () => `${key} ${action} of ${on}: ${JSON.stringify(heard.value)}`);
        return world.note(`${action} accepted`);
      }
      outside.denied.push({ decisionId: heard.value.decision.id });
      world.note(`${action} denied`);
      if (patience-- === 0) return;
    }
    await backOff(world, tries);
  }
  world.violate('callers are answered', `nobody answered ${action} ${key}`);
}

async function publishAgain(caller: Caller): Promise<void> {
  const { world } = caller;
  const model = workflowOf(world.scenario.starts[0]?.workflow ?? 0);
  const text = manifestText(model).replace('"version":"1.0.0"', '"version":"1.1.0"');
  for (let tries = 1; mayAsk(world); tries += 1) {
    const heard = await ask(caller, 30_000, async (deps) => {
      const { workflow } = await createWorkflow(deps, operator, { text, mediaType: 'application/json' });
      return publishWorkflow(deps, operator, { id: workflow.id });
    });
    if (isFinal(caller, heard)) return world.note('workflow published');
    await backOff(world, tries);
  }
}

/** Asks, and goes on without an answer when it takes too long; the home may go on with it all the same. */
async function ask<T>({ world, home }: Caller, patienceMs: number, work: (deps: Deps) => Promise<T>): Promise<Heard<T>> {
  const heard = await Promise.race([home.ask(work), pause(world, patienceMs).then((): Heard<T> => ({ kind: 'nothing' }))]);
  if (heard.kind === 'nothing') world.note('caller heard nothing');
  return heard;
}

/** Whether asking again would change nothing. */
function isFinal<T>({ world }: Caller, heard: Heard<T>): boolean {
  if (heard.kind !== 'error') return heard.kind === 'answer';
  const { error } = heard;
  if (error instanceof InvariantError) world.violate('no invariant breaks', error.stack ?? error.message);
  world.tell('caller', () => `heard ${String(error)}`);
  if (!(error instanceof McError)) return false;
  world.note(`caller heard ${error.code}`);
  return error.retry === 'never';
}
