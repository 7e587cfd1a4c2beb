import { generateKeyPairSync } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from '@jest/globals';
import { KmsKeyVersions } from '../../../shared/aws/kms-key-versions.ts';
import { KmsSigner } from '../../../shared/aws/kms-signer.ts';
import { SfnRotations } from '../../../shared/aws/step-functions/sfn-rotations.ts';
import { WireService, wireError, type WireAnswer } from './wire-service.ts';

const named = (Arn: string, more: object = {}): WireAnswer => ({ body: { KeyMetadata: { KeyId: Arn, Arn, ...more } } });
const spec = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Description: 'signs' } as const;
const versionsOn = (service: WireService): KmsKeyVersions => new KmsKeyVersions(new KMSClient(service.client), 'alias/key', spec);
const deletion: WireAnswer = { body: { DeletionDate: 1_800_000_000 } };
const actions = (service: WireService): unknown[] => service.asked.map(({ action }) => action);

describe('the versions of a key in KMS', () => {
  test('a new one is made with the tag and the alias by which rights and repeated calls find it', async () => {
    const service = new WireService(wireError('NotFoundException'), named('arn:2'), { body: {} });
    expect(await versionsOn(service).create('rot_1')).toBe('arn:2');
    expect(actions(service)).toEqual(['DescribeKey', 'CreateKey', 'CreateAlias']);
    expect(service.asked[1]?.body).toMatchObject({ ...spec, Tags: [{ TagKey: 'maestro-alias', TagValue: 'alias/key-rot_1' }] });
    expect(service.asked[2]?.body).toEqual({ AliasName: 'alias/key-rot_1', TargetKeyId: 'arn:2' });
  });

  test('one that an earlier call made is found and not made again', async () => {
    const service = new WireService(named('arn:2'));
    expect(await versionsOn(service).create('rot_1')).toBe('arn:2');
    expect(actions(service)).toEqual(['DescribeKey']);
  });

  test('of two that are made at the same time the first counts, and the other is given up', async () => {
    const service = new WireService(
      wireError('NotFoundException'),
      named('arn:3'),
      wireError('AlreadyExistsException'),
      named('arn:2'),
      deletion,
    );
    expect(await versionsOn(service).create('rot_1')).toBe('arn:2');
    expect(service.asked.slice(4)).toEqual([{ action: 'ScheduleKeyDeletion', body: { KeyId: 'arn:3', PendingWindowInDays: 7 } }]);
  });

  test('one that gets no alias is given up, and its caller is told', async () => {
    const none = wireError('NotFoundException');
    const service = new WireService(none, named('arn:2'), wireError('LimitExceededException'), none, deletion);
    await expect(versionsOn(service).create('rot_1')).rejects.toMatchObject({
      code: 'mc:store:unavailable',
      cause: { name: 'LimitExceededException' },
    });
    expect(actions(service)).toEqual(['DescribeKey', 'CreateKey', 'CreateAlias', 'DescribeKey', 'ScheduleKeyDeletion']);
    expect(service.asked[4]?.body).toEqual({ KeyId: 'arn:2', PendingWindowInDays: 7 });
  });

  test.each(['AlreadyExistsException', 'KMSInternalException'])('one whose alias is there after an error (%s) is kept', async (name) => {
    const service = new WireService(wireError('NotFoundException'), named('arn:2'), wireError(name), named('arn:2'));
    expect(await versionsOn(service).create('rot_1')).toBe('arn:2');
    expect(actions(service)).toEqual(['DescribeKey', 'CreateKey', 'CreateAlias', 'DescribeKey']);
  });

  test.each([
    ['AlreadyExistsException', 'NotFoundException'],
    ['LimitExceededException', 'KMSInternalException'],
  ])('nothing is given up while nobody can say which one the alias names (%s, %s)', async (failure, answer) => {
    const service = new WireService(wireError('NotFoundException'), named('arn:2'), wireError(failure), wireError(answer));
    await expect(versionsOn(service).create('rot_1')).rejects.toMatchObject({ code: 'mc:store:unavailable' });
    expect(actions(service)).toEqual(['DescribeKey', 'CreateKey', 'CreateAlias', 'DescribeKey']);
  });

  test('the alias is switched once, and never away from a key that neither is', async () => {
    const service = new WireService(named('arn:1'), { body: {} });
    await versionsOn(service).activate('arn:2', 'arn:1');
    expect(service.asked[1]).toEqual({ action: 'UpdateAlias', body: { AliasName: 'alias/key', TargetKeyId: 'arn:2' } });
    const again = new WireService(named('arn:2'));
    await versionsOn(again).activate('arn:2', 'arn:1');
    expect(actions(again)).toEqual(['DescribeKey']);
    const moved = new WireService(named('arn:9'));
    await expect(versionsOn(moved).activate('arn:2', 'arn:1')).rejects.toMatchObject({ code: 'mc:key:rotation-conflict' });
    expect(actions(moved)).toEqual(['DescribeKey']);
  });

  test('an old one is deleted in 30 days, never the one in use, and a repeated call says the same day', async () => {
    const at = 1_800_000_000;
    const service = new WireService(named('arn:2'), { body: { DeletionDate: at } });
    expect(await versionsOn(service).destroy('arn:1')).toEqual({ goneAt: at * 1_000 });
    expect(service.asked[1]?.body).toEqual({ KeyId: 'arn:1', PendingWindowInDays: 30 });
    const again = new WireService(named('arn:2'), wireError('KMSInvalidStateException'), named('arn:1', { DeletionDate: at }));
    expect(await versionsOn(again).destroy('arn:1')).toEqual({ goneAt: at * 1_000 });
    const inUse = new WireService(named('arn:1'));
    await expect(versionsOn(inUse).destroy('arn:1')).rejects.toMatchObject({ code: 'mc:key:rotation-conflict' });
    expect(actions(inUse)).toEqual(['DescribeKey']);
  });
});

describe('a signature of KMS while keys are rotated', () => {
  const newDer = (): string =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const signed = (KeyId: string): WireAnswer => ({ body: { Signature: 'AAAA', KeyId } });
  const key = (KeyId: string): WireAnswer => ({ body: { PublicKey: newDer(), KeyId } });

  test('names the key that made it, from the first one after the switch', async () => {
    const service = new WireService(signed('arn:1'), key('arn:1'), signed('arn:2'), key('arn:2'), signed('arn:2'));
    const signer = new KmsSigner(new KMSClient(service.client), 'alias/key');
    const ids = [];
    for (let time = 0; time < 3; time += 1) ids.push((await signer.sign(Buffer.from('message'))).key.keyId);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[2]).toBe(ids[1]);
    expect(actions(service)).toEqual(['Sign', 'GetPublicKey', 'Sign', 'GetPublicKey', 'Sign']);
  });

  test.each(['NotFoundException', 'KMSInvalidStateException'])('by a key that is gone (%s) is told apart from an outage', async (name) => {
    const signer = new KmsSigner(new KMSClient(new WireService(wireError(name)).client), 'alias/key');
    await expect(signer.signWith('arn:1', Buffer.from('message'))).rejects.toMatchObject({ code: 'mc:key:unreadable' });
    const silent = new KmsSigner(new KMSClient(new WireService(wireError('AccessDeniedException')).client), 'alias/key');
    await expect(silent.signWith('arn:1', Buffer.from('message'))).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });
});

describe('a rotation by Step Functions', () => {
  const rotationsOn = (service: WireService): SfnRotations => new SfnRotations(new SFNClient(service.client), 'arn:rotation');
  const input = { rotationId: 'rot_01K9ZZZZZZZZZZZZZZZZZZZZZZ' } as const;

  test('is started under its id and the number of the attempt, and a second start is no error', async () => {
    const service = new WireService({ body: { executionArn: 'arn', startDate: 1 } }, wireError('ExecutionAlreadyExists'));
    await rotationsOn(service).start(input, 2);
    await rotationsOn(service).start(input, 2);
    expect(service.asked[0]?.body).toMatchObject({ name: `${input.rotationId}-2`, input: JSON.stringify(input) });
    await expect(rotationsOn(new WireService(wireError('AccessDeniedException'))).start(input, 1)).rejects.toMatchObject({
      code: 'mc:store:unavailable',
    });
  });
});
