import { generateKeyPairSync, sign } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { KmsLogKey } from '../../../shared/aws/kms-log-key.ts';
import { KmsSigner } from '../../../shared/aws/kms-signer.ts';
import { SfnPhases } from '../../../shared/aws/step-functions/sfn-phases.ts';
import { SqsTaskQueue } from '../../../shared/aws/sqs-task-queue.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import type { TaskMessage } from '../../../shared/port/task-queue.ts';
import { keyIdOf } from '../../../shared/receipt/key-id.ts';
import { instantly, WireService, wireError } from './wire-service.ts';

const tenant = TenantId.parse('acme');
const run = { tenant, executionId: 'exec_01K9ZZZZZZZZZZZZZZZZZZZZZZ' } as const;

describe('the task queue on SQS', () => {
  const message = (index: number): TaskMessage => ({ ...run, taskId: `t${index}` });
  const queueOn = (service: WireService): SqsTaskQueue =>
    new SqsTaskQueue(new SQSClient(service.client), 'https://sqs.eu-central-1.amazonaws.com/1/q', instantly);
  const sent = (service: WireService): unknown[] => service.asked.map(({ body }) => (body as { Entries: unknown[] }).Entries.length);

  test('messages go out ten at a time', async () => {
    const service = new WireService({ body: { Successful: [], Failed: [] } });
    await queueOn(service).send(Array.from({ length: 23 }, (_, index) => message(index)));
    expect(sent(service)).toEqual([10, 10, 3]);
  });

  test('only the messages that were refused are sent again', async () => {
    const refused = { Failed: [{ Id: '1', SenderFault: false, Code: 'InternalError' }] };
    const service = new WireService({ body: refused }, { body: {} });
    await queueOn(service).send([message(0), message(1)]);
    expect(service.asked[1]?.body).toMatchObject({ Entries: [{ Id: '1', MessageBody: JSON.stringify(message(1)) }] });
  });

  test('messages that stay refused are an outage, not a loss', async () => {
    const refused = { Failed: [{ Id: '0', SenderFault: false, Code: 'InternalError' }] };
    await expect(queueOn(new WireService({ body: refused })).send([message(0)])).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });

  test('a delay is never shortened', async () => {
    const service = new WireService({ body: {} });
    await queueOn(service).send([message(0)], 1_001);
    expect(service.asked[0]?.body).toMatchObject({ Entries: [{ DelaySeconds: 2 }] });
  });
});

describe('supervision by Step Functions', () => {
  const phasesOn = (service: WireService): SfnPhases =>
    new SfnPhases(new SFNClient(service.client), 'arn:aws:states:eu-central-1:1:stateMachine:run');

  test('is started under the id of the run, and a second start is no error', async () => {
    const service = new WireService({ body: { executionArn: 'arn', startDate: 1 } }, wireError('ExecutionAlreadyExists'));
    await phasesOn(service).start(run);
    await phasesOn(service).start(run);
    expect(service.asked[0]?.body).toMatchObject({ name: run.executionId, input: JSON.stringify(run) });
  });

  test('is told how the tasks ended', async () => {
    const service = new WireService({});
    await phasesOn(service).finishRun(run, { token: 'token', outcome: 'failed' });
    expect(service.asked).toEqual([{ action: 'SendTaskSuccess', body: { taskToken: 'token', output: '{"outcome":"failed"}' } }]);
  });

  test.each(['TaskTimedOut', 'InvalidToken', 'TaskDoesNotExist'])('that waits no more (%s) is left alone', async (name) => {
    await expect(phasesOn(new WireService(wireError(name))).finishRun(run, { token: 'old', outcome: 'open' })).resolves.toBeUndefined();
  });

  test('that did not come to wait yet is not called', async () => {
    const service = new WireService({});
    await phasesOn(service).finishRun(run, { token: undefined, outcome: 'open' });
    expect(service.asked).toEqual([]);
  });

  test('that cannot be reached is an outage', async () => {
    await expect(phasesOn(new WireService(wireError('AccessDeniedException'))).start(run)).rejects.toMatchObject({
      code: 'mc:store:unavailable',
    });
  });
});

/** The public half of a new key, as KMS answers it. */
function newDer(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

describe('signatures of KMS', () => {
  test('the public key is read once and has the id that cosign accepts', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const signature = sign('sha256', Buffer.from('message'), privateKey);
    const service = new WireService(
      { body: { PublicKey: der, KeyId: 'arn:1' } },
      { body: { Signature: signature.toString('base64'), KeyId: 'arn:1' } },
    );
    const signer = new KmsSigner(new KMSClient(service.client), 'alias/key');
    expect(await signer.publicKey()).toEqual({ keyId: keyIdOf(pem), pem });
    expect(await signer.publicKey()).toEqual({ keyId: keyIdOf(pem), pem });
    const signed = await signer.sign(Buffer.from('message'));
    expect(Buffer.from(signed.bytes)).toEqual(signature);
    expect(signed.key).toEqual({ keyId: keyIdOf(pem), pem });
    expect(service.asked.map(({ action }) => action)).toEqual(['GetPublicKey', 'Sign']);
  });

  test('only a digest leaves the process', async () => {
    const service = new WireService({ body: { Signature: 'AAAA', KeyId: 'arn:1' } }, { body: { PublicKey: newDer(), KeyId: 'arn:1' } });
    await new KmsSigner(new KMSClient(service.client), 'alias/key').sign(Buffer.from('secret'));
    const digest = Buffer.from(digestBytes('secret').slice('sha256:'.length), 'hex').toString('base64');
    expect(service.asked[0]?.body).toEqual({
      KeyId: 'alias/key',
      Message: digest,
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    });
  });

  test('a key of another kind is refused', async () => {
    const der = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'der' });
    const service = new WireService({ body: { PublicKey: der.toString('base64'), KeyId: 'arn:1' } });
    await expect(new KmsSigner(new KMSClient(service.client), 'alias/key').publicKey()).rejects.toMatchObject({
      code: 'mc:key:unreadable',
    });
  });
});

describe('the key of the log in KMS', () => {
  test('signs the text itself, and says its public key once', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const signature = sign(null, Buffer.from('checkpoint'), privateKey);
    const KeyId = 'arn:log';
    const service = new WireService({ body: { PublicKey: der, KeyId } }, { body: { Signature: signature.toString('base64'), KeyId } });
    const key = new KmsLogKey(new KMSClient(service.client), 'arn:log');
    expect(await key.publicKey()).toBe(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(await key.publicKey()).toContain('BEGIN PUBLIC KEY');
    expect(Buffer.from(await key.sign(Buffer.from('checkpoint')))).toEqual(signature);
    const Message = Buffer.from('checkpoint').toString('base64');
    expect(service.asked).toEqual([
      { action: 'GetPublicKey', body: { KeyId: 'arn:log' } },
      { action: 'Sign', body: { KeyId: 'arn:log', Message, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' } },
    ]);
  });

  test('that does not answer is an outage, and one that answers with nothing is unreadable', async () => {
    const keyOn = (service: WireService): KmsLogKey => new KmsLogKey(new KMSClient(service.client), 'arn:log');
    const outage = { code: 'mc:store:unavailable' };
    await expect(keyOn(new WireService(wireError('AccessDeniedException'))).sign(Buffer.from('x'))).rejects.toMatchObject(outage);
    await expect(keyOn(new WireService(wireError('AccessDeniedException'))).publicKey()).rejects.toMatchObject(outage);
    const unreadable = { code: 'mc:key:unreadable' };
    await expect(keyOn(new WireService({ body: {} })).sign(Buffer.from('x'))).rejects.toMatchObject(unreadable);
    await expect(keyOn(new WireService({ body: {} })).publicKey()).rejects.toMatchObject(unreadable);
  });
});
