import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { readAnswer } from '../../runner/sandbox/answer.ts';

const answerModule = new URL('../../runner/sandbox/answer.ts', import.meta.url).href;

/** What the runner reads when a task answers these outputs, as JSON. */
function answerOf(outputs: string): string {
  return `{"ready":true}\n{"kind":"succeeded","outputs":${outputs},"usage":{"cpuMs":1,"maxRssBytes":1}}\n`;
}

/** JSON of a list in a list, and so on. */
function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

describe('outputs without a canonical form are refused with their place', () => {
  test.each([
    ['a number that is none when it is read', '{"a":[1,{"b":1e400}]}', '/a/1/b is a number too large for JSON'],
    ['another below zero', '{"a":-1e400}', '/a is a number too large for JSON'],
    ['half a character', '{"a":{},"b/c":["\\ud800"]}', '/b~1c/0 holds half of a surrogate pair'],
    ['half a character in a name', '{"a":{"\\ud800":1}}', '/a has a name with half of a surrogate pair'],
    ['that at the top', '{"\\ud800":1}', 'the top has a name with half of a surrogate pair'],
    ['more levels than there may be', `{"a":${nested(64)}}`, `/a${'/0'.repeat(63)} is nested more than 64 levels deep`],
    ['a long place', `{"${'k'.repeat(4_000_000)}":["\\ud800"]}`, `/${'k'.repeat(199)}… holds half of a surrogate pair`],
    ['a place that is cut in a character', `{"${'k'.repeat(198)}😀":1e400}`, `/${'k'.repeat(198)}… is a number too large for JSON`],
  ])('%s', (_, outputs, flaw) => {
    expect(readAnswer(answerOf(outputs))).toEqual({ kind: 'unreadable', reason: `the output at ${flaw}` });
  });
});

test('outputs of as many levels and as large numbers as there may be are read', () => {
  const outputs = `{"a":${nested(63)},"b":1.7976931348623157e308,"__proto__":{"c":[null,true,"😀"]}}`;
  const state = readAnswer(answerOf(outputs));
  expect(state.kind === 'answered' && state.answer.kind === 'succeeded' && JSON.stringify(state.answer.outputs)).toBe(
    outputs.replace('e3', 'e+3'),
  );
});

test('two million items need little more memory than JSON.parse', () => {
  const code = `import { readAnswer } from ${JSON.stringify(answerModule)};
    const items = '0,'.repeat(2_000_000) + '0';
    process.stdout.write(readAnswer(${JSON.stringify(answerOf('{"a":[ITEMS]}'))}.replace('ITEMS', items)).kind);`;
  const { stdout } = spawnSync(process.execPath, ['--max-old-space-size=160', '--input-type=module', '-e', code], { env: {} });
  expect(stdout.toString()).toBe('answered');
}, 60_000);
