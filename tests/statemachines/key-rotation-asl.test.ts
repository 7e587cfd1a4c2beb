/** The definition of key rotations that Step Functions and the interpreter of the embedded home both run. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import validate from 'asl-validator';
import { z } from 'zod';
import { rotationPhaseNames } from '../../shared/rotation/rotation-phases.ts';

const text = readFileSync(new URL('../../statemachines/key-rotation.asl.json', import.meta.url), 'utf8');
const State = z.looseObject({ Type: z.string(), Parameters: z.looseObject({ Payload: z.looseObject({ phase: z.string() }) }).optional() });
const Definition = z.looseObject({ States: z.record(z.string(), State) });
/** A fresh copy each time: the validator writes into what it is given. */
const definition = (): z.infer<typeof Definition> => Definition.parse(JSON.parse(text));

describe('the state machine of a key rotation', () => {
  test('is valid Amazon States Language, and would not be if a state led nowhere', () => {
    const { isValid, errorsText } = validate(definition());
    expect(errorsText()).toBe('');
    expect(isValid).toBe(true);
    const broken = definition();
    Object.assign(broken.States['Verify'] ?? {}, { Next: 'Nowhere' });
    expect(validate(broken).isValid).toBe(false);
  });

  test('has a task for every phase, which calls that phase, and no other', () => {
    const tasks = Object.entries(definition().States).filter(([, { Type }]) => Type === 'Task');
    expect(tasks.map(([name, { Parameters }]) => [name, Parameters?.Payload.phase])).toEqual(
      rotationPhaseNames.map((name) => [name, name]),
    );
  });

  test('gives the old key up last: after the window, and after what was verified', () => {
    const { States } = definition();
    const order = ['Create', 'Prove', 'Attest', 'Switch', 'Window', 'Rewrap', 'IsRewrapped', 'Verify', 'Revoke'];
    expect(Object.keys(States)).toEqual(order);
    expect(States['Switch']).toMatchObject({ Next: 'Window' });
    expect(States['Window']).toMatchObject({ Type: 'Wait', TimestampPath: '$.switched.windowEndsAt' });
    expect(States['Verify']).toMatchObject({ Next: 'Revoke' });
    expect(States['Revoke']).toMatchObject({ End: true });
  });
});
