/** The one definition that Step Functions and the interpreter of the embedded home both run. Neither of them validates it at run time. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import validate from 'asl-validator';
import { z } from 'zod';
import { stateNames } from '../../statemachines/interpreter/local-phases.ts';

const text = readFileSync(new URL('../../statemachines/run.asl.json', import.meta.url), 'utf8');
const Definition = z.looseObject({ States: z.record(z.string(), z.looseObject({ Type: z.string() })) });
/** A fresh copy each time: the validator writes into what it is given. */
const definition = (): z.infer<typeof Definition> => Definition.parse(JSON.parse(text));

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

  test('has no state of a kind that the interpreter was not tried with', () => {
    expect(new Set(Object.values(definition().States).map(({ Type }) => Type))).toEqual(new Set(['Task', 'Choice']));
  });
});
