import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dropConditions } from '../../../scripts/cloud/drop-conditions.ts';

const ofContext = { StringEquals: { 'kms:EncryptionContext:application': 'maestro-conductor' } };
const ofKey = { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': { 'Fn::ImportValue': 'data-key' } } };
const ofTag = { StringLike: { 'aws:ResourceTag/maestro-alias': 'alias/mc-test-*' } };

let assembly: string;
beforeEach(() => {
  assembly = mkdtempSync(join(tmpdir(), 'mc-drop-'));
});
afterEach(() => rmSync(assembly, { recursive: true, force: true }));

/** A template with a statement for each of these conditions. */
function templateWith(...conditions: readonly (object | undefined)[]): object {
  const Statement = conditions.map((Condition) => ({
    Effect: 'Allow',
    Action: 'kms:Decrypt',
    Resource: '*',
    ...(Condition && { Condition }),
  }));
  return { Resources: { Policy: { Type: 'AWS::IAM::Policy', Properties: { PolicyDocument: { Statement } } } } };
}

const write = (name: string, content: object): void => writeFileSync(join(assembly, name), JSON.stringify(content));
const read = (name: string): unknown => JSON.parse(readFileSync(join(assembly, name), 'utf8'));

describe('templates for the emulator', () => {
  test('lose the encryption context of a right, and refuse by the kind of encryption instead of by the key', () => {
    write('a.template.json', templateWith(ofContext));
    write('b.template.json', templateWith(ofKey));
    dropConditions(assembly);
    expect(read('a.template.json')).toEqual(templateWith({}));
    expect(read('b.template.json')).toEqual(templateWith({ StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } }));
  });

  test('keep every other condition, beside a dropped one too, in the same operator and in others', () => {
    const sameOperator = { StringEquals: { ...ofContext.StringEquals, 'kms:ViaService': 's3' } };
    write('a.template.json', templateWith({ ...ofContext, ...ofTag }, sameOperator, ofKey));
    dropConditions(assembly);
    const kindOfEncryption = { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } };
    expect(read('a.template.json')).toEqual(templateWith(ofTag, { StringEquals: { 'kms:ViaService': 's3' } }, kindOfEncryption));
  });

  test('are else what they were: statements without a condition, conditions of CloudFormation, and names that only look like one', () => {
    const untouched = {
      ...templateWith(
        undefined,
        ofTag,
        { Bool: { 'aws:SecureTransport': 'false' } },
        { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'a' } },
      ),
      Conditions: { IsTest: { 'Fn::Equals': ['a', 'b'] } },
      Outputs: { Of: { Condition: 'IsTest', Value: 'kms:EncryptionContext:application' } },
      Metadata: { StringEquals: { 'kms:EncryptionContext:application': 'kept' }, 'x-s3:x-amz-server-side-encryption-aws-kms-key-id': 1 },
    };
    write('a.template.json', untouched);
    write('b.template.json', templateWith(ofContext, ofKey, { StringEquals: { 'mykms:EncryptionContext:a': 'kept' } }));
    dropConditions(assembly);
    expect(read('a.template.json')).toEqual(untouched);
    expect(JSON.stringify(read('b.template.json'))).toContain('"mykms:EncryptionContext:a":"kept"');
  });

  test('are the only files that are written', () => {
    write('a.template.json', templateWith(ofContext, ofKey));
    write('a.assets.json', templateWith(ofContext));
    dropConditions(assembly);
    expect(read('a.assets.json')).toEqual(templateWith(ofContext));
  });
});

describe('a condition that no template has any more', () => {
  test.each([
    ['kms:EncryptionContext', [ofKey, ofTag]],
    ['s3:x-amz-server-side-encryption-aws-kms-key-id', [ofContext, ofTag]],
  ])('%s: is said, and nothing is rewritten', (name, conditions) => {
    const templates = templateWith(...conditions);
    write('a.template.json', templates);
    expect(() => dropConditions(assembly)).toThrow(name);
    expect(read('a.template.json')).toEqual(templates);
  });

  test('in an assembly without templates, both', () => {
    expect(() => dropConditions(assembly)).toThrow(/kms:EncryptionContext.* or s3:x-amz-server-side-encryption-aws-kms-key-id/);
  });
});
