/**
 * Every operation of the product, in the order of the documentation. An operation that is not listed here does not exist: the host, OpenAPI,
 * the stacks' routes and the tests of authorisation all go by this list.
 */
import type { Operation } from '../middleware/operation.ts';
import { operation as createWorkflow } from './workflows/create-workflow.ts';
import { operation as listWorkflows } from './workflows/list-workflows.ts';
import { operation as getWorkflow } from './workflows/get-workflow.ts';
import { operation as publishWorkflow } from './workflows/publish-workflow.ts';
import { operation as planRun } from './executions/plan-run.ts';
import { operation as startExecution } from './executions/start-execution.ts';
import { operation as listExecutions } from './executions/list-executions.ts';
import { operation as getExecution } from './executions/get-execution.ts';
import { operation as readLogs } from './executions/read-logs.ts';
import { operation as getReceipt } from './executions/get-receipt.ts';
import { operation as uploadFile } from './executions/upload-file.ts';
import { operation as pushPackage } from './packages/push-package.ts';
import { operation as listPackages } from './packages/list-packages.ts';
import { operation as whoami } from './home/whoami.ts';
import { operation as listKeys } from './home/list-keys.ts';
import { operation as getTrustedRoot } from './home/get-trusted-root.ts';
import { operation as getManifestSchema } from './home/get-manifest-schema.ts';
import { operation as getOpenApi } from './home/get-open-api.ts';
import { operation as getDocs } from './home/get-docs.ts';
import { operation as getHealth } from './home/get-health.ts';

export const operations: readonly Operation[] = [
  createWorkflow,
  listWorkflows,
  getWorkflow,
  publishWorkflow,
  planRun,
  startExecution,
  listExecutions,
  getExecution,
  readLogs,
  getReceipt,
  uploadFile,
  pushPackage,
  listPackages,
  whoami,
  listKeys,
  getTrustedRoot,
  getManifestSchema,
  getOpenApi,
  getDocs,
  getHealth,
];
