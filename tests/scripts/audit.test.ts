import { describe, expect, test } from '@jest/globals';
import { parseAdvisories } from '../../scripts/audit/advisories.ts';
import { isAllowedLicence } from '../../scripts/audit/licence.ts';
import { checkLockFile, LockFile, PackageManifest } from '../../scripts/audit/lock-file.ts';

const sound = { version: '1.0.0', integrity: 'sha512-abc', license: 'MIT' };

function problemsOf(manifest: object, packages: object): readonly string[] {
  const lock = LockFile.parse({ lockfileVersion: 3, packages: { '': {}, ...packages } });
  return checkLockFile(PackageManifest.parse(manifest), lock, () => undefined).problems;
}

describe('the lock file', () => {
  test('passes with exact versions, hashes and allowed licences', () => {
    expect(problemsOf({ dependencies: { a: '1.0.0' } }, { 'node_modules/a': sound })).toEqual([]);
  });

  test('fails for a version range, and for a lock that says something else', () => {
    const problems = problemsOf({ dependencies: { a: '^1.0.0' } }, { 'node_modules/a': sound });
    expect(problems).toEqual(['package.json: a ^1.0.0 is not an exact version', 'package-lock.json: a is not ^1.0.0 as package.json says']);
  });

  test('fails for a package without a sha512 hash, unless its parent carries it', () => {
    const weak = { ...sound, integrity: 'sha1-abc' };
    expect(problemsOf({}, { 'node_modules/a': weak })).toEqual(['node_modules/a: no sha512 hash']);
    expect(problemsOf({}, { 'node_modules/a': { ...sound, integrity: undefined, inBundle: true } })).toEqual([]);
  });

  test('fails for an install script nobody decided on', () => {
    const scripted = { 'node_modules/@x/a': { ...sound, hasInstallScript: true } };
    expect(problemsOf({}, scripted)).toHaveLength(1);
    expect(problemsOf({ allowScripts: { '@x/a': false } }, scripted)).toEqual([]);
  });

  test('fails for a licence that is not on the list or not stated', () => {
    expect(problemsOf({}, { 'node_modules/a': { ...sound, license: 'GPL-3.0-only' } })).toHaveLength(1);
    expect(problemsOf({}, { 'node_modules/a': { ...sound, license: undefined } })).toHaveLength(1);
  });
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-or-later)', true],
  ['MIT AND GPL-3.0-only', false],
  ['(GPL-3.0-only OR (MIT AND ISC))', true],
  ['SEE LICENSE IN LICENSE.txt', false],
  ['UNLICENSED', false],
  ['MIT OR', false],
  ['', false],
])('licence %j is allowed: %s', (expression, expected) => {
  expect(isAllowedLicence(expression)).toBe(expected);
});

describe('advisories', () => {
  test('are counted only from a report of npm', () => {
    const counts = { info: 0, low: 0, moderate: 0, high: 1, critical: 0, total: 1 };
    const report = {
      auditReportVersion: 2,
      vulnerabilities: { a: { severity: 'high', range: '<2' } },
      metadata: { vulnerabilities: counts },
    };
    expect(parseAdvisories(JSON.stringify(report))).toEqual({ kind: 'answered', counts, findings: ['high  a <2'] });
  });

  test('are said to be unchecked when the registry does not answer, without naming it', () => {
    const refusal = JSON.stringify({ message: '405 Method Not Allowed - POST https://mirror.example/advisories', statusCode: 405 });
    expect(parseAdvisories(refusal)).toEqual({ kind: 'no-answer', reason: '405 Method Not Allowed - POST the registry' });
    expect(parseAdvisories('')).toEqual({ kind: 'no-answer', reason: 'npm audit printed no report' });
  });
});
