/** What the stacks make of a home. One suite, because it is the synthesis that takes its time and each is made once; `-t encryption` runs one part. */
import { describe } from '@jest/globals';
import { describeApi } from './cases/api.ts';
import { describeBackup } from './cases/backup.ts';
import { describeEncryption } from './cases/encryption.ts';
import { describeObservability } from './cases/observability.ts';
import { describeRetention } from './cases/retention.ts';
import { describeRights } from './cases/rights.ts';
import { describeRules } from './cases/rules.ts';
import { describeRunners } from './cases/runners.ts';
import { describeRunning } from './cases/running.ts';
import { describeScaling } from './cases/scaling.ts';
import { describeSst } from './cases/sst.ts';
import { describeStorage } from './cases/storage.ts';

describe('api', describeApi);
describe('backup', describeBackup);
describe('encryption', describeEncryption);
describe('observability', describeObservability);
describe('retention', describeRetention);
describe('rights', describeRights);
describe('rules', describeRules);
describe('runners', describeRunners);
describe('running', describeRunning);
describe('scaling', describeScaling);
describe('sst', describeSst);
describe('storage', describeStorage);
