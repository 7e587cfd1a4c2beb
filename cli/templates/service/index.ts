/** The task: gets the inputs that mc-package.json declares, answers the outputs it declares. It runs in a sandbox without network. */
interface Context {
  inputs: { text: string };
  /** Read-only folder with the files of the run. */
  workspace: string;
  /** Folder to write to; gone after the attempt. */
  scratch: string;
  log: (text: string) => void;
  signal: AbortSignal;
  attempt: number;
  /** The same for every attempt; give it to whatever has effects outside. */
  idempotencyKey: string;
}

export default async function run({ inputs, log }: Pick<Context, 'inputs' | 'log'>): Promise<{ words: number }> {
  const words = inputs.text.split(/\s+/).filter((word) => word !== '').length;
  log(`counted ${String(words)} words`);
  return { words };
}
