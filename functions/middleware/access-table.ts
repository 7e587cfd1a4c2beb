/**
 * Who may call what, in one place: every operation gets its roles from here, and so do OpenAPI, the stacks' routes and docs/reference/roles.md.
 * An operation without a row does not compile. Roles are only the first gate: a caller reaches its own tenant, and what only the owner of the home
 * may do is said by the use case.
 */
import type { Role } from '../../shared/tenant/actor.ts';

/** Reading what the tenant has. */
const readers = ['admin', 'operator', 'composer', 'viewer'] as const;
/** Running published workflows. */
const operators = ['admin', 'operator'] as const;
/** Changing what can be run. */
const composers = ['admin', 'composer'] as const;
/** Trying out what can be run before it is changed. */
const makers = ['admin', 'operator', 'composer'] as const;
/** Changing who may do what. */
const admins = ['admin'] as const;

/** Operation → the roles that may call it; `public` needs no token at all. */
export const operationRoles = {
  createWorkflow: composers,
  listWorkflows: readers,
  getWorkflow: readers,
  publishWorkflow: composers,
  planRun: readers,
  startExecution: operators,
  startExecutions: operators,
  actOnExecution: operators,
  listExecutions: readers,
  getExecution: readers,
  readLogs: readers,
  getReceipt: readers,
  getRunEgress: readers,
  getStatement: readers,
  listEvidence: readers,
  getDisclosure: readers,
  // Shows what packs withhold.
  openWithheld: admins,
  // The signed address is what lets its holder in.
  getEvidenceFile: 'public',
  listRunDecisions: readers,
  listDecisions: readers,
  getDecision: readers,
  getDecisionReceipt: readers,
  replayPolicy: makers,
  uploadFile: makers,
  pushPackage: composers,
  listPackages: readers,
  listPolicyPacks: readers,
  getPolicyPack: readers,
  getPolicyBundle: readers,
  pushPolicyPack: composers,
  retirePolicyPack: admins,
  createTenant: admins,
  listTenants: readers,
  getTenant: readers,
  changeTenant: admins,
  putMember: admins,
  listMembers: admins,
  listAuditEvents: admins,
  showRetention: readers,
  setRetention: admins,
  // Auditors look at what was kept and what went; only admins decide it.
  listHolds: readers,
  putHold: admins,
  releaseHold: admins,
  listPurges: readers,
  purgeNow: admins,
  getDeletionManifest: readers,
  whoami: readers,
  // Whoever holds a receipt must be able to follow the log, whether they have an account here or not.
  getLogCheckpoint: 'public',
  getLogTile: 'public',
  // Changes what the whole home signs with; the use case asks for an admin of its owner.
  rotateKey: admins,
  listKeyRotations: readers,
  getKeyRotation: readers,
  listKeys: 'public',
  getTrustedRoot: 'public',
  getManifestSchema: 'public',
  getOpenApi: 'public',
  getDocs: 'public',
  getHealth: 'public',
  // The embedded home's own issuer (cli/host/issuer.ts).
  getOpenIdConfiguration: 'public',
  getJwks: 'public',
} as const satisfies Readonly<Record<string, 'public' | readonly Role[]>>;

/** The id of an operation that has a row. */
export type OperationId = keyof typeof operationRoles;
