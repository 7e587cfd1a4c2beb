/** The environment the stacks set on a function, with names that lead nowhere. */
export function setAwsEnvironment(): void {
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    // Nothing listens there, so what would call a service fails at once.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    POWERTOOLS_SERVICE_NAME: 'maestro-conductor-test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    MC_BUILDER_ID: 'https://example.com/home',
    MC_OWNER_TENANT: 'home',
    MC_TABLE: 'table',
    MC_DATA_BUCKET: 'data',
    MC_LOG_BUCKET: 'logs',
    MC_RECEIPT_BUCKET: 'receipts',
    MC_STORAGE_KEY_ARN: 'arn:aws:kms:eu-central-1:1:key/3',
    MC_ENVELOPE_KEY_ALIAS: 'alias/mc-test-keys-envelope',
    MC_SIGNING_KEY_ALIAS: 'alias/mc-test-keys-receipts',
    MC_ROTATION_MACHINE_ARN: 'arn:aws:states:eu-central-1:1:stateMachine:mc-test-key-rotation',
    MC_LOG_KEY_ARN: 'arn:aws:kms:eu-central-1:1:key/2',
    MC_CERTIFICATE_KEY_ARN: 'arn:aws:kms:eu-central-1:1:key/4',
    MC_TIMESTAMP_KEY_ARN: 'arn:aws:kms:eu-central-1:1:key/5',
    MC_PROMISE_KEY_ARN: 'arn:aws:kms:eu-central-1:1:key/6',
    MC_TASK_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/1/tasks',
    MC_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:1:stateMachine:run',
  });
}
