import { describe, expect, test } from '@jest/globals';
import { homeTemplate } from '../home-template.ts';
import { resourcesOf, statementsOf } from '../read-template.ts';

export function describeStorage(): void {
  const home = homeTemplate();

  describe('what is stored', () => {
    test('every table, bucket, queue and topic is encrypted', () => {
      for (const { resource } of resourcesOf(home, 'AWS::DynamoDB::Table'))
        expect(resource.Properties['SSESpecification']).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
      for (const { resource } of resourcesOf(home, 'AWS::S3::Bucket')) expect(resource.Properties['BucketEncryption']).toBeDefined();
      for (const { resource } of resourcesOf(home, 'AWS::SQS::Queue')) expect(resource.Properties['SqsManagedSseEnabled']).toBe(true);
      for (const { resource } of resourcesOf(home, 'AWS::SNS::Topic')) expect(resource.Properties['KmsMasterKeyId']).toBeDefined();
    });

    test('no bucket is public or answers without TLS', () => {
      const buckets = resourcesOf(home, 'AWS::S3::Bucket');
      expect(buckets).toHaveLength(4);
      for (const { resource } of buckets) {
        expect(Object.values(resource.Properties['PublicAccessBlockConfiguration'] as object)).toEqual([true, true, true, true]);
      }
      const denials = resourcesOf(home, 'AWS::S3::BucketPolicy').map(({ resource }) => statementsOf(resource.Properties));
      expect(denials).toHaveLength(4);
      for (const statements of denials) {
        expect(statements).toContainEqual(
          expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        );
      }
    });

    test('receipts are under Object Lock', () => {
      const locked = resourcesOf(home, 'AWS::S3::Bucket').filter(({ resource }) => resource.Properties['ObjectLockEnabled'] === true);
      expect(locked.map(({ id }) => id)).toEqual([expect.stringMatching(/^Receipts/)]);
      expect(locked[0]?.resource.Properties['ObjectLockConfiguration']).toMatchObject({
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2_557 } },
      });
    });

    test('the table can be restored to any second and cannot be deleted by accident', () => {
      expect(resourcesOf(home, 'AWS::DynamoDB::Table').map(({ resource }) => resource.Properties)).toEqual([
        expect.objectContaining({
          BillingMode: 'PAY_PER_REQUEST',
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
          StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        }),
      ]);
    });

    test('tables, buckets and keys stay when their stack goes or they are replaced', () => {
      for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key']) {
        for (const { resource } of resourcesOf(home, type))
          expect([resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
      }
    });

    test('stateful resources keep their logical ids, because another id is another, empty resource', () => {
      const stateful = [
        'AWS::DynamoDB::Table',
        'AWS::S3::Bucket',
        'AWS::KMS::Key',
        'AWS::SQS::Queue',
        'AWS::StepFunctions::StateMachine',
        'AWS::ApiGatewayV2::Api',
      ];
      expect(stateful.flatMap((type) => resourcesOf(home, type).map(({ stack, id }) => `${stack}/${id}`))).toEqual([
        'mc-dev-data/MainTable06387DF9',
        'mc-dev-data/AccessLogs8B620ECA',
        'mc-dev-data/DataBucketE6B0FAA8',
        'mc-dev-data/LogsBucket5C52C3D2',
        'mc-dev-data/ReceiptsBucket3F658C3D',
        'mc-dev-keys/DataKey17AFBB84',
        'mc-dev-keys/EnvelopeKeyD3E142F7',
        'mc-dev-keys/SigningKey49B95470',
        'mc-dev-keys/LogKey15608DC4',
        'mc-dev-keys/AuthorityKeysCertificatesKey6B7D7A4E',
        'mc-dev-keys/AuthorityKeysTimestampsKey4494B4E7',
        'mc-dev-keys/AuthorityKeysPromisesKey5A488909',
        'mc-dev-execution/DeadLettersBBF8BAAB',
        'mc-dev-execution/Tasks0BA6A452',
        'mc-dev-execution/RunC4A32B5F',
        'mc-dev-execution/KeyRotationMachineB0BC731A',
        'mc-dev-execution/RetentionMachineFA6BBDB2',
        'mc-dev-api/ApiF70053CD',
      ]);
    });
  });
}
