/** What a package module is called with. The inputs fit the descriptor's schema: they are judged before the sandbox is made. */
export interface TaskContext<Inputs> {
  inputs: Inputs;
  /** Absolute path of the read-only folder with the files of the run. */
  workspace: string;
  /** Absolute path of an empty folder of limited size, gone after the attempt. */
  scratch: string;
  /** Writes a line into the log of the attempt. */
  log: (text: unknown) => void;
  /** Aborts when the execution is cancelled. */
  signal: AbortSignal;
  /** 1 for the first attempt. */
  attempt: number;
  /** Equal for all attempts of this task of this execution. */
  idempotencyKey: string;
}
