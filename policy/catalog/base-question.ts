import baseQuestion from '../goldens/input.json' with { type: 'json' };
import { PolicyInput } from '../../shared/port/policy-engine.ts';

/** The question that the cases of every pack change: a small run that every shipped pack allows. */
export const base: PolicyInput = PolicyInput.parse(baseQuestion);
