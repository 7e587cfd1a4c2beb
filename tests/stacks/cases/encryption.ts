import { describe, expect, test } from '@jest/globals';
import { operations } from '../../../functions/http/index.ts';
import { rightsOf } from '../../../stacks/operation-rights.ts';
import { homeTemplate } from '../home-template.ts';
import { listOf, resourcesOf, statementsOf } from '../read-template.ts';

export function describeEncryption(): void {
  const home = homeTemplate();

  const isOf = (value: unknown, key: string): boolean => JSON.stringify(value).includes(key);

  /** Grants on the key that wraps data keys, by the beginning of the policy's id. */
  function envelopeGrants(): { id: string; actions: string[]; condition: unknown }[] {
    return resourcesOf(home, 'AWS::IAM::Policy').flatMap(({ id, resource }) =>
      statementsOf(resource.Properties)
        .filter(({ Resource, Action }) => isOf(Resource, 'EnvelopeKey') && listOf(Action).every((action) => action.startsWith('kms:')))
        .map(({ Action, Condition }) => ({ id, actions: listOf(Action), condition: Condition })),
    );
  }

  describe('what lies in the buckets', () => {
    test.each(['Data', 'Logs', 'Receipts'])('the bucket %s refuses a write that does not name our key, from anybody', (bucket) => {
      const policies = resourcesOf(home, 'AWS::S3::BucketPolicy').filter(({ resource }) =>
        isOf(resource.Properties['Bucket'], `${bucket}Bucket`),
      );
      expect(policies).toHaveLength(1);
      const denials = statementsOf(policies[0]?.resource.Properties ?? {}).filter(({ Sid }) => Sid === 'DenyWritesNotEncryptedWithOurKey');
      expect(denials).toHaveLength(1);
      expect(denials[0]).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:PutObject' });
      expect(JSON.stringify(denials[0]?.Condition)).toMatch(
        /^\{"StringNotEquals":\{"s3:x-amz-server-side-encryption-aws-kms-key-id":\{"Fn::ImportValue":"[^"]*DataKey[^"]*"\}\}\}$/,
      );
      expect(JSON.stringify(denials[0]?.Resource)).toContain('"/*"');
    });
  });

  describe('the key that wraps data keys', () => {
    test('is not the one with which S3 and DynamoDB encrypt, turns every year and stays', () => {
      const keys = resourcesOf(home, 'AWS::KMS::Key').filter(({ id }) => /^(EnvelopeKey|DataKey)/.test(id));
      expect(keys).toHaveLength(2);
      for (const { resource } of keys) {
        expect(resource.Properties).toMatchObject({ EnableKeyRotation: true });
        expect([resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
      }
    });

    test('is used for our own context only', () => {
      const using = envelopeGrants().filter(({ actions }) => actions.some((action) => /Decrypt|Encrypt|GenerateDataKey/.test(action)));
      expect(using.length).toBeGreaterThan(10);
      for (const { condition } of using)
        expect(condition).toMatchObject({ StringEquals: { 'kms:EncryptionContext:application': 'maestro-conductor' } });
    });

    test('opens for who reads blobs, and makes keys for who writes them; else only who rotates it may try it', () => {
      const granted = envelopeGrants();
      for (const { id } of operations) {
        const { data, logs, receipts, isRotating = false } = rightsOf(id);
        const access = [data, logs, receipts];
        const own = granted
          .filter((statement) => statement.id.toLowerCase().startsWith(`${id.toLowerCase()}role`))
          .flatMap(({ actions }) => actions);
        expect([id, own.includes('kms:Decrypt')]).toEqual([id, isRotating || access.some((right) => right !== 'none')]);
        expect([id, own.includes('kms:GenerateDataKey')]).toEqual([id, isRotating || access.includes('write')]);
      }
    });
  });
}
