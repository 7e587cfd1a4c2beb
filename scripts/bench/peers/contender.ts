import type { BurstClient } from '../burst-client.ts';
import type { SlowFsync } from '../slow-fsync.ts';

/** An engine that is measured: how it is started, given work and asked how far it is. Everything else is the same for all of them. */
export interface Contender {
  name: string;
  /** Versions, and what was set differently from how it is shipped. */
  settings: string;
  /** Starts it fresh, on loopback and with a data folder of its own. */
  start(slow?: SlowFsync): Promise<RunningContender>;
}

export interface RunningContender {
  url: string;
  token: string;
  /** Submits one run of three steps; answers under which name its start is noted. The answer means that the run is durable. */
  submit(client: BurstClient, index: number): Promise<string>;
  /** Whether so many runs are done, from what its program notes. */
  isDone(runs: number): Promise<boolean>;
  /** How many runs are done by the engine's own books. Asked once, after the measurement, for it may cost the engine much. */
  completedInBooks(): Promise<number>;
  /** When the first step of each run was entered. */
  starts(): Promise<ReadonlyMap<string, number>>;
  /** The processes that were started; their children count as theirs. */
  pids(): number[];
  /** Ends every process and removes the data. */
  stop(): Promise<void>;
}
