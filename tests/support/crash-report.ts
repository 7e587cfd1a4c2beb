/** What the crash scenario found after everything ended. */
export interface CrashReport {
  runs: {
    id: string;
    state: string;
    /** Key id of the receipt's verified signature. */
    verified: string;
    receipts: number;
    ledgerRows: number;
    tasks: Record<string, string>;
    costBalances: boolean;
  }[];
  /** Runs that a sweep would still find. */
  open?: number;
  /** Slots of the tenant's quota that are still taken. */
  inUse?: number;
}
