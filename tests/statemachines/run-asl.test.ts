/** The one definition that Step Functions and the interpreter of the embedded home both run. Neither of them validates it at run time. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import validate from 'asl-validator';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { z } from 'zod';
import { plainWalk, stateAfterTasks, stateNames, stateWhenUnsealed } from '../../statemachines/interpreter/local-phases.ts';

const text = readFileSync(new URL('../../statemachines/run.asl.json', import.meta.url), 'utf8');
const Definition = z.looseObject({ States: z.record(z.string(), z.looseObject({ Type: z.string() })) });
/** A fresh copy each time: the validator writes into what it is given. */
const definition = (): z.infer<typeof Definition> => Definition.parse(JSON.parse(text));

const nextOf = (name: string): string => z.string().parse(definition().States[name]?.['Next']);

/** What the Task states answer, one after the other; the last answer holds from then on. */
interface Answers {
  seals?: readonly boolean[];
  compensations?: readonly { isDone: boolean; waitSeconds: number }[];
}

/** The Task states that the definition leads through from this one, when they answer so and nothing fails. */
async function walk(
  from: string,
  { input = {}, seals = [true], compensations = [done] }: Answers & { input?: object } = {},
): Promise<string[]> {
  const entered: string[] = [];
  const left = { Seal: seals.map((isSealed) => ({ isSealed })), Compensate: [...compensations] };
  const enter = async (name: string) => {
    entered.push(name);
    if (name !== 'Seal' && name !== 'Compensate') return { Payload: null };
    const answer = left[name].length > 1 ? left[name].shift() : left[name][0];
    return { Payload: { ...answer } };
  };
  const handlers = Object.fromEntries(stateNames.map((name) => [name, () => enter(name)]));
  const parsed = JSON.parse(text) as StateMachineDefinition;
  const machine = new StateMachine({ ...parsed, StartAt: from }, { validationOptions: { noValidate: true } });
  await machine.run({ ...input }, { overrides: { taskResourceLocalHandlers: handlers } }).result;
  return entered;
}

const done = { isDone: true, waitSeconds: 0 };

describe('the state machine of a run', () => {
  test('is valid Amazon States Language', () => {
    const { isValid, errorsText } = validate(definition());
    expect(errorsText()).toBe('');
    expect(isValid).toBe(true);
  });

  test('would not be if a state led nowhere', () => {
    const broken = definition();
    Object.assign(broken.States['Seal'] ?? {}, { Next: 'Nowhere' });
    expect(validate(broken).isValid).toBe(false);
  });

  test('speaks JSONPath only, which both of its interpreters understand', () => {
    expect(text).not.toContain('QueryLanguage');
    expect(text).not.toContain('{%');
  });

  test('has a handler on this machine for every task state, and no handler without a state', () => {
    const tasks = Object.entries(definition().States).flatMap(([name, { Type }]) => (Type === 'Task' ? [name] : []));
    expect(tasks.toSorted()).toEqual([...stateNames].toSorted());
  });

  test.each(Object.entries(stateAfterTasks))(
    'goes on with a run whose tasks ended %s where this machine begins with it',
    async (outcome, state) => {
      const entered = await walk(nextOf('AwaitRun'), { input: { run: { outcome } } });
      expect(entered[0]).toBe(state);
    },
  );

  test('leads a run whose tasks succeeded through the states that this machine goes through without it', async () => {
    expect(await walk(stateAfterTasks.open)).toEqual([...plainWalk]);
  });

  test('goes on with a run that its seal leaves open where this machine does', async () => {
    expect(await walk('Seal', { seals: [false, true] })).toEqual(['Seal', stateWhenUnsealed, ...plainWalk]);
  });

  test('goes from an undone run to its seal', async () => {
    expect(await walk('Compensate')).toEqual(['Compensate', ...plainWalk]);
  });

  test('calls again at once for what a call had no time to undo', async () => {
    const compensations = [{ isDone: false, waitSeconds: 0 }, done];
    expect(await walk('Compensate', { compensations })).toEqual(['Compensate', 'Compensate', ...plainWalk]);
  });

  test('waits before it calls again as long as the call said', async () => {
    const begun = performance.now();
    expect(await walk('Compensate', { compensations: [{ isDone: false, waitSeconds: 1 }, done] })).toEqual([
      'Compensate',
      'Compensate',
      ...plainWalk,
    ]);
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  test('has no state of a kind that the interpreter was not tried with', () => {
    expect(new Set(Object.values(definition().States).map(({ Type }) => Type))).toEqual(new Set(['Task', 'Choice', 'Wait']));
  });
});
