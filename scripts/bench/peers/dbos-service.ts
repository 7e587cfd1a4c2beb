/** A DBOS application: an HTTP server that starts a durable workflow of three tasks for every request, in either shape. Ends with the driver. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { openServiceChannel } from './service-channel.ts';

/** What is used of @dbos-inc/dbos-sdk, which is installed on demand and never a dependency. */
interface DbosSdk {
  DBOS: {
    setConfig(config: { name: string; systemDatabaseUrl: string; systemDatabasePoolSize: number; logLevel: string }): void;
    launch(): Promise<void>;
    registerWorkflow<A extends unknown[], T>(workflow: (...args: A) => Promise<T>, options: { name: string }): (...args: A) => Promise<T>;
    startWorkflow<T>(workflow: (key: string) => Promise<T>): (key: string) => Promise<{ workflowID: string; getResult(): Promise<T> }>;
    runStep<T>(step: () => Promise<T>, options: { name: string }): Promise<T>;
  };
}

const [sdkFrom = '', systemDatabaseUrl = '', poolSize = ''] = process.argv.slice(2);
const { DBOS } = createRequire(sdkFrom)('@dbos-inc/dbos-sdk') as DbosSdk;
const channel = openServiceChannel();

const steps = DBOS.registerWorkflow(
  async (key: string) => {
    const first = await DBOS.runStep(
      async () => {
        channel.noteStart(key);
        return 'hello';
      },
      { name: 'first' },
    );
    const second = await DBOS.runStep(async () => first, { name: 'second' });
    return DBOS.runStep(async () => second, { name: 'third' });
  },
  { name: 'steps' },
);
const task = DBOS.registerWorkflow(
  async (key: string, message: string) => {
    channel.noteStart(key);
    return message;
  },
  { name: 'task' },
);
/** A workflow that another one calls is a child workflow, recorded by itself. */
const calls = DBOS.registerWorkflow(async (key: string) => task(key, await task(key, await task(key, 'hello'))), { name: 'calls' });

/** Answers as soon as the workflow is recorded; it is done when its outcome is recorded too. */
async function startRun(path: string, body: string): Promise<string> {
  const { key } = JSON.parse(body) as { key: string }; // Sent by the driver.
  const handle = await DBOS.startWorkflow(path === '/calls' ? calls : steps)(key);
  void handle.getResult().then(() => channel.noteCompletion());
  return JSON.stringify({ id: handle.workflowID });
}

DBOS.setConfig({ name: 'bench', systemDatabaseUrl, systemDatabasePoolSize: Number(poolSize), logLevel: 'error' });
await DBOS.launch();
const server = createServer((request, response) => {
  void text(request)
    .then((body) => startRun(request.url ?? '', body))
    .then(
      (answer) => response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) }).end(answer),
      (error: unknown) => response.writeHead(500, { 'content-length': 0 }).end(() => process.stderr.write(`${String(error)}\n`)),
    );
});
server.listen(0, '127.0.0.1', () => channel.announce(server.address()));
