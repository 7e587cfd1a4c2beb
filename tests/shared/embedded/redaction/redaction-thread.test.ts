import { afterEach, describe, expect, test } from '@jest/globals';
import { redactNow, type RedactionWork } from '../../../../shared/evidence/redaction/redactor.ts';
import { RedactionThread } from '../../../../shared/embedded/redaction/redaction-thread.ts';

const thread = new RedactionThread();
afterEach(() => thread.close());

const line = (text: string): string => `${JSON.stringify({ at: 1, stream: 'stdout', text, taskId: 'a', attempt: 1 })}\n`;
const work = (text: string, kind: RedactionWork['kind'] = 'log'): RedactionWork => ({
  kind,
  dataClass: 'internal',
  secret: new Uint8Array(32).fill(7),
  file: 'logs/a/1.ndjson',
  bytes: new TextEncoder().encode(text),
});

describe('redaction in another thread', () => {
  test('gives the very bytes that it gives here, for one file after the other and for many at once', async () => {
    const texts = [line('of ada@example.com'), line('nothing'), `${line('x')}${line('+1 202 555 0143')}`];
    const there = await Promise.all(texts.map((text) => thread.redact(work(text))));
    expect(there).toEqual(texts.map((text) => redactNow(work(text))));
    expect((await thread.redact(work('{"email":"ada@example.com"}', 'document'))).withheld).toEqual({ field: 1 });
  });

  test('leaves bytes alone that are part of a larger buffer', async () => {
    const shared = new TextEncoder().encode(`${line('one')}${line('two')}`);
    const half = shared.subarray(0, shared.length / 2);
    await thread.redact({ ...work(''), bytes: half });
    expect(new TextDecoder().decode(shared)).toBe(`${line('one')}${line('two')}`);
  });

  test('fails the work that cannot be done, and goes on with the next', async () => {
    await expect(thread.redact(work('not JSON', 'document'))).rejects.toThrow('redaction failed');
    expect((await thread.redact(work(line('fine')))).withheld).toEqual({});
  });

  test('that was ended fails what it was doing, and begins anew when it is asked again', async () => {
    const doomed = thread.redact(work(line('x').repeat(50_000)));
    const failure = expect(doomed).rejects.toThrow('has ended');
    await thread.close();
    await failure;
    expect((await thread.redact(work(line('fine')))).withheld).toEqual({});
  });
});
