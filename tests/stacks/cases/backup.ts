import { describe, expect, test } from '@jest/globals';
import { homeTemplate, type HomeTemplate } from '../home-template.ts';
import { grantsOf, listOf } from '../read-template.ts';

type Properties = Record<string, unknown>;
const ofType = ({ resources }: HomeTemplate, type: string): { stack: string; properties: Properties }[] =>
  resources.flatMap(({ stack, resource }) => (resource.Type === type ? [{ stack, properties: resource.Properties }] : []));

export function describeBackup(): void {
  describe('a home in one region', () => {
    const home = homeTemplate();

    test('backs its table up every night into an encrypted vault that stays, for as long as every second can be restored', () => {
      expect(ofType(home, 'AWS::Backup::BackupVault').map(({ properties }) => properties)).toEqual([
        expect.objectContaining({ BackupVaultName: 'mc-dev', EncryptionKeyArn: expect.anything() }),
      ]);
      const [plan] = ofType(home, 'AWS::Backup::BackupPlan');
      expect(plan?.properties['BackupPlan']).toMatchObject({
        BackupPlanRule: [{ Lifecycle: { DeleteAfterDays: 35 }, RuleName: 'nightly', ScheduleExpression: 'cron(0 2 * * ? *)' }],
      });
      expect(JSON.stringify(plan)).not.toContain('CopyActions');
      const vault = home.resources.find(({ resource }) => resource.Type === 'AWS::Backup::BackupVault')?.resource;
      expect([vault?.DeletionPolicy, vault?.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    });

    test('selects the one table', () => {
      const [selection] = ofType(home, 'AWS::Backup::BackupSelection');
      expect(selection?.properties['BackupSelection']).toMatchObject({ SelectionName: 'table', Resources: [expect.anything()] });
    });

    test('copies nothing elsewhere', () => {
      expect(home.resources.filter(({ stack }) => stack === 'mc-dev-replica')).toEqual([]);
      for (const { properties } of ofType(home, 'AWS::S3::Bucket')) expect(properties).not.toHaveProperty('ReplicationConfiguration');
    });
  });

  describe('a home whose account makes nightly backups already', () => {
    const home = homeTemplate({ nightlyBackups: 'elsewhere' });

    test('makes none of its own, and has no alarm about them', () => {
      expect(home.resources.filter(({ resource }) => resource.Type.startsWith('AWS::Backup::'))).toEqual([]);
      const alarms = ofType(home, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties['AlarmName']);
      expect(alarms).toContain('dev-mc-log-differs');
      expect(alarms).not.toContain('dev-mc-backup-old');
    });
  });

  describe('a home with copies in a second region', () => {
    const home = homeTemplate({ replicaRegion: 'eu-west-1' });
    const replicated = ofType(home, 'AWS::S3::Bucket').filter(({ properties }) => 'ReplicationConfiguration' in properties);

    test('has S3 copy every blob within a quarter of an hour, under the key of the other region', () => {
      expect(replicated.map(({ stack }) => stack)).toEqual(['mc-dev-data', 'mc-dev-data', 'mc-dev-data']);
      for (const { properties } of replicated) {
        expect(properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
        expect(properties['ReplicationConfiguration']).toMatchObject({
          Rules: [
            {
              Status: 'Enabled',
              Filter: { Prefix: '' },
              SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
              Destination: {
                EncryptionConfiguration: { ReplicaKmsKeyID: expect.anything() },
                ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
              },
            },
          ],
        });
      }
    });

    test('copies into buckets that are there, versioned, encrypted, closed to the public, and kept', () => {
      const targets = home.resources.filter(({ stack, resource }) => stack === 'mc-dev-replica' && resource.Type === 'AWS::S3::Bucket');
      const named = targets.filter(({ resource }) => 'BucketName' in resource.Properties);
      expect(named.map(({ resource }) => JSON.stringify(resource.Properties['BucketName']))).toEqual(
        ['data', 'logs', 'receipts'].map((kind) => expect.stringContaining(`mc-dev-${kind}-replica-`)),
      );
      for (const { resource } of targets) {
        expect(resource.DeletionPolicy).toBe('Retain');
        expect(resource.Properties['PublicAccessBlockConfiguration']).toMatchObject({ BlockPublicAcls: true, RestrictPublicBuckets: true });
      }
      for (const { resource } of named) expect(resource.Properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
      const destinations = JSON.stringify(replicated.map(({ properties }) => properties['ReplicationConfiguration']));
      for (const kind of ['data', 'logs', 'receipts']) expect(destinations).toContain(`mc-dev-${kind}-replica-`);
    });

    test('keeps receipts under Object Lock in both places', () => {
      const locked = ofType(home, 'AWS::S3::Bucket').filter(({ properties }) => properties['ObjectLockEnabled'] === true);
      expect(locked.map(({ stack }) => stack).toSorted()).toEqual(['mc-dev-data', 'mc-dev-replica']);
      const [first, second] = locked.map(({ properties }) => properties['ObjectLockConfiguration']);
      expect(first).toEqual(second);
    });

    test('copies every nightly backup into the vault of the other region', () => {
      const [plan] = ofType(home, 'AWS::Backup::BackupPlan');
      expect(JSON.stringify(plan?.properties['BackupPlan'])).toContain('eu-west-1');
      expect(plan?.properties['BackupPlan']).toMatchObject({ BackupPlanRule: [{ CopyActions: [{ Lifecycle: { DeleteAfterDays: 35 } }] }] });
      expect(
        ofType(home, 'AWS::Backup::BackupVault')
          .map(({ properties }) => properties['BackupVaultName'])
          .toSorted(),
      ).toEqual(['mc-dev', 'mc-dev-replica']);
    });

    test('no role of backup and replication may do more than copy', () => {
      const policies = JSON.stringify(
        ofType(home, 'AWS::IAM::Policy').filter(({ properties }) => /Replication|backup/i.test(JSON.stringify(properties['Roles']))),
      );
      expect(policies).toContain('s3:ReplicateObject');
      for (const action of ['s3:PutObject', 's3:DeleteObject"', 'dynamodb:PutItem', 'dynamodb:DeleteTable', 'kms:ScheduleKeyDeletion'])
        expect(policies).not.toContain(action);
    });
  });

  describe('a home whose log ended with a restore', () => {
    const idsOf = (home: HomeTemplate): string[] =>
      home.resources.flatMap(({ id, resource }) => (resource.Type === 'AWS::KMS::Key' && id.startsWith('LogKey') ? [id] : []));

    test('has another key for the next log', () => {
      const [first, second] = [idsOf(homeTemplate({ logGeneration: 1 })), idsOf(homeTemplate({ logGeneration: 2 }))];
      expect(first).toEqual(idsOf(homeTemplate()));
      expect(second).toHaveLength(1);
      expect(second).not.toEqual(first);
    });

    test('ends it by a function that no schedule calls, and that changes nothing but the table and signs with the log key only', () => {
      const home = homeTemplate();
      const { resources } = home;
      const [retire] = resources.filter(({ id, resource }) => resource.Type === 'AWS::Lambda::Function' && id.includes('Retire'));
      expect(retire).toBeDefined();
      const schedules = resources.filter(({ resource }) => resource.Type === 'AWS::Scheduler::Schedule');
      expect(JSON.stringify(schedules)).not.toContain(retire?.id);
      const grants = grantsOf(home).filter(({ id }) => id.startsWith('TransparencyLogRetireRole'));
      const signing = grants.filter(({ Action }) => listOf(Action).includes('kms:Sign'));
      expect(signing.map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringMatching(/LogKey/)]);
      const actions = grants.flatMap(({ Action }) => listOf(Action));
      expect(actions.filter((action) => action.startsWith('s3:')).sort()).toEqual(['s3:GetObject', 's3:ListBucket']);
    });
  });
}
