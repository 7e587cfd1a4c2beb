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
import { operation as startExecutions } from './executions/start-executions.ts';
import { operation as actOnExecution } from './executions/act-on-execution.ts';
import { operation as listExecutions } from './executions/list-executions.ts';
import { operation as getExecution } from './executions/get-execution.ts';
import { operation as readLogs } from './executions/read-logs.ts';
import { operation as getReceipt } from './executions/get-receipt.ts';
import { operation as getRunEgress } from './executions/get-run-egress.ts';
import { operation as listEvidence } from './evidence/list-evidence.ts';
import { operation as getDisclosure } from './evidence/get-disclosure.ts';
import { operation as openWithheld } from './evidence/open-withheld.ts';
import { operation as getEvidenceFile } from './evidence/get-evidence-file.ts';
import { operation as listRunDecisions } from './decisions/list-run-decisions.ts';
import { operation as listDecisions } from './decisions/list-decisions.ts';
import { operation as getDecision } from './decisions/get-decision.ts';
import { operation as getDecisionReceipt } from './decisions/get-decision-receipt.ts';
import { operation as replayPolicy } from './decisions/replay-policy.ts';
import { operation as uploadFile } from './executions/upload-file.ts';
import { operation as pushPackage } from './packages/push-package.ts';
import { operation as listPackages } from './packages/list-packages.ts';
import { operation as listPolicyPacks } from './policy/list-policy-packs.ts';
import { operation as getPolicyPack } from './policy/get-policy-pack.ts';
import { operation as getPolicyBundle } from './policy/get-policy-bundle.ts';
import { operation as retirePolicyPack } from './policy/retire-policy-pack.ts';
import { operation as pushPolicyPack } from './policy/push-policy-pack.ts';
import { operation as createTenant } from './tenants/create-tenant.ts';
import { operation as listTenants } from './tenants/list-tenants.ts';
import { operation as getTenant } from './tenants/get-tenant.ts';
import { operation as changeTenant } from './tenants/change-tenant.ts';
import { operation as putMember } from './tenants/put-member.ts';
import { operation as listMembers } from './tenants/list-members.ts';
import { operation as showRetention } from './retention/show-retention.ts';
import { operation as setRetention } from './retention/set-retention.ts';
import { operation as putHold } from './retention/put-hold.ts';
import { operation as releaseHold } from './retention/release-hold.ts';
import { operation as listHolds } from './retention/list-holds.ts';
import { operation as listPurges } from './retention/list-purges.ts';
import { operation as purgeNow } from './retention/purge-now.ts';
import { operation as getDeletionManifest } from './retention/get-deletion-manifest.ts';
import { operation as listAuditEvents } from './audit/list-audit-events.ts';
import { operation as whoami } from './home/whoami.ts';
import { operation as getLogCheckpoint } from './log/get-log-checkpoint.ts';
import { operation as getLogTile } from './log/get-log-tile.ts';
import { operation as rotateKey } from './keys/rotate-key.ts';
import { operation as listKeyRotations } from './keys/list-key-rotations.ts';
import { operation as getKeyRotation } from './keys/get-key-rotation.ts';
import { operation as listKeys } from './home/list-keys.ts';
import { operation as getStatement } from './statements/get-statement.ts';
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
  startExecutions,
  getExecution,
  actOnExecution,
  readLogs,
  getReceipt,
  getRunEgress,
  listEvidence,
  getEvidenceFile,
  getDisclosure,
  openWithheld,
  getStatement,
  listRunDecisions,
  listDecisions,
  getDecision,
  getDecisionReceipt,
  replayPolicy,
  uploadFile,
  pushPackage,
  listPackages,
  listPolicyPacks,
  pushPolicyPack,
  getPolicyPack,
  getPolicyBundle,
  retirePolicyPack,
  createTenant,
  listTenants,
  getTenant,
  changeTenant,
  putMember,
  listMembers,
  listAuditEvents,
  showRetention,
  setRetention,
  listHolds,
  putHold,
  releaseHold,
  listPurges,
  purgeNow,
  getDeletionManifest,
  getLogCheckpoint,
  getLogTile,
  rotateKey,
  listKeyRotations,
  getKeyRotation,
  whoami,
  listKeys,
  getTrustedRoot,
  getManifestSchema,
  getOpenApi,
  getDocs,
  getHealth,
];
