import { describe, expect, test } from '@jest/globals';
import { operations } from '../../../functions/http/index.ts';
import type { Operation } from '../../../functions/middleware/operation.ts';
import { operationsWithRights, rightsOf } from '../../../stacks/operation-rights.ts';
import { homeTemplate } from '../home-template.ts';
import { grantsOf, listOf, resourcesOf, type Statement } from '../read-template.ts';

export function describeRights(): void {
  const home = homeTemplate();

  describe('who may do what', () => {
    test('no grant names an action by a wildcard', () => {
      const actions = grantsOf(home).flatMap(({ Action }) => listOf(Action));
      expect(actions.length).toBeGreaterThan(100);
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    });

    test('only traces and the delivery of logs are granted on every resource, and the making of keys with a tag of ours', () => {
      const makesTagged = ({ Condition }: Statement): boolean => JSON.stringify(Condition ?? {}).includes('aws:RequestTag/maestro-alias');
      const onEverything = grantsOf(home).filter((found) => listOf(found.Resource).includes('*') && !makesTagged(found));
      const actions = [...new Set(onEverything.flatMap(({ Action }) => listOf(Action)))];
      expect(actions.filter((action) => !action.startsWith('xray:') && !action.startsWith('logs:'))).toEqual([]);
    });

    test('no role carries a managed policy', () => {
      for (const { resource } of resourcesOf(home, 'AWS::IAM::Role')) expect(resource.Properties).not.toHaveProperty('ManagedPolicyArns');
    });

    test('operations that read, and the plan, cannot write or sign', () => {
      // POSTs that change nothing, and GETs whose answer is signed or logged when it is asked for the first time, or that leave an audit event.
      const signedOrLoggedWhenAsked = [
        'getReceipt',
        'getDecisionReceipt',
        'getRunEgress',
        'getStatement',
        'getDisclosure',
        'listEvidence',
        'getEvidenceFile',
        'getKeyRotation',
        'getDeletionManifest',
      ];
      const isReading = ({ id, method }: Operation): boolean =>
        id === 'planRun' || id === 'replayPolicy' || (method === 'GET' && !signedOrLoggedWhenAsked.includes(id));
      const readers = operations.filter(isReading).map(({ id }) => id.toLowerCase());
      const writing = /^(dynamodb:(Put|Update|Delete|Batch.*Write)|s3:Put|kms:Sign|sqs:Send|states:)/;
      const offending = grantsOf(home).filter(
        ({ id, Action }) =>
          readers.some((name) => id.toLowerCase().startsWith(`${name}role`)) && listOf(Action).some((action) => writing.test(action)),
      );
      expect(offending).toEqual([]);
    });

    test('every operation has a row that says what it may touch, and no row is left over', () => {
      expect(operations.filter(({ id }) => !operationsWithRights.includes(id)).map(({ id }) => id)).toEqual([]);
      expect(operationsWithRights.filter((name) => !operations.some(({ id }) => id === name))).toEqual([]);
      expect(() => rightsOf('launchRockets')).toThrow(/launchRockets.*operation-rights/);
    });

    test('only actions on a run both start runs and wake the phase that waits for one, among what callers reach', () => {
      const may = (action: string): string[] => {
        const ids = grantsOf(home).flatMap(({ id, Action }) => (listOf(Action).includes(action) ? [id.replace(/Role.*/, '')] : []));
        return [...new Set(ids)].filter((id) => operationsWithRights.some((name) => name.toLowerCase() === id.toLowerCase())).sort();
      };
      expect(may('states:SendTaskSuccess')).toEqual(['ActOnExecution']);
      // A rotation is started by name of its own machine.
      expect(may('states:StartExecution')).toEqual(['ActOnExecution', 'RotateKey', 'StartExecution', 'StartExecutions']);
    });

    test('settings of a tenant, its members and its events live in the table: their functions reach no blob', () => {
      const names = ['CreateTenant', 'PutMember', 'ListMembers', 'ListTenants', 'GetTenant', 'ListAuditEvents', 'Whoami'];
      const reaching = grantsOf(home).filter(
        ({ id, Action }) => names.includes(id.replace(/Role.*/, '')) && listOf(Action).some((action) => action.startsWith('s3:')),
      );
      expect(reaching).toEqual([]);
      // Rule data is tried on the packs of the tenant, which are blobs; it is not stored there.
      const writing = grantsOf(home).filter(
        ({ id, Action }) => id.startsWith('ChangeTenantRole') && listOf(Action).includes('s3:PutObject'),
      );
      expect(writing).toEqual([]);
    });

    test('only sealing, publishing, proving a decision or what a run called, and installing the catalog may sign', () => {
      expect(signersWith('SigningKey')).toEqual([
        'GetDecisionReceipt',
        'GetDisclosure',
        'GetRunEgress',
        'InstallCatalog',
        'KeyRotationRotate',
        'KeyRotationWatch',
        'OpenWithheld',
        'PublishWorkflow',
        'PurgeNow',
        'PushPackage',
        'PushPolicyPack',
        'RetentionPurge',
        // Tries the key in use before it is rotated.
        'RotateKey',
        'SealRun',
      ]);
    });

    test('only the sequencer, and what answers with a log entry, may sign checkpoints', () => {
      expect(signersWith('LogKey')).toEqual([
        'GetDecisionReceipt',
        'GetDeletionManifest',
        'GetDisclosure',
        'GetKeyRotation',
        'GetReceipt',
        'GetRunEgress',
        'GetStatement',
        'KeyRotationRotate',
        'OpenWithheld',
        'TransparencyLogIntegrate',
        'TransparencyLogRetire',
      ]);
    });

    test('only what answers with an identity may issue certificates and timestamps, and the deployment makes the authority', () => {
      const certifying = ['GetDecisionReceipt', 'GetReceipt', 'GetRunEgress', 'GetStatement'];
      expect(signersWith('AuthorityKeysCertificates')).toEqual([...certifying, 'InstallCatalog'].sort());
      expect(signersWith('AuthorityKeysTimestamps')).toEqual(certifying);
      expect(signersWith('AuthorityKeysPromises')).toEqual(certifying);
    });

    test('the monitor of the log knows the keys of receipts and of checkpoints, and can use none', () => {
      const monitor = 'TransparencyLogMonitor';
      expect(mayWith('kms:GetPublicKey', 'SigningKey')).toContain(monitor);
      expect(mayWith('kms:GetPublicKey', 'LogKey')).toContain(monitor);
      expect(mayWith('kms:Sign', 'Key')).not.toContain(monitor);
    });

    test('what ends the log can finish a batch that was begun: it reads and opens the tiles, and writes none', () => {
      const retire = 'TransparencyLogRetire';
      for (const action of ['s3:GetObject', 's3:ListBucket']) expect(mayWith(action, 'Receipts')).toContain(retire);
      for (const key of ['DataKey', 'EnvelopeKey']) expect(mayWith('kms:Decrypt', key)).toContain(retire);
      expect(mayWith('s3:PutObject', 'Receipts')).not.toContain(retire);
    });

    const signersWith = (key: string): string[] => mayWith('kms:Sign', key);

    /** Functions that may do this with a key of this name. */
    function mayWith(action: string, key: string): string[] {
      const users = grantsOf(home).filter(
        ({ Action, Resource }) => listOf(Action).includes(action) && JSON.stringify(Resource).includes(key),
      );
      return [...new Set(users.map(({ id }) => id.replace(/Role.*/, '')))].sort();
    }
  });
}
