/** The definition of the nightly round, which only Step Functions runs: an execution looks at one page of tenants, since its history has an end. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { z } from 'zod';

const ListCall = z.object({ Payload: z.object({ cursor: z.string().nullable() }) });
const PurgeCall = z.object({ Payload: z.object({ tenant: z.string() }) });
const Begun = z.object({ StateMachineArn: z.string(), Input: z.looseObject({ cursor: z.string() }) });
type Begun = z.infer<typeof Begun>;

const text = readFileSync(new URL('../../statemachines/retention.asl.json', import.meta.url), 'utf8');
const definition = JSON.parse(text) as StateMachineDefinition;
const machineArn = 'arn:aws:states:eu-central-1:111122223333:stateMachine:mc-dev-retention';
const context = { StateMachine: { Id: machineArn }, Execution: { Id: 'this-execution' } };

/** The tenants of each page, by its cursor. */
const pages: Readonly<Record<string, readonly string[]>> = { first: ['acme', 'broken'], second: ['globex'], third: ['initech'] };
const cursors = Object.keys(pages);

/** What one execution lists, purges and begins. */
async function execute(input: { cursor: string | null }): Promise<{ listed: string[]; purged: string[]; begun: Begun[] }> {
  const done = { listed: [] as string[], purged: [] as string[], begun: [] as Begun[] };
  const list = async (call: unknown) => {
    const page = ListCall.parse(call).Payload.cursor ?? 'first';
    done.listed.push(page);
    const tenants = (pages[page] ?? []).map((tenant) => ({ tenant }));
    return { Payload: { tenants, cursor: cursors[cursors.indexOf(page) + 1] ?? null } };
  };
  const purge = async (call: unknown) => {
    const { tenant } = PurgeCall.parse(call).Payload;
    if (tenant === 'broken') throw new Error('a purge failed');
    done.purged.push(tenant);
    return { Payload: { isDone: true } };
  };
  const begin = async (call: unknown) => done.begun.push(Begun.parse(call));
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const handlers = { ListTenants: list, PurgeTenant: purge, BeginNextPage: begin };
  const retryIntervalOverrides = { PurgeTenant: 0 };
  await machine.run({ ...input }, { context, overrides: { taskResourceLocalHandlers: handlers, retryIntervalOverrides } }).result;
  return done;
}

describe('the state machine of the nightly round', () => {
  test('looks at one page, whatever becomes of its tenants, and begins the next one in an execution of its own', async () => {
    const { listed, purged, begun } = await execute({ cursor: null });
    expect(listed).toEqual(['first']);
    expect(purged).toEqual(['acme']);
    expect(begun).toEqual([
      { StateMachineArn: machineArn, Input: { cursor: 'second', AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'this-execution' } },
    ]);
  });

  test('comes to every tenant once, and begins nothing after the last page', async () => {
    const purged: string[] = [];
    let next: { cursor: string | null } | undefined = { cursor: null };
    for (let executions = 0; next !== undefined && executions < 10; executions += 1) {
      const round = await execute(next);
      purged.push(...round.purged);
      next = round.begun[0]?.Input;
    }
    expect(next).toBeUndefined();
    expect(purged).toEqual(['acme', 'globex', 'initech']);
  });
});
