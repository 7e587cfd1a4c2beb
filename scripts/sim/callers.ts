/** Who stands outside: callers that start runs, operators that cancel, publishers. */
import { actOnExecution } from '../../shared/execution/actions/act-on-execution.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { ask, backOff, isFinal, mayAsk, type Caller, type Outside } from './ask-home.ts';
import { acme } from './world/acme.ts';
import type { Home } from './home/home.ts';
import { batchUntilAnswered, startUntilAnswered } from './start-runs.ts';
import type { PlannedAction } from './world/scenario.ts';
import { workflowOf, manifestText } from './world/workflow-model.ts';
import type { World } from './world/world.ts';

const operator: Actor = { sub: 'operator@example.com', tenant: acme, roles: ['operator'] };

export function sendCallers(world: World, home: Home): Outside {
  const outside: Outside = { acted: [], accepted: [], denied: [], waiting: 0 };
  const caller = { world, home, outside };
  for (const start of world.scenario.starts) later(caller, start.atMs, () => startUntilAnswered(caller, start));
  for (const batch of world.scenario.batches) later(caller, batch.atMs, () => batchUntilAnswered(caller, batch));
  for (const action of world.scenario.actions) later(caller, action.atMs, () => actUntilAnswered(caller, action));
  if (world.scenario.publishes) later(caller, world.random.next() * 5_000, () => publishAgain(caller));
  return outside;
}

function later({ world, outside }: Caller, ms: number, work: () => Promise<void>): void {
  outside.waiting += 1;
  world.scheduler.after(ms, () => void work().then(() => (outside.waiting -= 1)));
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
