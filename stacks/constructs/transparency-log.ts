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
  readonly monitor: OperationFunction;
  /** Ends the log after a restore; by hand only. */
  readonly retire: OperationFunction;

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
    addSchedule(this, 'IntegrateSchedule', { operation: this.sequencer, description: 'Appends to the transparency log', rate: '1 minute' });
    this.monitor = new OperationFunction(this, 'Monitor', {
      code: code.of('monitor-log'),
      environment,
      description: 'Compares the transparency log with the table',
      timeout: Duration.minutes(15),
      memorySizeMb: 1_024,
    });
    // It writes only what it has verified, and signs nothing.
    parts.table.grantReadWrite(this.monitor.role);
    parts.receipts.grantRead(this.monitor.role);
    parts.logKey.grantReadPublicKey(this.monitor.role);
    addSchedule(this, 'MonitorSchedule', { operation: this.monitor, description: 'Looks at the transparency log', rate: '5 minutes' });
    this.retire = new OperationFunction(this, 'Retire', {
      code: code.of('retire-log'),
      environment,
      description: 'Ends the transparency log after a restore; by hand only',
      timeout: Duration.minutes(15),
      memorySizeMb: 1_024,
    });
    parts.table.grantReadWrite(this.retire.role);
    parts.logKey.grantSign(this.retire.role);
  }
}
