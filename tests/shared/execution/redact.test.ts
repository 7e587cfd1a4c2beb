import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { redact } from '../../../shared/execution/dispatch/redact.ts';

const masked = '[redacted]';
const person = { email: 'someone@example.com', names: ['A', 'B'], 'a/b': 1, 'm~n': 2, '': 3 };

describe('masking', () => {
  test.each<[string, string, JsonObject]>([
    ['a whole input', '/person', { person: masked }],
    ['a field', '/person/email', { person: { ...person, email: masked } }],
    ['an element of a list', '/person/names/1', { person: { ...person, names: ['A', masked] } }],
    ['a name with a slash', '/person/a~1b', { person: { ...person, 'a/b': masked } }],
    ['a name with a tilde', '/person/m~0n', { person: { ...person, 'm~n': masked } }],
    ['the empty name', '/person/', { person: { ...person, '': masked } }],
    ['nothing where nothing is', '/person/phone/home', { person }],
    ['nothing beyond a list', '/person/names/7', { person }],
    ['all of a text that was taken for an object', '/person/email/domain', { person: { ...person, email: masked } }],
    ['all of a list that was taken for an object', '/person/names/first', { person: { ...person, names: masked } }],
    ['all of a list, whatever lists have of their own', '/person/names/length', { person: { ...person, names: masked } }],
    ['all of a list for an index that is none', '/person/names/01', { person: { ...person, names: masked } }],
    ['nothing that every object has', '/person/constructor/name', { person }],
  ])('takes away %s', (_, pointer, expected) => {
    const inputs = { person };
    expect(redact(inputs, [pointer])).toEqual(expected);
    expect(inputs).toEqual({ person });
  });

  test('leaves no value where there was none', () => {
    expect(redact({ person: null, list: [null] }, ['/person', '/person/email', '/list/0/email'])).toEqual({ person: null, list: [null] });
  });
});
