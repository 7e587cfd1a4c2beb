import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { FunctionCode } from '../function-code.ts';
import type { HomeParts } from '../home-environment.ts';
import { addSchedule } from './add-schedule.ts';
import { OperationFunction } from './operation-function.ts';

interface TransparencyLogProps {
  code: FunctionCode;
  parts: HomeParts;
  environment: Readonly<Record<string, string>>;
}

/** The sequencer of the transparency log, and the monitor that does not believe it. */
export class TransparencyLog extends Construct {
  readonly sequencer: OperationFunction;

  constructor(scope: Construct, id: string, { code, parts, environment }: TransparencyLogProps) {
    super(scope, id);
    this.sequencer = new OperationFunction(this, 'Integrate', {
      code: code.of('integrate-log'),
      environment,
      description: 'Appends waiting entries to the transparency log',
      timeout: Duration.minutes(5),
      memorySizeMb: 1_024,
    });
    parts.table.grantReadWrite(this.sequencer.role);
    parts.receipts.grantReadWrite(this.sequencer.role);
    parts.logKey.grantSign(this.sequencer.role);
    // A receipt that is asked for sooner is integrated by whoever asks.
    addSchedule(this, 'IntegrateSchedule', { calls: this.sequencer, description: 'Appends to the transparency log', at: 'rate(1 minute)' });
    const monitor = new OperationFunction(this, 'Monitor', {
      code: code.of('monitor-log'),
      environment,
      description: 'Compares the transparency log with the table',
      timeout: Duration.minutes(15),
      memorySizeMb: 1_024,
    });
    // It writes only what it has verified, and signs nothing.
    parts.table.grantReadWrite(monitor.role);
    parts.receipts.grantRead(monitor.role);
    parts.logKey.grantReadPublicKey(monitor.role);
    // Deletion manifests excuse what a purge took, if the home signed them.
    parts.signingKey.grantReadPublicKey(monitor.role);
    addSchedule(this, 'MonitorSchedule', { calls: monitor, description: 'Looks at the transparency log', at: 'rate(5 minutes)' });
    // Ends the log after a restore.
    const retire = new OperationFunction(this, 'Retire', {
      code: code.of('retire-log'),
      environment,
      description: 'Ends the transparency log after a restore; by hand only',
      timeout: Duration.minutes(15),
      memorySizeMb: 1_024,
    });
    parts.table.grantReadWrite(retire.role);
    // A batch that was begun before the backup is finished first, and the tiles it is compared with are blobs.
    parts.receipts.grantRead(retire.role);
    parts.logKey.grantSign(retire.role);
  }
}
