/**
 * What each operation may touch, in one table: an operation without a row does not synthesise, and one that only reads has no way to write. The rows
 * are kinds of work, because an operation that needs something of its own is an operation to look at twice.
 */

type BlobAccess = 'none' | 'read' | 'write';

/** What the role of one operation may do. */
export interface OperationRights {
  table: 'read' | 'write';
  data: BlobAccess;
  logs: 'none' | 'read';
  receipts: BlobAccess;
  /** Signs what it makes, with the key of the home. */
  isSigning: boolean;
  /** Signs checkpoints of the transparency log. */
  isLogging?: boolean;
  /** Issues certificates and timestamps, for statements in their identity form. */
  isCertifying?: boolean;
  /** Tries the keys in use and starts rotations of them. */
  isRotating?: boolean;
  /** Erases stored objects, with every version of them. */
  isErasing?: boolean;
  /** Hands out tasks and starts the supervision of runs. */
  isStartingRuns: boolean;
  /** Wakes the phase that waits for a run. */
  isWakingRuns?: boolean;
  /** More than the usual memory, for what computes; CPU comes with it. */
  memorySizeMb?: number;
}

const nothing: OperationRights = {
  table: 'read',
  data: 'none',
  logs: 'none',
  receipts: 'none',
  isSigning: false,
  isStartingRuns: false,
};

/** Needs no token, or answers from the table alone. */
const asks = nothing;
/** Reads what a tenant stored; its own policy packs are data too. */
const reads: OperationRights = { ...nothing, data: 'read', logs: 'read', receipts: 'read' };
/** Changes settings, which live in the table. */
const sets: OperationRights = { ...nothing, table: 'write' };
const stores: OperationRights = { ...nothing, table: 'write', data: 'write', receipts: 'read' };
/** Appends to the transparency log: tiles are under Object Lock with the receipts. */
const appendsToLog = { table: 'write', receipts: 'write', isLogging: true } as const;
const publishes: OperationRights = { ...stores, receipts: 'write', isSigning: true };

/** Erases what is due, and signs the manifest of that. */
const purges: OperationRights = { ...publishes, logs: 'read', isErasing: true };

const rights: Readonly<Record<string, OperationRights>> = {
  createWorkflow: stores,
  listWorkflows: reads,
  getWorkflow: reads,
  publishWorkflow: publishes,
  // A plan is asked for with POST because of its body; it changes nothing.
  planRun: reads,
  startExecution: { ...stores, isStartingRuns: true },
  startExecutions: { ...stores, isStartingRuns: true },
  actOnExecution: { ...stores, isStartingRuns: true, isWakingRuns: true },
  listExecutions: reads,
  getExecution: reads,
  readLogs: reads,
  // A receipt whose log entry waits is integrated at once.
  getReceipt: { ...reads, ...appendsToLog, isCertifying: true },
  getStatement: { ...reads, ...appendsToLog, isCertifying: true },
  // Signs the runtime trace when somebody wants it, as getDecisionReceipt does.
  getRunEgress: { ...reads, ...appendsToLog, isSigning: true, isCertifying: true },
  // Reading evidence leaves an audit event, and signed addresses a key in the table.
  listEvidence: { ...reads, table: 'write' },
  getEvidenceFile: { ...reads, table: 'write' },
  openWithheld: { ...reads, ...appendsToLog, isSigning: true, memorySizeMb: 2_048 },
  // Reads, withholds and compresses a log at a time, and signs the manifest of the pack.
  getDisclosure: { ...reads, ...appendsToLog, isSigning: true, memorySizeMb: 2_048 },
  listRunDecisions: reads,
  uploadFile: stores,
  pushPackage: publishes,
  listPackages: reads,
  createTenant: sets,
  listTenants: asks,
  getTenant: asks,
  // Rule data is tried on the packs it is for, own ones included.
  changeTenant: { ...sets, data: 'read', receipts: 'read' },
  putMember: sets,
  listMembers: asks,
  listAuditEvents: asks,
  showRetention: asks,
  setRetention: sets,
  listHolds: asks,
  putHold: sets,
  releaseHold: sets,
  listPurges: asks,
  purgeNow: purges,
  getDeletionManifest: { ...reads, ...appendsToLog },
  listPolicyPacks: reads,
  getPolicyPack: reads,
  getPolicyBundle: reads,
  retirePolicyPack: sets,
  pushPolicyPack: publishes,
  // Judges thousands of recorded decisions anew.
  replayPolicy: { ...reads, memorySizeMb: 2_048 },
  listDecisions: reads,
  getDecision: reads,
  // Most decisions are never asked about, so one is signed when somebody wants its receipt.
  getDecisionReceipt: { ...reads, ...appendsToLog, isSigning: true, isCertifying: true },
  getLogCheckpoint: asks,
  getLogTile: { ...asks, receipts: 'read' },
  whoami: asks,
  // Tries the key in use, writes the row and starts the state machine; the work is that of its function.
  rotateKey: { ...sets, isRotating: true },
  listKeyRotations: asks,
  getKeyRotation: { ...asks, ...appendsToLog },
  listKeys: asks,
  getTrustedRoot: asks,
  getManifestSchema: asks,
  getOpenApi: asks,
  getDocs: asks,
  getHealth: asks,
};

/** Operations that have a row. */
export const operationsWithRights: readonly string[] = Object.keys(rights);

/** The rights of an operation; throws for one without a row, so that nobody deploys what nobody thought about. */
export function rightsOf(operation: string): OperationRights {
  const found = rights[operation];
  if (found === undefined) throw new Error(`The operation ${operation} has no row in stacks/operation-rights.ts: say what it may touch.`);
  return found;
}
