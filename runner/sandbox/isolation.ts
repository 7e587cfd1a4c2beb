import type { SandboxLevel, TaskLimits } from '../../shared/port/runner.ts';
import type { TaskFolder } from './task-folder.ts';

/** A program with its arguments, ready to be started without a shell. */
export interface Command {
  program: string;
  args: string[];
  /** Whether it says on descriptor 5 which process is the first inside, and keeps that descriptor from the task. */
  reportsPid: boolean;
  /** Set where the program is in a process namespace below ours, so that the pid it reports is none of ours: how many children below it the first inside is. */
  generations?: number;
  /** A system call filter, which it reads on descriptor 6; only a program that reports the pid may have one. */
  filter?: Uint8Array;
}

/** What of the limits of an attempt makes its command. */
export type CommandLimits = Pick<TaskLimits, 'resourceClass' | 'timeoutMs' | 'memoryBytes' | 'scratchBytes'>;

/** Where things are, as the task sees them. */
export interface TaskPlaces {
  /** The package module. */
  entry: string;
  workspace: string;
  scratch: string;
  /** The unix socket of the egress proxy; it exists only for a task that declares egress. */
  egress: string;
}

/** One way to separate a child process from the machine. */
export interface Isolation {
  readonly level: Exclude<SandboxLevel, 'simulated'>;
  /** Which tools make it up, for the log of the host. */
  readonly name: string;
  /** Whether the task has no network; without namespaces Node cannot take it away. */
  readonly networkBlocked: boolean;
  /** Whether the task sees no process but its own, and so cannot signal one. */
  readonly processesHidden: boolean;
  /** Whether scratch is a file system of limited size; otherwise the parent measures it. */
  readonly scratchBounded: boolean;
  /** The seconds of processor time that its command holds a task to; absent where it holds it to none. All else of a command hangs on class, memory and scratch. */
  processorSeconds?(limits: CommandLimits): number;
  places(folder: TaskFolder): TaskPlaces;
  command(folder: TaskFolder, limits: CommandLimits): Command;
}
