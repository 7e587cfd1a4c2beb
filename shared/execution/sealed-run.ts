import type { JsonObject } from '../core/json/canonical-json.ts';
import type { Decision } from '../decision/decision.ts';
import type { DecisionFacts } from './decision-log.ts';
import type { ExecutionRecord, TaskRecord } from './execution-record.ts';

/** A run as its receipt tells of it. */
export interface SealedRun {
  head: ExecutionRecord;
  tasks: readonly TaskRecord[];
  /** What let it start. */
  decision: DecisionFacts;
  /** What policy said about attempts, where it was not a plain allow. */
  objections: readonly Decision[];
  outputs: JsonObject;
}
