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

/** The Task states that the definition leads through from this one, when seals answer so, and nothing fails. */
async function walk(from: string, { input = {}, seals = [true] }: { input?: object; seals?: readonly boolean[] } = {}): Promise<string[]> {
  const entered: string[] = [];
  const answers = [...seals];
  const enter = async (name: string) => {
    entered.push(name);
    return { Payload: name === 'Seal' ? { isSealed: answers.shift() ?? true } : null };
  };
  const handlers = Object.fromEntries(stateNames.map((name) => [name, () => enter(name)]));
  const parsed = JSON.parse(text) as StateMachineDefinition;
  const machine = new StateMachine({ ...parsed, StartAt: from }, { validationOptions: { noValidate: true } });
  await machine.run({ ...input }, { overrides: { taskResourceLocalHandlers: handlers } }).result;
  return entered;
}

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

  test('has no state of a kind that the interpreter was not tried with', () => {
    expect(new Set(Object.values(definition().States).map(({ Type }) => Type))).toEqual(new Set(['Task', 'Choice']));
  });
});
